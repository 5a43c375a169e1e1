package live

import (
	"context"
	"fmt"

	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// loadWorld is the world after the last record: from the state in files and
// what came since, or else from the whole log.
func (s *Service) loadWorld(ctx context.Context) (*recommend.World, error) {
	saved, err := s.readState()
	if err == nil && saved != nil {
		var w *recommend.World
		if w, err = s.resume(ctx, saved); err == nil {
			return w, nil
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		s.log.Warn("the saved state cannot be used, the log is read from its beginning", "error", err)
	}
	return s.replay(ctx)
}

// replay builds the world from the log alone.
func (s *Service) replay(ctx context.Context) (*recommend.World, error) {
	w, err := recommend.NewWorld(s.options.Config, nil, s.store)
	if err != nil {
		return nil, err
	}
	people := map[reel.UserID]*reel.Profile{}
	return w, s.follow(ctx, w, 1, people, nil)
}

// resume builds the world from saved counts, the catalogue as it is, and the
// log since. The catalogue is ahead of that log, which makes a difference only
// to the counts of reels that were deleted since.
func (s *Service) resume(ctx context.Context, saved *savedState) (*recommend.World, error) {
	defer saved.close()
	w, err := s.catalogueWorld(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.Restore(s.options.Config, saved.counters, saved.together, saved.Now, saved.Users); err != nil {
		return nil, err
	}
	people := map[reel.UserID]*reel.Profile{}
	before := func(user reel.UserID) (*reel.Profile, error) { return s.profileAt(ctx, user, saved.Offset) }
	return w, s.follow(ctx, withoutCatalogue{w}, saved.Offset+1, people, before)
}

// catalogueWorld is a world of the catalogue as it is, in which nothing has
// happened.
func (s *Service) catalogueWorld(ctx context.Context) (*recommend.World, error) {
	var reels []reel.Reel
	err := s.store.Reels(ctx, func(r reel.Reel) error {
		if reels = append(reels, r); len(reels)%reelsPerReport == 0 {
			s.options.Progress("reading reels", len(reels), 0)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	w, err := recommend.NewWorld(s.options.Config, reels, s.store)
	if err != nil {
		return nil, err
	}
	return w, s.store.Creators(ctx, func(c reel.Creator) error { w.PutCreator(c); return nil })
}

// How often progress is told.
const (
	reelsPerReport   = 10_000
	recordsPerReport = 50_000
)

// withoutCatalogue is a world whose catalogue is up to date already.
type withoutCatalogue struct{ *recommend.World }

func (withoutCatalogue) PutReels(context.Context, ...reel.Reel) error { return nil }
func (withoutCatalogue) DeleteReel(context.Context, reel.ReelID) (bool, error) {
	return false, nil
}
func (withoutCatalogue) PutCreator(reel.Creator) {}
func (withoutCatalogue) DeleteCreator(context.Context, reel.CreatorID) (int, error) {
	return 0, nil
}

// follow takes the log from an offset on into a world. people are the profiles
// of those whom it meets; before gives those that they had until then, none
// where it is nil.
func (s *Service) follow(ctx context.Context, w changing, from store.Offset, people map[reel.UserID]*reel.Profile, before func(reel.UserID) (*reel.Profile, error)) error {
	var trouble error
	t := taker{world: w, trouble: func(r store.Record, err error) { trouble = fmt.Errorf("record %d: %w", r.Offset, err) }}
	last, n := s.store.Last(), 0
	err := s.store.Read(ctx, from, func(r store.Record) error {
		user, about := r.Body.About()
		p, met := people[user]
		if about && !met && before != nil {
			var err error
			if p, err = before(user); err != nil {
				return err
			}
		}
		t.take(ctx, &r, p)
		if about {
			people[user] = after(p, r.Body)
		}
		if n++; n%recordsPerReport == 0 {
			s.options.Progress("reading the log", int(r.Offset-from)+1, int(last-from)+1)
		}
		return trouble
	})
	t.flush(ctx)
	s.offset.Store(uint64(last))
	if err == nil {
		err = trouble
	}
	return err
}

// after is a user's profile after a record about them, which may be p itself,
// changed: nobody else has it.
func after(p *reel.Profile, body store.Body) *reel.Profile {
	switch b := body.(type) {
	case store.Event:
		if p == nil {
			p = reel.NewProfile(b.User)
		}
		p.Apply(b.Interaction)
	case store.ProfileKept:
		return b.Profile.After()
	case store.UserErased:
		return nil
	}
	return p
}

// profileAt is a user's profile as it was at an offset, from their records.
func (s *Service) profileAt(ctx context.Context, user reel.UserID, at store.Offset) (p *reel.Profile, err error) {
	err = s.store.Export(ctx, user, func(r store.Record) error {
		if r.Offset <= at {
			p = after(p, r.Body)
		}
		return nil
	})
	return p, err
}
