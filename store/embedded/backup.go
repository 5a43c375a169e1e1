package embedded

import (
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// Backup writes a copy of the store as of now to a directory that does not
// exist yet, in use or not. On the same disk tables are linked, not copied. A
// backup is restored by opening it, or a copy of it; Verify reads it through.
func (s *Store) Backup(_ context.Context, dir string) error {
	if err := s.gate.enter(); err != nil {
		return err
	}
	defer s.gate.leave()
	if s.fuse.guards(dir) {
		return fmt.Errorf("back up store %s: %s lies within it: choose a directory elsewhere", s.dir, dir)
	}
	if err := s.failure(); err != nil {
		return err
	}
	if err := s.db.Checkpoint(dir, pebble.WithFlushedWAL()); err != nil {
		return fmt.Errorf("back up store %s: %w", s.dir, s.explain(err))
	}
	return s.failure()
}

// Summary is what Verify found.
type Summary struct {
	Records                int
	Last                   store.Offset
	Users, Reels, Creators int
}

// Verify reads a store through that nobody has open: every record and row is
// decoded, which checks the checksum of every block on the way, and every view
// is compared with what the log says. It changes nothing. FS is nil for the
// disk.
func Verify(ctx context.Context, dir string, fs vfs.FS) (Summary, error) {
	s, err := openFiles(Options{Dir: dir, FS: fs}, true)
	if err != nil {
		return Summary{}, err
	}
	defer s.closeFiles()
	found := Summary{Last: s.Last()}
	count := func(n *int) error { *n++; return nil }
	for _, walk := range []func() error{
		func() error { return s.Read(ctx, 1, func(store.Record) error { return count(&found.Records) }) },
		func() error { return s.Users(ctx, func(*reel.Profile) error { return count(&found.Users) }) },
		func() error { return s.Reels(ctx, func(reel.Reel) error { return count(&found.Reels) }) },
		func() error { return s.Creators(ctx, func(reel.Creator) error { return count(&found.Creators) }) },
	} {
		if err := walk(); err != nil {
			return found, err
		}
	}
	differences, err := s.Differences(ctx)
	if err == nil && len(differences) > 0 {
		err = &store.DamageError{Dir: dir, Reason: "a view is not what the log says: " + differences[0]}
	}
	return found, err
}
