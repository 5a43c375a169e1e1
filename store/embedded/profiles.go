package embedded

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/maypok86/otter/v2"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// profiles keeps those of active users in memory.
type profiles struct {
	cache *otter.Cache[reel.UserID, *reel.Profile]

	mu      sync.RWMutex
	changes uint64 // how often a commit began or ended
}

// change is what a transaction does to a profile; nil is one that does not
// exist.
type change struct {
	before, after *reel.Profile
	erased        bool // on the way: what the store knew before does not count
}

func newProfiles(bytes uint64) *profiles {
	return &profiles{cache: otter.Must(&otter.Options[reel.UserID, *reel.Profile]{
		MaximumWeight: bytes,
		Weigher:       func(_ reel.UserID, p *reel.Profile) uint32 { return weight(p) },
	})}
}

// weight is roughly what a profile takes in memory, in bytes.
func weight(p *reel.Profile) uint32 {
	const head, interaction, seen, follow = 200, 96, 8, 32
	return uint32(head + interaction*cap(p.Recent) + seen*p.Seen.Len() + follow*len(p.Follows))
}

// begin is called before a commit changes what readers see, publish after.
func (c *profiles) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
}

func (c *profiles) publish(changed map[reel.UserID]*change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	for user, change := range changed {
		if change.after == nil {
			c.cache.Invalidate(user)
		} else {
			c.cache.Set(user, change.after)
		}
	}
}

// forget drops everything, for profiles that were made anew.
func (c *profiles) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	c.cache.InvalidateAll()
}

// get returns a user's profile, nil if there is none, and loads it if need be.
// What was loaded while a commit began or ended may be old already, and is not
// kept.
func (c *profiles) get(user reel.UserID, load func() (*reel.Profile, error)) (*reel.Profile, error) {
	if p, ok := c.cache.GetIfPresent(user); ok {
		return p, nil
	}
	c.mu.RLock()
	began := c.changes
	c.mu.RUnlock()
	p, err := load()
	if err != nil || p == nil {
		return nil, err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.changes == began {
		p, _ = c.cache.SetIfAbsent(user, p)
	}
	return p, nil
}

// Profile returns a user's profile as of the last acknowledged append.
func (s *Store) Profile(_ context.Context, user reel.UserID) (*reel.Profile, bool, error) {
	if err := s.gate.enter(); err != nil {
		return nil, false, err
	}
	defer s.gate.leave()
	p, err := s.profile(user)
	return p, p != nil, err
}

func (s *Store) profile(user reel.UserID) (*reel.Profile, error) {
	return s.profiles.get(user, func() (*reel.Profile, error) {
		at := s.views.take()
		defer at.release()
		p, err := loadProfile(at, user)
		return p, s.explain(err)
	})
}

// loadProfile reads a profile and the reels its user has seen; nil if there is
// none.
func loadProfile(from pebble.Reader, user reel.UserID) (*reel.Profile, error) {
	value, closer, err := from.Get(key1(profileKey, user))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	p, err := store.DecodeProfile(value)
	if err != nil {
		return nil, fmt.Errorf("of user %d: %w", user, err)
	}
	seen, err := newScan(from, under(key1(seenKey, user)))
	if err != nil {
		return nil, err
	}
	defer seen.close()
	p.Seen, err = seenBy(seen, user)
	return p, err
}

// seenBy reads the reels that a user has seen, from a scan that stands at the
// first of them.
func seenBy(seen *scan, user reel.UserID) (reel.ReelSet, error) {
	var ids []reel.ReelID
	for seen.valid() && first[reel.UserID](seen.key()) == user {
		ids = append(ids, second[reel.ReelID](seen.key()))
		seen.next()
	}
	return reel.NewReelSet(ids...), seen.err()
}

// appendRow writes a profile as its row holds it, without the reels seen: they
// are many, and have keys of their own.
func appendRow(b []byte, p *reel.Profile) []byte {
	row := *p
	row.Seen = reel.ReelSet{}
	return store.AppendProfile(b, &row)
}
