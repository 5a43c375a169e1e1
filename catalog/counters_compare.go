package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/reelrank/reelrank/reel"
)

// Difference tells the first way in which other counters differ from these,
// empty where there is none: they then answer everything alike for ever. The
// catalogues may be two of the same reels. It is how a rebuild from the log
// proves that it is what was live. The owner of both calls it between two
// Observes.
func (c *Counters) Difference(other *Counters) string {
	for _, d := range []func(*Counters) string{
		c.clockDifference, c.reelDifference, c.creatorDifference, c.boardDifference, c.placeDifference,
	} {
		if found := d(other); found != "" {
			return found
		}
	}
	return ""
}

func (c *Counters) clockDifference(other *Counters) string {
	type clock struct {
		all                tally
		halfLife, landmark float64
		last               int64
	}
	of := func(c *Counters) clock {
		return clock{c.all, c.trends.halfLife, c.trends.landmark, c.trends.last}
	}
	return unlike("all counts and the clock", of(c), of(other))
}

// counts are what is kept of one reel.
type reelCounts struct {
	tally  tally
	weight float64
}

func (c *Counters) byReel() map[reel.ReelID]reelCounts {
	all := map[reel.ReelID]reelCounts{}
	for i, t := range counted(&c.reels) {
		all[c.catalog.ID(i)] = reelCounts{*t, c.trends.weight(i)}
	}
	return all
}

func (c *Counters) reelDifference(other *Counters) string {
	return unlikeMaps("reel", c.byReel(), other.byReel())
}

func (c *Counters) byCreator() map[reel.CreatorID]tally {
	all := map[reel.CreatorID]tally{}
	for k, t := range counted(&c.creators) {
		all[c.catalog.CreatorID(k)] = *t
	}
	return all
}

func (c *Counters) creatorDifference(other *Counters) string {
	return unlikeMaps("creator", c.byCreator(), other.byCreator())
}

func (c *Counters) boardDifference(other *Counters) string {
	if d := unlike("the trends", c.sheet(&c.trends.overall), other.sheet(&other.trends.overall)); d != "" {
		return d
	}
	of := func(c *Counters) map[string]string {
		all := map[string]string{}
		for k := range c.trends.categories {
			if b := &c.trends.categories[k]; len(b.entries) > 0 {
				all[c.catalog.CategoryName(int32(k))] = c.sheet(b)
			}
		}
		return all
	}
	return unlikeMaps("the trends in category", of(c), of(other))
}

func (c *Counters) placeDifference(other *Counters) string {
	of := func(c *Counters) map[string]string {
		all := map[string]string{}
		for name, p := range c.trends.places {
			all[name] = fmt.Sprint(p.engagements, p.weight, c.sheet(&p.board))
		}
		return all
	}
	return unlikeMaps("the trends at place", of(c), of(other))
}

// sheet writes a board down, with reels by their ids; ties are in the order of
// these, since indices may differ.
func (c *Counters) sheet(b *board) string {
	type line struct {
		weight float64
		id     reel.ReelID
	}
	lines := make([]line, len(b.entries))
	for k, e := range b.entries {
		lines[k] = line{e.weight, c.catalog.ID(e.reel)}
	}
	slices.SortFunc(lines, func(x, y line) int {
		return cmp.Or(cmp.Compare(y.weight, x.weight), cmp.Compare(x.id, y.id))
	})
	return fmt.Sprint(b.turned, b.floor, lines)
}

func unlike[T comparable](what string, a, b T) string {
	if a == b {
		return ""
	}
	return fmt.Sprintf("%s: %+v, the other has %+v", what, a, b)
}

// unlikeMaps compares two maps in the order of their keys.
func unlikeMaps[K cmp.Ordered, V comparable](what string, a, b map[K]V) string {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(keys)
	for _, k := range keys {
		if d := unlike(fmt.Sprintf("%s %v", what, k), a[k], b[k]); d != "" {
			return d
		}
	}
	return ""
}
