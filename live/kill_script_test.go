package live

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// A script is what one writer of the kill test does, step by step: the same
// whoever asks, so that the parent knows what its child did. Writers share the
// bundle's reels, which stay as they are; users, creators and further reels are
// each writer's own, and so its steps alone say what becomes of them.
type script struct {
	writer     int
	shared     []reel.Reel // of the bundle
	eventsOnly bool
	from       int64 // unix seconds of the first step
}

// How much of its own a writer has.
const (
	scriptUsers    = 6
	scriptReels    = 16
	scriptCreators = 4
)

// step is one call: some of the fields are set.
type step struct {
	events        []Event
	puts          []reel.Reel
	creator       *reel.Creator
	deleteReel    reel.ReelID
	deleteCreator reel.CreatorID
}

// base is where the ids of a writer's own begin.
func (s script) base() int64 { return 1_000_000 * int64(s.writer+1) }

func (s script) users() (ids []reel.UserID) {
	for k := range int64(scriptUsers) {
		ids = append(ids, reel.UserID(s.base()+k))
	}
	return ids
}

// owns tells whether a reel is one of the writer's own.
func (s script) owns(id reel.ReelID) bool {
	return int64(id) >= s.base() && int64(id) < s.base()+scriptReels
}

// creatorOf is who uploads one of the writer's reels, whenever it is put.
func (s script) creatorOf(id reel.ReelID) reel.CreatorID {
	return reel.CreatorID(s.base() + int64(id)%scriptCreators)
}

// step is the n-th step, from 0.
func (s script) step(n int) step {
	random := rand.New(rand.NewPCG(uint64(s.writer), uint64(n)))
	own := func(n int) int64 { return s.base() + random.Int64N(int64(n)) }
	choice := random.IntN(10)
	if s.eventsOnly {
		choice = 0
	}
	switch {
	case choice < 5:
		return step{events: s.events(n, random)}
	case choice < 7:
		var puts []reel.Reel
		for _, k := range random.Perm(scriptReels)[:1+random.IntN(4)] {
			puts = append(puts, s.reel(n, reel.ReelID(s.base()+int64(k)), random))
		}
		return step{puts: puts}
	case choice == 7:
		return step{deleteReel: reel.ReelID(own(scriptReels))}
	case choice == 8:
		return step{creator: &reel.Creator{ID: reel.CreatorID(own(scriptCreators)), Name: fmt.Sprint("as of step ", n), Joined: s.from}}
	}
	return step{deleteCreator: reel.CreatorID(own(scriptCreators))}
}

// events is a batch of up to 20.
func (s script) events(n int, random *rand.Rand) []Event {
	events := make([]Event, 1+random.IntN(20))
	for k := range events {
		it := reel.Interaction{
			User: reel.UserID(s.base() + random.Int64N(scriptUsers)), Time: s.from + int64(n),
			Watch: reel.WatchTime(random.Float32()), Signals: reel.Signals(random.IntN(1<<8)) &^ reel.Watched, Observed: reel.AllObserved,
			Context: reel.Context{Device: "android", Session: int64(n / 10), Position: k},
		}
		if random.IntN(2) == 0 && !s.eventsOnly {
			it.Reel = reel.ReelID(s.base() + random.Int64N(scriptReels)) // which may be there or not
			it.Creator, it.Duration = s.creatorOf(it.Reel), 7
		} else {
			one := s.shared[random.IntN(len(s.shared))]
			it.Reel, it.Creator, it.Duration = one.ID, one.Creator, one.Duration
		}
		events[k] = Event{Interaction: it, ID: fmt.Sprintf("%d-%d-%d", s.writer, n, k)}
	}
	return events
}

// reel is a reel as a step puts it.
func (s script) reel(n int, id reel.ReelID, random *rand.Rand) reel.Reel {
	one := s.shared[random.IntN(len(s.shared))] // lends its vectors
	one.ID, one.Creator = id, s.creatorOf(id)
	one.Caption, one.Uploaded = fmt.Sprint("as of step ", n), s.from+int64(n)
	return one
}

// do takes a step, and returns an error unless it was acknowledged. What is
// deleted must not be recommended any more.
func (s script) do(ctx context.Context, to *Service, n int) error {
	now := s.step(n)
	switch {
	case now.events != nil:
		done, err := to.Record(ctx, now.events)
		if err == nil && (done.Accepted != len(now.events) && done.Duplicates != len(now.events)) {
			err = fmt.Errorf("step %d of %d events: %+v", n, len(now.events), done)
		}
		return err
	case now.puts != nil:
		done, err := to.PutReels(ctx, now.puts)
		if err == nil && done.Accepted != len(now.puts) {
			err = fmt.Errorf("step %d of %d reels: %+v", n, len(now.puts), done)
		}
		return err
	case now.creator != nil:
		return to.PutCreator(ctx, *now.creator)
	case now.deleteReel != 0:
		if err := to.DeleteReel(ctx, now.deleteReel); err != nil && !errors.Is(err, ErrUnknownReel) {
			return err
		}
		return s.isNotShown(ctx, to, func(item recommend.Item) bool { return item.Reel == now.deleteReel })
	}
	if _, err := to.DeleteCreator(ctx, now.deleteCreator); err != nil && !errors.Is(err, ErrUnknownCreator) {
		return err
	}
	return s.isNotShown(ctx, to, func(item recommend.Item) bool { return item.Creator == now.deleteCreator })
}

// isNotShown asks for a slate, in which nothing deleted must be.
func (s script) isNotShown(ctx context.Context, to *Service, deleted func(recommend.Item) bool) error {
	slate, err := to.Recommend(ctx, s.request(s.users()[0]))
	if err == nil && slices.ContainsFunc(slate.Items, deleted) {
		err = fmt.Errorf("something deleted is recommended: %v", slate.Items)
	}
	return err
}

// request asks for reels of the writers' own, which is where something changes.
func (s script) request(user reel.UserID) recommend.Request {
	r := recommend.Request{User: user, K: 20, MaxPerCreator: 20}
	for k := range s.shared {
		r.Exclude = append(r.Exclude, s.shared[k].ID)
	}
	return r
}

// again sends the events of a step once more, which must change nothing.
func (s script) again(ctx context.Context, to *Service, n int) error {
	events := s.step(n).events
	done, err := to.Record(ctx, events)
	if err == nil && done.Duplicates != len(events) {
		err = fmt.Errorf("step %d was acknowledged, and its %d events sent again are %+v", n, len(events), done)
	}
	return err
}

// oracle is what must have become of a writer's own after some steps.
type oracle struct {
	script
	next     int // steps that it has taken
	profiles map[reel.UserID]*reel.Profile
	reels    map[reel.ReelID]reel.Reel
	creators map[reel.CreatorID]reel.Creator
}

func newOracle(s script) *oracle {
	return &oracle{
		script: s, profiles: map[reel.UserID]*reel.Profile{},
		reels: map[reel.ReelID]reel.Reel{}, creators: map[reel.CreatorID]reel.Creator{},
	}
}

// advance takes steps until n are taken.
func (o *oracle) advance(n int) {
	for ; o.next < n; o.next++ {
		now := o.step(o.next)
		for _, e := range now.events {
			p := o.profiles[e.User]
			if p == nil {
				p = reel.NewProfile(e.User)
				o.profiles[e.User] = p
			}
			p.Apply(e.Interaction)
		}
		for _, one := range now.puts {
			o.reels[one.ID] = one
		}
		if now.creator != nil {
			o.creators[now.creator.ID] = *now.creator
		}
		delete(o.reels, now.deleteReel)
		delete(o.creators, now.deleteCreator)
		if now.deleteCreator != 0 {
			maps.DeleteFunc(o.reels, func(_ reel.ReelID, one reel.Reel) bool { return one.Creator == now.deleteCreator })
		}
	}
}

// check wants the steps taken in a service, or them and the next one, whole:
// one that was under way or refused may have got through.
func (o *oracle) check(t *testing.T, s *Service) {
	t.Helper()
	if acknowledged := o.difference(t.Context(), s); acknowledged != nil {
		if o.advance(o.next + 1); o.difference(t.Context(), s) != nil {
			t.Errorf("writer %d, %d steps: %v", o.writer, o.next-1, acknowledged)
		}
	}
}

// difference says where a service differs from the oracle, or nothing.
func (o *oracle) difference(ctx context.Context, s *Service) error {
	for _, user := range o.users() {
		p, _, err := s.store.Profile(ctx, user)
		if err != nil {
			return err
		}
		if want := o.profiles[user]; !store.SameProfile(p, want) {
			return fmt.Errorf("the profile of user %d is\n%+v, want\n%+v", user, p, want)
		}
	}
	for id := reel.ReelID(o.base()); o.owns(id); id++ {
		got, err := s.Reel(id)
		want, there := o.reels[id]
		if there != (err == nil) || there && !slices.Equal(reelBytes(&got), reelBytes(&want)) {
			return fmt.Errorf("reel %d is %v, %v; want %v", id, got.Caption, err, want.Caption)
		}
	}
	for k := range int64(scriptCreators) {
		id := reel.CreatorID(o.base() + k)
		got, err := s.Creator(id)
		want, there := o.creators[id]
		for _, one := range o.reels {
			if one.Creator == id && !there { // then no more than the id is known
				want, there = reel.Creator{ID: id}, true
			}
		}
		if there != (err == nil) || got != want {
			return fmt.Errorf("creator %d is %+v, %v; want %+v", id, got, err, want)
		}
	}
	return o.slates(ctx, s)
}

func reelBytes(r *reel.Reel) []byte { return store.AppendVectors(store.AppendReel(nil, r), r) }

// slates asks for one for each user.
func (o *oracle) slates(ctx context.Context, s *Service) error {
	for _, user := range o.users() {
		slate, err := s.Recommend(ctx, o.request(user))
		if err != nil {
			return err
		}
		p := o.profiles[user]
		for _, item := range slate.Items {
			if _, there := o.reels[item.Reel]; o.owns(item.Reel) && !there {
				return fmt.Errorf("reel %d is deleted, and recommended to user %d", item.Reel, user)
			}
			if p != nil && p.HasSeen(item.Reel) {
				return fmt.Errorf("reel %d was seen by user %d, and is recommended to them", item.Reel, user)
			}
		}
	}
	return nil
}
