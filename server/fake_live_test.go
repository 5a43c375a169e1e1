package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
)

// fakeLive is a fakeEngine that remembers what it is told. It refuses events
// of the reels from 1000 on and reels of the creators from 1000 on.
type fakeLive struct {
	fakeEngine
	fail     error // answer of every method that changes something
	events   []live.Event
	reels    map[reel.ReelID]reel.Reel
	creators map[reel.CreatorID]reel.Creator
}

var _ Live = (*fakeLive)(nil)

// withStore is a server whose engine is a Live that knows reel 10 of creator 7.
func withStore() (*Server, *fakeLive) {
	l := &fakeLive{
		reels:    map[reel.ReelID]reel.Reel{10: {ID: 10, Creator: 7, Category: "cooking", Duration: 14.5, Uploaded: 1_767_225_600}},
		creators: map[reel.CreatorID]reel.Creator{7: {ID: 7, Name: "Ana cooks", Language: "pt"}},
	}
	s := New(config.Default().Server, quiet())
	s.SetEngine(l)
	return s, l
}

// Recommend names the slate, for events to refer to.
func (l *fakeLive) Recommend(ctx context.Context, r recommend.Request) (recommend.Slate, error) {
	slate, err := l.fakeEngine.Recommend(ctx, r)
	slate.ID = "s-1"
	return slate, err
}

func (l *fakeLive) Record(_ context.Context, events []live.Event) (live.Recorded, error) {
	var out live.Recorded
	if l.fail != nil {
		return out, l.fail
	}
	for i, e := range events {
		switch {
		case e.Reel >= 1000:
			out.Rejected = append(out.Rejected, live.Rejected{Index: i, Field: "reel_id", Reason: "the catalogue holds no such reel"})
		case e.ID != "" && slices.ContainsFunc(l.events, func(k live.Event) bool { return k.User == e.User && k.ID == e.ID }):
			out.Duplicates++
		default:
			l.events = append(l.events, e)
			out.Accepted++
		}
	}
	return out, nil
}

func (l *fakeLive) PutReels(_ context.Context, reels []reel.Reel) (live.Stored, error) {
	var out live.Stored
	if l.fail != nil {
		return out, l.fail
	}
	for i, r := range reels {
		if r.Creator >= 1000 {
			out.Rejected = append(out.Rejected, live.Rejected{Index: i, Field: "creator_id", Reason: "is blocked"})
			continue
		}
		l.reels[r.ID] = r
		out.Accepted++
	}
	return out, nil
}

func (l *fakeLive) DeleteReel(_ context.Context, id reel.ReelID) error {
	if _, err := l.Reel(id); err != nil {
		return err
	}
	delete(l.reels, id)
	return l.fail
}

func (l *fakeLive) Reel(id reel.ReelID) (reel.Reel, error) {
	r, ok := l.reels[id]
	if !ok {
		return r, fmt.Errorf("%w: %d", live.ErrUnknownReel, id)
	}
	return r, nil
}

func (l *fakeLive) PutCreator(_ context.Context, c reel.Creator) error {
	l.creators[c.ID] = c
	return l.fail
}

func (l *fakeLive) DeleteCreator(_ context.Context, id reel.CreatorID) (int, error) {
	if _, err := l.Creator(id); err != nil {
		return 0, err
	}
	delete(l.creators, id)
	return 3, l.fail
}

func (l *fakeLive) Creator(id reel.CreatorID) (reel.Creator, error) {
	c, ok := l.creators[id]
	if !ok {
		return c, fmt.Errorf("%w: %d", live.ErrUnknownCreator, id)
	}
	return c, nil
}

func (l *fakeLive) Export(_ context.Context, user reel.UserID, w io.Writer) error {
	if user >= 1000 {
		return fmt.Errorf("%w: %d", live.ErrUnknownUser, user)
	}
	if err := json.NewEncoder(w).Encode(map[string]any{"user_id": user, "profile": map[string]any{}, "records": []any{}}); err != nil {
		return err
	}
	return l.fail // with the answer half written
}

func (l *fakeLive) Erase(_ context.Context, user reel.UserID) error {
	if user >= 1000 {
		return fmt.Errorf("%w: %d", live.ErrUnknownUser, user)
	}
	return l.fail
}
