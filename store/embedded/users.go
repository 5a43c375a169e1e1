package embedded

import (
	"context"

	"github.com/cockroachdb/pebble/v2"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// Users calls fn with every profile, by ascending user id.
func (s *Store) Users(ctx context.Context, fn func(*reel.Profile) error) error {
	return s.look(func(at *pebble.Snapshot) error { return users(ctx, at, fn) })
}

// users reads rows and reels seen side by side, since both are in the order of
// users.
func users(ctx context.Context, from pebble.Reader, fn func(*reel.Profile) error) error {
	seen, err := newScan(from, all(seenKey))
	if err != nil {
		return err
	}
	defer seen.close()
	return each(from, all(profileKey), func(key, value []byte) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		p, err := store.DecodeProfile(value)
		if err != nil {
			return err
		}
		user := first[reel.UserID](key)
		if seen.valid() && first[reel.UserID](seen.key()) < user { // of nobody: there is no such profile
			seen.seek(key1(seenKey, user))
		}
		if p.Seen, err = seenBy(seen, user); err != nil {
			return err
		}
		return fn(p)
	})
}
