package storetest

import (
	"slices"
	"time"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// Oracle is a store so naive that it is plainly right: a list of records, and
// every question answered by replaying it. Like a store it has the clock and
// the time for which IDs count.
type Oracle struct {
	Now         func() time.Time
	RememberIDs time.Duration
	Applied     []store.Applied // everything appended since the start

	records  []store.Record
	last     store.Offset
	lastTime int64
}

// Append adds bodies to the list.
func (o *Oracle) Append(bodies ...store.Body) []store.Outcome {
	now := max(o.Now().UnixMilli(), o.lastTime)
	var outcomes []store.Outcome
	for _, body := range bodies {
		if at := o.earlier(body, now); at > 0 {
			outcomes = append(outcomes, store.Outcome{Offset: at, Duplicate: true})
			continue
		}
		o.last++
		o.lastTime = now
		r := store.Record{Offset: o.last, Time: now, Body: body}
		outcomes = append(outcomes, store.Outcome{Offset: r.Offset})
		o.apply(r)
	}
	return outcomes
}

// earlier finds the event that makes another one a duplicate.
func (o *Oracle) earlier(body store.Body, now int64) store.Offset {
	e, ok := body.(store.Event)
	if !ok || e.ID == "" {
		return 0
	}
	for _, r := range o.records {
		was, ok := r.Body.(store.Event)
		if ok && was.User == e.User && was.ID == e.ID && r.Time > now-o.RememberIDs.Milliseconds() {
			return r.Offset
		}
	}
	return 0
}

func (o *Oracle) apply(r store.Record) {
	a := store.Applied{Record: r}
	user, about := r.Body.About()
	erased, isErasure := r.Body.(store.UserErased)
	switch {
	case isErasure:
		a.Before = o.Profile(erased.User)
		o.records = slices.DeleteFunc(o.records, func(r store.Record) bool { return isAbout(r, erased.User) })
		o.records = append(o.records, r)
	case about && !isSlate(r.Body):
		a.Before = o.Profile(user)
		o.records = append(o.records, r)
		a.After = o.Profile(user)
	default:
		o.records = append(o.records, r)
	}
	o.Applied = append(o.Applied, a)
}

func isSlate(b store.Body) bool {
	_, ok := b.(store.SlateServed)
	return ok
}

func isAbout(r store.Record, user reel.UserID) bool {
	about, ok := r.Body.About()
	return ok && about == user
}

// Profile replays a user's records; nil if they make no profile.
func (o *Oracle) Profile(user reel.UserID) *reel.Profile { return replay(o.About(user)) }

func replay(records []store.Record) *reel.Profile {
	var p *reel.Profile
	for _, r := range records {
		switch body := r.Body.(type) {
		case store.Event:
			if p == nil {
				p = reel.NewProfile(body.User)
			}
			p = p.After(body.Interaction)
		case store.ProfileKept:
			p = body.Profile
		}
	}
	return p
}

// About lists a user's records.
func (o *Oracle) About(user reel.UserID) []store.Record {
	var about []store.Record
	for _, r := range o.records {
		if isAbout(r, user) {
			about = append(about, r)
		}
	}
	return about
}

// Records lists all records from an offset on.
func (o *Oracle) Records(from store.Offset) []store.Record {
	at, _ := slices.BinarySearchFunc(o.records, from, func(r store.Record, at store.Offset) int { return int(r.Offset) - int(at) })
	return o.records[at:]
}

// Last is the newest offset there ever was.
func (o *Oracle) Last() store.Offset { return o.last }

// Retain folds each user's older records into one.
func (o *Oracle) Retain(before time.Time) (removed int) {
	for _, user := range o.users() {
		var old []store.Record
		kept, dropped := store.Record{}, 0
		for _, r := range o.About(user) {
			if r.Time >= before.UnixMilli() {
				break
			}
			old = append(old, r)
			if !isSlate(r.Body) {
				kept = r
			}
			if _, ok := r.Body.(store.ProfileKept); !ok {
				dropped++
			}
		}
		if dropped == 0 {
			continue
		}
		removed += dropped
		kept.Body = store.ProfileKept{Profile: replay(old)}
		o.records = slices.DeleteFunc(o.records, func(r store.Record) bool {
			return r.Offset != kept.Offset && slices.ContainsFunc(old, func(was store.Record) bool { return was.Offset == r.Offset })
		})
		for i, r := range o.records {
			if r.Offset == kept.Offset {
				o.records[i] = kept
			}
		}
	}
	return removed
}

// users lists everybody of whom there is a record, in order.
func (o *Oracle) users() []reel.UserID {
	var users []reel.UserID
	for _, r := range o.records {
		if user, ok := r.Body.About(); ok {
			users = append(users, user)
		}
	}
	slices.Sort(users)
	return slices.Compact(users)
}

// Profiles lists every profile, by user.
func (o *Oracle) Profiles() []*reel.Profile {
	var all []*reel.Profile
	for _, user := range o.users() {
		if p := o.Profile(user); p != nil {
			all = append(all, p)
		}
	}
	return all
}

// Catalog replays reels and creators, each by id.
func (o *Oracle) Catalog() (reels []reel.Reel, creators []reel.Creator) {
	for _, r := range o.records {
		switch body := r.Body.(type) {
		case store.ReelPut:
			reels = append(withoutReel(reels, body.Reel.ID), body.Reel)
		case store.ReelDeleted:
			reels = withoutReel(reels, body.ID)
		case store.CreatorPut:
			creators = append(withoutCreator(creators, body.Creator.ID), body.Creator)
		case store.CreatorDeleted:
			creators = withoutCreator(creators, body.ID)
			reels = slices.DeleteFunc(reels, func(r reel.Reel) bool { return r.Creator == body.ID })
		}
	}
	slices.SortFunc(reels, func(a, b reel.Reel) int { return int(a.ID - b.ID) })
	slices.SortFunc(creators, func(a, b reel.Creator) int { return int(a.ID - b.ID) })
	return reels, creators
}

func withoutReel(all []reel.Reel, id reel.ReelID) []reel.Reel {
	return slices.DeleteFunc(all, func(r reel.Reel) bool { return r.ID == id })
}

func withoutCreator(all []reel.Creator, id reel.CreatorID) []reel.Creator {
	return slices.DeleteFunc(all, func(c reel.Creator) bool { return c.ID == id })
}
