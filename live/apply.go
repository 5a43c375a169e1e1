package live

import (
	"context"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// applied takes what is durable now into the world, in the order of the log.
// The committer calls it, and whoever appended waits for it: that is what makes
// the next request know.
func (s *Service) applied(records []store.Applied) {
	if !s.follows.Load() {
		return
	}
	ctx := context.Background() // what is in the log must get into the world
	t := taker{world: s.world, trouble: func(r store.Record, err error) {
		s.log.Error("a record of the log did not get into the world", "offset", r.Offset, "error", err)
	}}
	for k := range records {
		a := &records[k]
		t.take(ctx, &a.Record, a.Before)
		if erased, ok := a.Body.(store.UserErased); ok {
			s.model.Forget(erased.User)
		}
	}
	t.flush(ctx)
	s.offset.Store(uint64(records[len(records)-1].Offset))
}

// taker takes records into a world. Reels that follow each other are put
// together.
type taker struct {
	world   changing
	reels   []reel.Reel
	first   store.Record // of reels
	trouble func(store.Record, error)
}

// changing is what records do to a world.
type changing interface {
	Observe(it *reel.Interaction, recent []reel.Interaction)
	CountUsers(more int)
	Advance(now int64)
	PutReels(ctx context.Context, reels ...reel.Reel) error
	DeleteReel(ctx context.Context, id reel.ReelID) (bool, error)
	PutCreator(c reel.Creator)
	DeleteCreator(ctx context.Context, id reel.CreatorID) (int, error)
}

// reelsTogether is how many reels are put at once.
const reelsTogether = 1000

// take takes in one record; before is the profile of the user that it is about.
func (t *taker) take(ctx context.Context, r *store.Record, before *reel.Profile) {
	if put, ok := r.Body.(store.ReelPut); ok {
		t.put(ctx, r, put.Reel)
		return
	}
	t.flush(ctx)
	var err error
	switch body := r.Body.(type) {
	case store.Event:
		var recent []reel.Interaction
		if before != nil {
			recent = before.Recent
		} else {
			t.world.CountUsers(1)
		}
		t.world.Observe(&body.Interaction, recent)
	case store.ProfileKept:
		if before == nil {
			t.world.CountUsers(1)
		}
	case store.UserErased:
		if before != nil {
			t.world.CountUsers(-1)
		}
	case store.ReelDeleted:
		_, err = t.world.DeleteReel(ctx, body.ID)
	case store.CreatorPut:
		t.world.PutCreator(body.Creator)
	case store.CreatorDeleted:
		_, err = t.world.DeleteCreator(ctx, body.ID)
	}
	if err != nil {
		t.trouble(*r, err)
	}
}

// put gathers a reel. One that is put twice comes in two rounds.
func (t *taker) put(ctx context.Context, r *store.Record, one reel.Reel) {
	if len(t.reels) == reelsTogether {
		t.flush(ctx)
	}
	for k := range t.reels {
		if t.reels[k].ID == one.ID {
			t.flush(ctx)
			break
		}
	}
	if len(t.reels) == 0 {
		t.first = *r
	}
	t.reels = append(t.reels, one)
	t.world.Advance(min(one.Uploaded, r.Time/1000))
}

// flush puts the reels that were gathered. Where a model cannot read one of
// them, the others are put without it.
func (t *taker) flush(ctx context.Context) {
	if len(t.reels) == 0 {
		return
	}
	if err := t.world.PutReels(ctx, t.reels...); err != nil {
		for _, one := range t.reels {
			if err := t.world.PutReels(ctx, one); err != nil {
				t.trouble(t.first, err)
			}
		}
	}
	t.reels = t.reels[:0]
}
