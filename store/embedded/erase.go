package embedded

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// Erase forgets a user. The append takes their keys out of the log and the
// views; then the tables and logs that still hold the bytes are written anew
// without them. Files that somebody is reading stay until they are done.
func (s *Store) Erase(ctx context.Context, user reel.UserID) error {
	offsets, err := s.offsetsAbout(user)
	if err != nil {
		return err
	}
	outcomes, err := s.Append(ctx, store.UserErased{User: user})
	if err != nil {
		return err
	}
	if err := s.gate.enter(); err != nil {
		return err
	}
	defer s.gate.leave()
	if err := s.purge(ctx, s.spansOf(user, offsets, outcomes[0].Offset)); err != nil {
		return fmt.Errorf("user %d is erased, but old files still hold their data, erase them again: %w", user, s.explain(err))
	}
	return nil
}

func (s *Store) offsetsAbout(user reel.UserID) (offsets []store.Offset, err error) {
	err = s.look(func(at *pebble.Snapshot) error {
		return each(at, under(key1(indexKey, user)), func(key, _ []byte) error {
			offsets = append(offsets, second[store.Offset](key))
			return nil
		})
	})
	return offsets, err
}

// nearRecords is how many offsets may lie between two records of a user that
// are purged by one compaction: about what a table holds.
const nearRecords = 20_000

// spansOf lists the keys of a user: those under their id, and those of their
// records, from the known ones to the erasure.
func (s *Store) spansOf(user reel.UserID, offsets []store.Offset, erasure store.Offset) []span {
	var spans []span
	for _, kind := range []byte{indexKey, seenKey, profileKey} {
		spans = append(spans, under(key1(kind, user)))
	}
	spans = append(spans, all(idKey))
	from, to := erasure, erasure
	for _, at := range slices.Backward(offsets) {
		if from-at > nearRecords {
			spans = append(spans, span{key1(logKey, from), key1(logKey, to+1)})
			to = at
		}
		from = at
	}
	return append(spans, span{key1(logKey, from), key1(logKey, to+1)})
}

// purge writes spans anew without what was deleted in them, and waits until
// the files that held it are gone.
func (s *Store) purge(ctx context.Context, spans []span) error {
	if err := s.failure(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-s.failed:
			cancel(s.failure())
		case <-ctx.Done():
		}
	}()
	if err := s.flush(ctx); err != nil {
		return err
	}
	for _, over := range spans {
		if err := s.db.Compact(ctx, over.start, over.end, false); err != nil {
			return err
		}
	}
	if err := s.failure(); err != nil {
		return err
	}
	return s.awaitRemoval(ctx)
}

// obsoleteFiles lists the tables that are not in use and the logs but the
// newest.
func (s *Store) obsoleteFiles() ([]string, error) {
	names, err := s.fuse.List(s.dir)
	if err != nil {
		return nil, err
	}
	levels, err := s.db.SSTables()
	if err != nil {
		return nil, err
	}
	live := map[string]bool{}
	for _, level := range levels {
		for _, table := range level {
			live[table.BackingSSTNum.String()+".sst"] = true
		}
	}
	newest := ""
	for _, name := range names {
		if isLog(name) && (len(name) > len(newest) || len(name) == len(newest) && name > newest) {
			newest = name
		}
	}
	return slices.DeleteFunc(names, func(name string) bool {
		return isLog(name) && name == newest || !isLog(name) && (!strings.HasSuffix(name, ".sst") || live[name])
	}), nil
}

// removalPoll is how often awaitRemoval looks.
const removalPoll = 5 * time.Millisecond

// awaitRemoval waits until the files that are obsolete now are gone. One that
// a compaction is writing looks obsolete until it comes into use.
func (s *Store) awaitRemoval(ctx context.Context) error {
	waiting, err := s.obsoleteFiles()
	for err == nil && len(waiting) > 0 {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-s.failed:
			return s.failure()
		case <-time.After(removalPoll):
		}
		var obsolete []string
		obsolete, err = s.obsoleteFiles()
		waiting = slices.DeleteFunc(waiting, func(name string) bool { return !slices.Contains(obsolete, name) })
	}
	return err
}
