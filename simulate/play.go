package simulate

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/reelrank/reelrank/reel"
)

// play is the running app: what changes from session to session. Its dice
// are apart from the world's seed, so that the same future can be played
// again with other luck.
type play struct {
	w        *World
	dice     uint64
	sittings []sitting // the plan; played ones with topic and end
	trends   trends
	seen     []bitset
	follows  []map[int32]int64 // creators followed and since when, per person
	topics   []int32           // topic of the last session, per person; -1 before the first
	minds    []*mind
	shelves  []shelf // one per interest, stocked when a session first needs it
	log      []reel.Interaction
}

func (w *World) newPlay(dice uint64) *play {
	n := len(w.people)
	g := &play{
		w: w, dice: dice, sittings: slices.Clone(w.sittings), trends: trends{counts: make([]float64, len(w.clips))},
		seen: make([]bitset, n), follows: make([]map[int32]int64, n), topics: make([]int32, n), minds: make([]*mind, n),
	}
	for u := range w.people {
		g.seen[u] = newBitset(len(w.clips))
		g.follows[u] = map[int32]int64{}
		g.topics[u] = -1
		g.minds[u] = w.newMind(u)
	}
	return g
}

// run plays the planned sittings from one on, in order.
func (g *play) run(ctx context.Context, from int, step func(events int)) error {
	for i := from; i < len(g.sittings); i++ {
		if i%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		g.sit(i)
		step(g.sittings[i].length)
	}
	return nil
}

// sit plays one session.
func (g *play) sit(i int) {
	w, s := g.w, &g.sittings[i]
	u := int(s.person)
	p, m := &w.people[u], g.minds[u]
	for m.day < w.dayOf(s.start) {
		w.sleep(m, u)
	}
	g.trends.renew(w.trendHour(s.start))
	rng := stream(g.dice, forSession, i, 0)
	topic := g.sessionTopic(rng, u)
	s.topic, g.topics[u] = m.interests[topic].topic, m.interests[topic].topic
	g.clearShelves(len(m.interests))

	now := s.start
	for position := range s.length {
		r := g.choose(rng, u, topic, s.start)
		it := g.show(rng, u, r, now, reel.Context{
			Device: w.devices[s.device].name, Place: w.regions[p.region].name, Session: int64(i) + 1, Position: position,
		}, s.device)
		g.log = append(g.log, it)
		s.end = now
		now += int64(math.Ceil(it.WatchedSeconds())) + 1 + rng.Int64N(3)
	}
}

// sessionTopic stays with the last session's topic or draws one from the mix.
func (g *play) sessionTopic(rng *rand.Rand, u int) int {
	m := g.minds[u]
	if last := m.position(g.topics[u]); last >= 0 && rng.Float64() < g.w.p.Stickiness {
		return last
	}
	return pick(rng, m.mix)
}

func (g *play) clearShelves(n int) {
	for len(g.shelves) < n {
		g.shelves = append(g.shelves, shelf{})
	}
	for i := range g.shelves {
		g.shelves[i].reels = g.shelves[i].reels[:0]
	}
}

// choose is the logging policy: by taste, trending, or anything, falling
// through to the next when one has nothing left to show.
func (g *play) choose(rng *rand.Rand, u, topic int, now int64) int32 {
	w, seen := g.w, g.seen[u]
	way := rng.Float64()
	if way < w.p.TasteShare {
		if rng.Float64() > inSessionTopic {
			topic = pick(rng, g.minds[u].mix)
		}
		s := &g.shelves[topic]
		if len(s.reels) == 0 {
			w.stock(s, &w.people[u], &g.minds[u].interests[topic], seen, now)
		}
		if r := s.take(rng, seen); r >= 0 {
			return r
		}
	} else if way < w.p.TasteShare+w.p.TrendingShare {
		if r := takeTrending(rng, g.trends.at(w.trendHour(now)), seen); r >= 0 {
			return r
		}
	}
	return w.takeAny(rng, seen, now)
}

// show plays one exposure and notes what follows from it.
func (g *play) show(rng *rand.Rand, u int, r int32, now int64, at reel.Context, device int) reel.Interaction {
	w, c := g.w, &g.w.clips[r]
	_, follows := g.follows[u][c.creator]
	e := w.exposureOf(&w.people[u], g.minds[u], r, at.Position, device, g.trends.at(w.trendHour(now)).prominence(r), follows)
	it := reel.Interaction{
		User: reel.UserID(u) + 1, Reel: reelID(r), Creator: w.reels[r].Creator,
		Time: now, Duration: c.seconds, Observed: recorded, Context: at,
	}
	it.Watch, it.Signals = w.react(rng, &w.people[u], &e)
	g.seen[u].add(r)
	if it.Signals.Has(reel.Followed) {
		g.follows[u][c.creator] = now
	}
	if it.Positive() {
		g.trends.count(r, now-w.p.Start)
	}
	return it
}

// sorted returns the log by time; rows of one second keep the order of play.
func (g *play) sorted() []reel.Interaction {
	slices.SortStableFunc(g.log, func(a, b reel.Interaction) int { return int(a.Time - b.Time) })
	return g.log
}
