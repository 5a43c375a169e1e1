package catalog

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
	"sync/atomic"

	"github.com/reelrank/reelrank/catalog/column"
	"github.com/reelrank/reelrank/reel"
)

// Catalog holds the reels and creators there are. Its reading methods are safe
// from anywhere at any time, and neither lock nor allocate for one reel; its
// changes come from one goroutine at a time, or from callers who take turns.
type Catalog struct {
	rows  column.Column[row]
	since column.Column[atomic.Int64] // availableFrom the upload; 0 for a reel that is not there
	byID  ids
	size  atomic.Int32 // indices given out
	count atomic.Int32 // of them, alive

	creators    column.Column[creator]
	byCreatorID ids
	numCreators atomic.Int32

	timeline                       timeline
	categories, languages, regions labels
}

// DuplicateError says that a reel id occurs twice in the input of New.
type DuplicateError struct {
	Reel          reel.ReelID
	First, Second int // positions in the input, from 0
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("reel %d occurs twice, at positions %d and %d: keep one of them", e.Reel, e.First, e.Second)
}

// New makes a catalogue of some reels. They get the indices 0..n-1 in the
// order of their ids, creators likewise, and categories in the order of their
// names after the unknown one. The slice is copied and may be reused; the
// content vectors are shared and must not change afterwards. It returns a
// *DuplicateError where two reels have the same id. It does not validate the
// reels otherwise: that is the task of whoever reads them.
func New(reels []reel.Reel) (*Catalog, error) {
	if len(reels) > math.MaxInt32 {
		return nil, fmt.Errorf("catalogue of %d reels: at most %d fit one process", len(reels), math.MaxInt32)
	}
	order, err := orderByID(reels)
	if err != nil {
		return nil, err
	}
	c := &Catalog{categories: newLabels(), languages: newLabels(), regions: newLabels()}
	for _, id := range distinct(reels, func(r *reel.Reel) reel.CreatorID { return r.Creator }) {
		c.enrol(id)
	}
	for _, name := range distinct(reels, func(r *reel.Reel) string { return r.Category }) {
		c.categories.intern(name)
	}
	moments := make([]moment, len(reels))
	for k, at := range order {
		r := reels[at]
		moments[k] = c.momentOf(c.add(&r))
	}
	c.timeline.state.Store(newTimeline(moments))
	c.listAll()
	return c, nil
}

// orderByID returns the input positions in ascending order of reel id.
func orderByID(reels []reel.Reel) ([]int32, error) {
	order := make([]int32, len(reels))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(reels[a].ID, reels[b].ID) })
	for i := 1; i < len(order); i++ {
		a, b := order[i-1], order[i]
		if reels[a].ID == reels[b].ID {
			return nil, &DuplicateError{Reel: reels[a].ID, First: int(a), Second: int(b)}
		}
	}
	return order, nil
}

// distinct lists the different values of a field in ascending order.
func distinct[T cmp.Ordered](reels []reel.Reel, field func(*reel.Reel) T) []T {
	values := make([]T, len(reels))
	for i := range reels {
		values[i] = field(&reels[i])
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// listAll deals all reels out to their creators, oldest first.
func (c *Catalog) listAll() {
	sizes := make([]int, c.NumCreators())
	for i := range c.size.Load() {
		sizes[c.CreatorOf(i)]++
	}
	lists := make([][]int32, len(sizes))
	for k, n := range sizes {
		lists[k] = make([]int32, n)
	}
	for i := range c.Newest(math.MaxInt64) {
		k := c.CreatorOf(i)
		sizes[k]--
		lists[k][sizes[k]] = i
	}
	for k := range lists {
		c.creators.At(int32(k)).reels.Store(&lists[k])
	}
}

// Len is how many dense indices of reels were ever given out: arrays over the
// catalogue are as long. It never shrinks.
func (c *Catalog) Len() int { return int(c.size.Load()) }

// Count is the number of reels that there are, the deleted ones left out.
func (c *Catalog) Count() int { return int(c.count.Load()) }

// Index returns the dense index of a reel, and false where there is no such
// reel, or none any more.
func (c *Catalog) Index(id reel.ReelID) (int32, bool) {
	i, ok := c.byID.find(int64(id))
	return i, ok && c.Alive(i)
}

// Known is Index for reels that there are or were: histories name deleted ones,
// too.
func (c *Catalog) Known(id reel.ReelID) (int32, bool) { return c.byID.find(int64(id)) }

// Alive tells whether the reel at a dense index is there; false for a deleted
// one, and for an index that was never given out.
func (c *Catalog) Alive(i int32) bool {
	since := c.since.Find(i)
	return since != nil && since.Load() != 0
}

// Available tells whether the reel at a dense index is there and uploaded by
// now, in unix seconds; false for an index that was never given out. Every
// source asks it of every reel it comes across, so it reads 8 bytes and leaves
// the reel's row alone.
func (c *Catalog) Available(i int32, now int64) bool {
	at := c.since.Find(i)
	if at == nil {
		return false
	}
	since := at.Load()
	return since != 0 && since <= availableFrom(now)
}

// availableFrom is from when on a reel can be shown, as since has it: not 0.
func availableFrom(uploaded int64) int64 { return min(uploaded, math.MaxInt64-1) + 1 }

// Reel returns the reel at a dense index, as it was last where it is deleted.
// What it returns never changes, and the caller must not change it: a reel
// that is replaced is another one at the same index.
func (c *Catalog) Reel(i int32) *reel.Reel { return c.rows.At(i).reel.Load() }

// ID returns the id of the reel at a dense index.
func (c *Catalog) ID(i int32) reel.ReelID { return c.rows.At(i).id }

// Uploaded is the upload time of a reel in unix seconds; 0 when unknown.
func (c *Catalog) Uploaded(i int32) int64 {
	if since := c.since.At(i).Load(); since != 0 {
		return since - 1
	}
	return c.rows.At(i).uploaded.Load()
}

// CreatorOf returns the dense index of a reel's creator, 0..NumCreators()-1.
func (c *Catalog) CreatorOf(i int32) int32 { return c.rows.At(i).creator.Load() }

// CategoryOf returns the dense index of a reel's category,
// 0..NumCategories()-1; UnknownLabel for one without.
func (c *Catalog) CategoryOf(i int32) int32 { return c.rows.At(i).category.Load() }

// NumCategories is how many different categories there ever were, the unknown
// one included.
func (c *Catalog) NumCategories() int { return c.categories.len() }

// CategoryName returns the name of a dense category; empty for the unknown one.
func (c *Catalog) CategoryName(category int32) string { return c.categories.name(category) }

// CategoryIndex returns the dense index of a category name.
func (c *Catalog) CategoryIndex(name string) (int32, bool) { return c.categories.find(name) }

// RegionIndex returns the dense index of a region's name, as in Facts.
func (c *Catalog) RegionIndex(name string) (int32, bool) { return c.regions.find(name) }

// Newest yields the reels uploaded at now (unix seconds) or before, each with
// its upload time, newest first, ties by index. Reels of unknown upload time
// come last, at 0. It walks over the reels of the moment at which it is called,
// whatever happens to them meanwhile.
func (c *Catalog) Newest(now int64) iter.Seq2[int32, int64] { return c.timeline.newest(now) }

func (c *Catalog) momentOf(i int32) moment { return momentOf(c.Uploaded(i), i) }
