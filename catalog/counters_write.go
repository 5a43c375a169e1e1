package catalog

import (
	"io"
	"maps"
	"slices"

	"github.com/reelrank/reelrank/catalog/column"
	"github.com/reelrank/reelrank/catalog/snapshot"
)

// What a snapshot of counters is called, and the version of its layout.
const (
	countersName    = "counters"
	countersVersion = 1
)

// WriteTo writes all that the counters hold, with reels, creators and
// categories by their names of the world, so that it can be read over a
// catalogue of other indices. The owner calls it between two Observes; readers
// may go on meanwhile.
func (c *Counters) WriteTo(out io.Writer) (int64, error) {
	w := snapshot.NewWriter(out, countersName, countersVersion)
	t := &c.trends
	w.Float(t.halfLife)
	w.Float(t.landmark)
	w.Int(t.last)
	w.Bool(t.started)
	writeTally(w, &c.all)
	names := c.catalog.categoryNames(len(t.categories))
	w.Uint(uint64(len(names)))
	for _, name := range names {
		w.String(name)
	}
	c.writeCreators(w)
	c.writeReels(w)
	c.writeBoard(w, &t.overall)
	for k := range t.categories {
		c.writeBoard(w, &t.categories[k])
	}
	c.writePlaces(w)
	return w.Close()
}

// categoryNames are the names of the first n categories.
func (c *Catalog) categoryNames(n int) []string {
	names := make([]string, n)
	for k := range names {
		names[k] = c.CategoryName(int32(k))
	}
	return names
}

func (c *Counters) writeCreators(w *snapshot.Writer) {
	for k, t := range counted(&c.creators) {
		w.Bool(true)
		w.Int(int64(c.catalog.CreatorID(k)))
		writeTally(w, t)
	}
	w.Bool(false)
}

func (c *Counters) writeReels(w *snapshot.Writer) {
	for i, t := range counted(&c.reels) {
		w.Bool(true)
		w.Int(int64(c.catalog.ID(i)))
		writeTally(w, t)
		weight := c.trends.weight(i)
		w.Float(weight)
		if weight > 0 {
			w.Uint(uint64(*c.trends.filed.At(i)))
		}
	}
	w.Bool(false)
}

// counted yields the tallies that are not zero, with their indices.
func counted(tallies *column.Column[tally]) func(func(int32, *tally) bool) {
	return func(yield func(int32, *tally) bool) {
		for i := range int32(tallies.Cap()) {
			if t := tallies.At(i); t.impressions > 0 && !yield(i, t) {
				return
			}
		}
	}
}

// writeTally writes counts as whole numbers, which most of them are small of.
func writeTally(w *snapshot.Writer, t *tally) {
	for _, count := range [...]float64{t.impressions, t.positives, t.watched, t.likes, t.shares, t.follows} {
		w.Uint(uint64(count))
	}
	w.Float(t.watch)
}

// writeBoard writes a board whose weights are those of the reels.
func (c *Counters) writeBoard(w *snapshot.Writer, b *board) {
	w.Uint(uint64(b.turned))
	for _, e := range b.entries {
		w.Bool(true)
		w.Int(int64(c.catalog.ID(e.reel)))
	}
	w.Bool(false)
}

func (c *Counters) writePlaces(w *snapshot.Writer) {
	places := c.trends.places
	for _, name := range slices.Sorted(maps.Keys(places)) {
		p := places[name]
		w.Bool(true)
		w.String(name)
		w.Uint(uint64(p.engagements))
		w.Float(p.weight)
		w.Uint(uint64(p.board.turned))
		w.Float(p.board.floor)
		for _, e := range p.board.entries {
			w.Bool(true)
			w.Int(int64(c.catalog.ID(e.reel)))
			w.Float(e.weight)
		}
		w.Bool(false)
	}
	w.Bool(false)
}
