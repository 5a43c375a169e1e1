package simulate

import (
	"context"
	"maps"
	"slices"

	"github.com/reelrank/reelrank/reel"
)

// clone copies the running app, to be played on with other dice.
func (g *play) clone(dice uint64) *play {
	c := &play{
		w: g.w, dice: dice, sittings: slices.Clone(g.sittings), topics: slices.Clone(g.topics),
		trends: trends{counts: slices.Clone(g.trends.counts), lists: slices.Clone(g.trends.lists)},
	}
	for u := range g.seen {
		c.seen = append(c.seen, slices.Clone(g.seen[u]))
		c.follows = append(c.follows, maps.Clone(g.follows[u]))
		c.minds = append(c.minds, g.w.mindAt(u, g.minds[u].day))
	}
	return c
}

// replays plays the sittings from one on again and again, each time with other
// dice, and returns per run and person the reels enjoyed.
func replays(w *World, from, runs int) [][]map[reel.ReelID]bool {
	ctx := context.Background()
	past := w.newPlay(w.seed)
	for i := range from {
		past.sit(i)
	}
	all := make([][]map[reel.ReelID]bool, runs)
	for run := range all {
		g := past.clone(uint64(1_000 + run))
		if err := g.run(ctx, from, func(int) {}); err != nil {
			panic(err)
		}
		all[run] = make([]map[reel.ReelID]bool, len(w.people))
		for u := range all[run] {
			all[run][u] = map[reel.ReelID]bool{}
		}
		for _, it := range g.log {
			if it.Positive() {
				all[run][it.User-1][it.Reel] = true
			}
		}
	}
	return all
}
