package live

import (
	"context"
	"fmt"
	"math"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// Limits of a reel's texts, in bytes.
const (
	maxLabel   = 1024
	maxCaption = 64 << 10
)

// largestFeature is the largest number of a content vector: far beyond any
// encoder's, and small enough for no product of a network to overflow.
const largestFeature = 1e6

// PutReels adds reels, or replaces those of their ids. They are durable, and
// found by the next request, when it has returned. What is wrong with one does
// not keep the others out.
func (s *Service) PutReels(ctx context.Context, reels []reel.Reel) (Stored, error) {
	var done Stored
	if len(reels) > MaxBatch {
		return done, fmt.Errorf("%d reels in one call, want at most %d", len(reels), MaxBatch)
	}
	bodies := make([]store.Body, 0, len(reels))
	for k := range reels {
		if err := checkReel(&reels[k]); err != nil {
			done.Rejected = append(done.Rejected, rejected(k, err))
			continue
		}
		bodies = append(bodies, store.ReelPut{Reel: reels[k]})
	}
	if _, err := s.store.Append(ctx, bodies...); err != nil {
		return Stored{}, unavailable(err)
	}
	done.Accepted = len(bodies)
	return done, nil
}

// checkReel validates a reel and its texts.
func checkReel(r *reel.Reel) error {
	if err := r.Validate(); err != nil {
		return err
	}
	for _, text := range []struct {
		field, value string
		most         int
	}{
		{"category", r.Category, maxLabel}, {"language", r.Language, maxLabel},
		{"region", r.Region, maxLabel}, {"caption", r.Caption, maxCaption},
	} {
		if len(text.value) > text.most {
			return &reel.FieldError{Field: text.field, Reason: fmt.Sprintf("has %d bytes, want at most %d", len(text.value), text.most)}
		}
	}
	for _, m := range []struct {
		field  string
		vector []float32
	}{{"video", r.Video}, {"audio", r.Audio}, {"text", r.Text}} {
		for i, v := range m.vector {
			if math.Abs(float64(v)) > largestFeature {
				return &reel.FieldError{Field: m.field, Reason: fmt.Sprintf("number %d is %g, want at most %g", i, v, largestFeature)}
			}
		}
	}
	return nil
}

// DeleteReel takes a reel out of the catalogue for good: no answer that begins
// when it has returned holds it. ErrUnknownReel where there is none.
func (s *Service) DeleteReel(ctx context.Context, id reel.ReelID) error {
	if _, ok := s.world.Catalog().Index(id); !ok {
		return fmt.Errorf("%w: %d", ErrUnknownReel, id)
	}
	_, err := s.store.Append(ctx, store.ReelDeleted{ID: id})
	return unavailable(err)
}

// Reel is a reel of the catalogue, or ErrUnknownReel.
func (s *Service) Reel(id reel.ReelID) (reel.Reel, error) {
	cat := s.world.Catalog()
	i, ok := cat.Index(id)
	if !ok {
		return reel.Reel{}, fmt.Errorf("%w: %d", ErrUnknownReel, id)
	}
	return *cat.Reel(i), nil
}

// PutCreator adds a creator, or replaces what was known of them.
func (s *Service) PutCreator(ctx context.Context, c reel.Creator) error {
	if err := c.Validate(); err != nil {
		return err
	}
	for _, text := range []struct{ field, value string }{{"name", c.Name}, {"language", c.Language}, {"region", c.Region}} {
		if len(text.value) > maxLabel {
			return &reel.FieldError{Field: text.field, Reason: fmt.Sprintf("has %d bytes, want at most %d", len(text.value), maxLabel)}
		}
	}
	_, err := s.store.Append(ctx, store.CreatorPut{Creator: c})
	return unavailable(err)
}

// DeleteCreator takes a creator and all their reels out of the catalogue, and
// returns how many those were. ErrUnknownCreator where there is neither.
func (s *Service) DeleteCreator(ctx context.Context, id reel.CreatorID) (reels int, err error) {
	cat := s.world.Catalog()
	if i, known := cat.CreatorIndex(id); known {
		reels = len(cat.ReelsOf(i))
	}
	if _, described := cat.Creator(id); !described && reels == 0 {
		return 0, fmt.Errorf("%w: %d", ErrUnknownCreator, id)
	}
	_, err = s.store.Append(ctx, store.CreatorDeleted{ID: id})
	return reels, unavailable(err)
}

// Creator is a creator of the catalogue, or ErrUnknownCreator. One of whom only
// reels are known has no more than an id.
func (s *Service) Creator(id reel.CreatorID) (reel.Creator, error) {
	cat := s.world.Catalog()
	if c, ok := cat.Creator(id); ok {
		return c, nil
	}
	return reel.Creator{}, fmt.Errorf("%w: %d", ErrUnknownCreator, id)
}
