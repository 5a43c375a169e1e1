package learn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// Log is where what happened is read from: a live.Service, or a live.Log.
type Log interface {
	Read(ctx context.Context, from store.Offset, fn func(store.Record) error) error
	Last() store.Offset
}

// Dataset is the log up to an offset, as training needs it: the interactions in
// the order of time, those of one second in the order of the log, and the newest
// version of every reel that was ever put, those deleted since among them, or
// that an interaction names. It passes Validate.
//
// It takes about 150 bytes of memory per interaction, and 4.6 KB per reel with
// all three content vectors; the log goes by record by record. What Retain
// dropped is gone: profiles that it kept are no interactions.
func Dataset(ctx context.Context, log Log, upTo store.Offset) (*dataset.Dataset, error) {
	return Newest(ctx, log, upTo, 0)
}

// Newest is Dataset of no more than some interactions, the last ones of the log
// up to there. The older ones take no memory.
func Newest(ctx context.Context, log Log, upTo store.Offset, interactions int) (*dataset.Dataset, error) {
	if last := log.Last(); upTo > last {
		return nil, fmt.Errorf("read the log up to record %d: it ends at %d", upTo, last)
	}
	g := gathering{most: interactions, reels: map[reel.ReelID]*reel.Reel{}, words: map[string]string{}}
	err := log.Read(ctx, 1, func(r store.Record) error {
		if r.Offset > upTo {
			return errEnough
		}
		g.take(r.Body)
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	ds := g.dataset()
	return ds, ds.Validate()
}

var errEnough = errors.New("the rest is not asked for")

// gathering is what a log gave so far.
type gathering struct {
	most   int                // interactions to keep; 0 keeps all
	events []reel.Interaction // in the order of the log, from oldest on round about
	oldest int
	reels  map[reel.ReelID]*reel.Reel
	words  map[string]string // one copy of each device and place
}

func (g *gathering) take(body store.Body) {
	switch b := body.(type) {
	case store.Event:
		g.event(b.Interaction)
	case store.ReelPut:
		g.reels[b.Reel.ID] = &b.Reel
	}
}

func (g *gathering) event(it reel.Interaction) {
	it.Context.Device, it.Context.Place = g.word(it.Context.Device), g.word(it.Context.Place)
	if g.most == 0 || len(g.events) < g.most {
		g.events = append(g.events, it)
		return
	}
	g.events[g.oldest] = it
	g.oldest = (g.oldest + 1) % g.most
}

func (g *gathering) word(w string) string {
	known, ok := g.words[w]
	if !ok {
		known = w
		g.words[w] = w
	}
	return known
}

// dataset puts everything in order and makes reels and interactions agree.
func (g *gathering) dataset() *dataset.Dataset {
	ds := &dataset.Dataset{Source: "log", Interactions: slices.Concat(g.events[g.oldest:], g.events[:g.oldest])}
	named := map[reel.ReelID]*reel.Reel{} // by interactions alone
	for i := range ds.Interactions {
		it := &ds.Interactions[i]
		if _, put := g.reels[it.Reel]; put {
			continue
		}
		r, met := named[it.Reel]
		if !met {
			r = &reel.Reel{ID: it.Reel}
			named[it.Reel] = r
		}
		r.Creator = it.Creator // the newest knows best
		if it.Duration > 0 {
			r.Duration = it.Duration
		}
	}
	for _, of := range []map[reel.ReelID]*reel.Reel{g.reels, named} {
		for _, r := range of {
			ds.Reels = append(ds.Reels, *r)
		}
	}
	slices.SortFunc(ds.Reels, func(a, b reel.Reel) int { return cmp.Compare(a.ID, b.ID) })
	for i := range ds.Interactions { // a reel can have come to another creator since
		it := &ds.Interactions[i]
		if r, put := g.reels[it.Reel]; put {
			it.Creator = r.Creator
		} else {
			it.Creator = named[it.Reel].Creator
		}
	}
	ds.Sort()
	return ds
}
