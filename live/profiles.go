package live

import (
	"context"
	"fmt"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
	"github.com/reelrank/reelrank/store/embedded"
)

// PutProfiles brings in what is known of people from elsewhere. It replaces
// what was known of them here; what they did counts for no trend. The profiles
// are durable, and known to the next request, when it has returned.
func (s *Service) PutProfiles(ctx context.Context, profiles []*reel.Profile) error {
	if len(profiles) > MaxBatch {
		return fmt.Errorf("%d profiles in one call, want at most %d", len(profiles), MaxBatch)
	}
	bodies := make([]store.Body, len(profiles))
	for k, p := range profiles {
		if p.User < 0 {
			return &reel.FieldError{Field: "user_id", Reason: fmt.Sprintf("%d is negative", p.User)}
		}
		for _, it := range p.Recent {
			if err := it.Validate(); err != nil {
				return fmt.Errorf("profile of user %d: %w", p.User, err)
			}
		}
		bodies[k] = store.ProfileKept{Profile: p}
	}
	_, err := s.store.Append(ctx, bodies...)
	return unavailable(err)
}

// Usage is what the parts of the store take on the disk.
func (s *Service) Usage() (embedded.Usage, error) { return s.store.Usage() }
