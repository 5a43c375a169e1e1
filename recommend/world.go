package recommend

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/catalog/cowatch"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/retrieve"
)

// World is what answers are given over: the catalogue, what people did with
// it, and where their profiles are. It outlives the models that answer over it.
//
// It may be read and changed at the same time. Its changes come from one
// goroutine, in the order of the log, and an answer that begins when a change
// has returned knows it.
type World struct {
	catalog  *catalog.Catalog
	counters *catalog.Counters
	together *cowatch.Neighbours
	profiles Profiles
	newest   atomic.Int64 // see Now
	users    atomic.Int64 // with a profile
	saved    SavedVectors

	change  sync.Mutex   // held while the catalogue changes, or a model catches up with it
	readers []*following // models whose tables follow the catalogue
}

// Profiles is where a World finds what is known of people.
type Profiles interface {
	// Profile returns a user's profile, which nobody changes any more, and
	// whether there is one.
	Profile(ctx context.Context, user reel.UserID) (*reel.Profile, bool, error)
}

// NewWorld makes a world of some reels in which nothing has happened yet.
func NewWorld(cfg config.Config, reels []reel.Reel, profiles Profiles) (*World, error) {
	cat, err := catalog.New(reels)
	if err != nil {
		return nil, err
	}
	return worldOf(cat, newCounters(cfg, cat), newTogether(cfg, cat), profiles), nil
}

func worldOf(cat *catalog.Catalog, counters *catalog.Counters, together *cowatch.Neighbours, profiles Profiles) *World {
	return &World{catalog: cat, counters: counters, together: together, profiles: profiles}
}

func newCounters(cfg config.Config, cat *catalog.Catalog) *catalog.Counters {
	return catalog.NewCounters(cat, hours(cfg.Retrieve.HalfLife))
}

func newTogether(cfg config.Config, cat *catalog.Catalog) *cowatch.Neighbours {
	return cowatch.New(cat, hours(cfg.Retrieve.CowatchHalfLife))
}

func hours(h float64) time.Duration { return time.Duration(h * float64(time.Hour)) }

// Catalog is the world's catalogue, to read.
func (w *World) Catalog() *catalog.Catalog { return w.catalog }

// Now is the time of the newest interaction or upload, in unix seconds: answers
// are as of then.
func (w *World) Now() int64 { return w.newest.Load() }

// Advance tells the world that a time has come, in unix seconds.
func (w *World) Advance(now int64) {
	if now > w.newest.Load() {
		w.newest.Store(now)
	}
}

// Users is the number of people with a profile.
func (w *World) Users() int { return int(w.users.Load()) }

// CountUsers says how many people more, or fewer, have a profile now.
func (w *World) CountUsers(more int) { w.users.Add(int64(more)) }

// Observe takes in an interaction of a person whose last interactions before
// it are recent, the oldest first.
func (w *World) Observe(it *reel.Interaction, recent []reel.Interaction) {
	w.counters.Observe(it)
	w.together.Observe(it, recent)
	w.Advance(it.Time)
}

// profile returns what is known of a user, and whether anything is.
func (w *World) profile(ctx context.Context, user reel.UserID) (*reel.Profile, bool, error) {
	p, known, err := w.profiles.Profile(ctx, user)
	switch {
	case err != nil:
		return nil, false, fmt.Errorf("profile of user %d: %w", user, err)
	case !known:
		return reel.NewProfile(user), false, nil
	}
	return p, true, nil
}

// Restore takes over what Write kept of a world over the same reels, which this
// one, in which nothing has happened, then equals.
func (w *World) Restore(cfg config.Config, counters, together io.Reader, now int64, users int) (err error) {
	if w.counters, err = catalog.ReadCounters(counters, w.catalog, hours(cfg.Retrieve.HalfLife)); err != nil {
		return err
	}
	if w.together, err = cowatch.Read(together, w.catalog, hours(cfg.Retrieve.CowatchHalfLife)); err != nil {
		return err
	}
	w.Advance(now)
	w.users.Store(int64(users))
	return nil
}

// UseVectors tells where vector indexes were saved, before a model is put into
// service.
func (w *World) UseVectors(s SavedVectors) { w.saved = s }

// Write keeps what was counted. No change may come meanwhile; answers may.
func (w *World) Write(counters, together io.Writer) error {
	if _, err := w.counters.WriteTo(counters); err != nil {
		return err
	}
	_, err := w.together.WriteTo(together)
	return err
}

// Tidy keeps the vector indexes of the models in shape, once: call it about
// every second.
func (w *World) Tidy(ctx context.Context) error {
	for _, t := range w.complete() {
		if x, ok := t.vectors.(retrieve.Embedded); ok {
			if _, err := x.Tidy(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// Difference says in words where two worlds differ in what was counted, or
// nothing where they are equal.
func (w *World) Difference(other *World) string {
	if d := w.counters.Difference(other.counters); d != "" {
		return d
	}
	return w.together.Difference(other.together)
}

// kept are the profiles of a log that was replayed.
type kept map[reel.UserID]*reel.Profile

// Profile implements Profiles.
func (k kept) Profile(_ context.Context, user reel.UserID) (*reel.Profile, bool, error) {
	p, known := k[user]
	return p, known, nil
}

// replayed is the world over a catalogue after the given log, which is sorted
// by time.
func replayed(cfg config.Config, cat *catalog.Catalog, log []reel.Interaction) *World {
	profiles := kept{}
	w := worldOf(cat, newCounters(cfg, cat), newTogether(cfg, cat), profiles)
	for i := range log {
		it := &log[i]
		p, known := profiles[it.User]
		if !known {
			p = reel.NewProfile(it.User)
			profiles[it.User] = p
		}
		w.Observe(it, p.Recent)
		p.Apply(*it)
	}
	w.CountUsers(len(profiles))
	return w
}
