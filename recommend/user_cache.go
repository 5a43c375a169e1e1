package recommend

import (
	"sync/atomic"

	"github.com/maypok86/otter/v2"

	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/reel"
)

// userCache keeps the vectors of the users last asked for, until their next
// event. It belongs to one model over one state of the world.
type userCache struct {
	users        *otter.Cache[reel.UserID, cachedUser] // nil keeps none
	hits, misses atomic.Uint64
}

// cachedUser is a user's vectors and the event that they are as of.
type cachedUser struct {
	asOf event
	user model.User
}

// event tells a user's events apart.
type event struct {
	number int // from 1, of the user's events
	time   int64
	reel   reel.ReelID
}

// lastEvent is the newest event of a profile that has one.
func lastEvent(p *reel.Profile) event {
	it := &p.Recent[len(p.Recent)-1]
	return event{p.Total, it.Time, it.Reel}
}

// newUserCache returns a cache of up to the given number of users.
func newUserCache(users int) *userCache {
	if users == 0 {
		return new(userCache)
	}
	return &userCache{users: otter.Must(&otter.Options[reel.UserID, cachedUser]{MaximumSize: users})}
}

// forget drops a user.
func (c *userCache) forget(user reel.UserID) {
	if c.users != nil {
		c.users.Invalidate(user)
	}
}

// get returns the vectors of the user of a profile, and whether they were kept
// from an earlier request. Nobody may write to them.
func (c *userCache) get(p *reel.Profile, encode func(*reel.Profile) model.User) (user model.User, kept bool) {
	if c.users == nil || len(p.Recent) == 0 {
		return encode(p), false
	}
	asOf := lastEvent(p)
	if known, ok := c.users.GetIfPresent(p.User); ok && known.asOf == asOf {
		c.hits.Add(1)
		return known.user, true
	}
	c.misses.Add(1)
	user = encode(p)
	c.users.Set(p.User, cachedUser{asOf, user})
	return user, false
}
