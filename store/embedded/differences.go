package embedded

import (
	"bytes"
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// Differences compares every view with what the log says and returns, in
// words, where they differ: nothing, unless something is broken.
func (s *Store) Differences(ctx context.Context) ([]string, error) {
	c := &comparison{s: s, catalog: newExpectedCatalog()}
	err := s.look(func(at *pebble.Snapshot) error {
		c.at = at
		if err := readLog(ctx, at, 1, c.record); err != nil {
			return err
		}
		for _, compare := range []func() error{c.index, c.eventIDs, c.users, c.reels, c.creators} {
			if err := compare(); err != nil {
				return err
			}
		}
		return nil
	})
	return c.found, err
}

// comparison is what Differences has met so far.
type comparison struct {
	s       *Store
	at      *pebble.Snapshot
	found   []string
	catalog *expectedCatalog

	records, ids int // that the log says the index and the IDs hold
}

func (c *comparison) differ(format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf(format, args...))
}

// record checks that a record is in the views that name it.
func (c *comparison) record(r store.Record) error {
	c.catalog.apply(r)
	if user, ok := r.Body.About(); ok {
		c.records++
		entry, err := get(c.at, key2(indexKey, user, r.Offset))
		if err != nil {
			return err
		}
		if entry == nil {
			c.differ("the index of user %d lacks record %d", user, r.Offset)
		}
	}
	e, ok := r.Body.(store.Event)
	if !ok || e.ID == "" || !c.s.remembers(r.Time, c.s.lastTime.Load()) {
		return nil
	}
	c.ids++
	position, err := get(c.at, keyOfID(c.s.generation(r.Time), e.User, e.ID))
	if err != nil {
		return err
	}
	if !bytes.Equal(position, appendPosition(nil, r.Offset, r.Time)) {
		c.differ("the id of record %d is not remembered", r.Offset)
	}
	return nil
}

// index checks that the index names no more than there is.
func (c *comparison) index() error {
	n, err := count(c.at, all(indexKey), nil)
	if n != c.records {
		c.differ("the index names %d records, the log holds %d", n, c.records)
	}
	return err
}

// eventIDs checks that no ID counts of an event that is gone.
func (c *comparison) eventIDs() error {
	now := c.s.lastTime.Load()
	n, err := count(c.at, all(idKey), func(value []byte) bool {
		_, accepted, err := decodePosition(value)
		return err != nil || c.s.remembers(accepted, now)
	})
	if n != c.ids {
		c.differ("%d ids are remembered, the log holds %d", n, c.ids)
	}
	return err
}

// users replays each user and compares.
func (c *comparison) users() error {
	profiles, seen := 0, 0
	err := eachUser(c.at, func(user reel.UserID) error {
		want, err := replay(c.at, user)
		if err != nil {
			return err
		}
		got, err := loadProfile(c.at, user)
		if err != nil {
			return err
		}
		if !store.SameProfile(got, want) {
			c.differ("the profile of user %d is not that of their records", user)
		}
		if want != nil {
			profiles++
			seen += want.Seen.Len()
		}
		return nil
	})
	if err != nil {
		return err
	}
	if n, err := count(c.at, all(profileKey), nil); err != nil || n != profiles {
		c.differ("there are %d profiles, the log makes %d", n, profiles)
	}
	if n, err := count(c.at, all(seenKey), nil); err != nil || n != seen {
		c.differ("%d reels are noted as seen, the log says %d", n, seen)
	}
	return nil
}

// count is how many keys of a span have a value that counts; nil for all.
func count(from pebble.Reader, over span, counts func(value []byte) bool) (n int, err error) {
	err = each(from, over, func(_, value []byte) error {
		if counts == nil || counts(value) {
			n++
		}
		return nil
	})
	return n, err
}
