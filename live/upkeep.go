package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/reelrank/reelrank/store"
	"github.com/reelrank/reelrank/store/embedded"
)

// Backup writes a complete copy of a service's store to a directory that does
// not exist yet, while the service is in use. The copy is opened like the
// original.
func (s *Service) Backup(ctx context.Context, dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := s.store.Backup(ctx, filepath.Join(dir, logFolder)); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

// Verify reads a store, or a backup of one, from end to end and says what it
// holds. No process may use it.
func Verify(ctx context.Context, dir string) (embedded.Summary, error) {
	return embedded.Verify(ctx, filepath.Join(dir, logFolder), nil)
}

// Rebuilt is what Rebuild made.
type Rebuilt struct {
	Records store.Offset
	Reels   int
	Users   int
}

// Rebuild makes everything but the log anew from the log alone: profiles,
// catalogue, ids, counts. No process may use the store.
func Rebuild(ctx context.Context, o Options) (done Rebuilt, err error) {
	s, err := openStore(o)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, s.store.Close()) }()
	s.options.Progress("making profiles, catalogue and ids anew", 0, 0)
	if err := s.store.Rebuild(ctx); err != nil {
		return done, err
	}
	if s.world, err = s.replay(ctx); err != nil {
		return done, err
	}
	if err := s.SaveState(); err != nil {
		return done, err
	}
	return Rebuilt{Records: s.store.Last(), Reels: s.world.Catalog().Count(), Users: s.world.Users()}, nil
}
