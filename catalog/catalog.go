package catalog

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/reelrank/reelrank/reel"
)

// Catalog is an immutable set of reels. All columns share the dense index.
type Catalog struct {
	reels      []reel.Reel // ascending by ID
	creators   []int32     // [Len] dense creator of each reel
	categories []int32     // [Len] dense category of each reel
	uploaded   []int64     // [Len] unix seconds
	byID       map[reel.ReelID]int32
	newest     []int32 // [Len] reels by upload time, newest first, ties by index

	creatorIDs    []reel.CreatorID // ascending
	byCreatorID   map[reel.CreatorID]int32
	creatorReels  []int32  // [Len] reels grouped by creator, newest first in each group
	creatorStarts []int32  // [NumCreators+1] where each group of creatorReels starts
	categoryNames []string // ascending
}

// DuplicateError says that a reel id occurs twice in the input of New.
type DuplicateError struct {
	Reel          reel.ReelID
	First, Second int // positions in the input, from 0
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("reel %d occurs twice, at positions %d and %d: keep one of them", e.Reel, e.First, e.Second)
}

// New indexes the reels. The slice is copied and may be reused; the content
// vectors and strings are shared and must not change afterwards. It returns a
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
	n := len(reels)
	c := &Catalog{
		reels:    make([]reel.Reel, n),
		uploaded: make([]int64, n),
		byID:     make(map[reel.ReelID]int32, n),
	}
	for i, at := range order {
		c.reels[i] = reels[at]
		c.uploaded[i] = reels[at].Uploaded
		c.byID[reels[at].ID] = int32(i)
	}
	c.indexCreators()
	c.indexCategories()
	c.indexTime()
	c.groupByCreator()
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

func (c *Catalog) indexCreators() {
	ids := make([]reel.CreatorID, len(c.reels))
	for i := range c.reels {
		ids[i] = c.reels[i].Creator
	}
	c.creatorIDs, c.byCreatorID = dense(ids)
	c.creators = make([]int32, len(c.reels))
	for i := range c.reels {
		c.creators[i] = c.byCreatorID[c.reels[i].Creator]
	}
}

func (c *Catalog) indexCategories() {
	names := make([]string, len(c.reels))
	for i := range c.reels {
		names[i] = c.reels[i].Category
	}
	var byName map[string]int32
	c.categoryNames, byName = dense(names)
	c.categories = make([]int32, len(c.reels))
	for i := range c.reels {
		c.categories[i] = byName[c.reels[i].Category]
	}
}

// dense sorts the distinct values and numbers them from 0.
func dense[T cmp.Ordered](values []T) ([]T, map[T]int32) {
	slices.Sort(values)
	values = slices.Clip(slices.Compact(values))
	number := make(map[T]int32, len(values))
	for i, v := range values {
		number[v] = int32(i)
	}
	return values, number
}

func (c *Catalog) indexTime() {
	c.newest = make([]int32, len(c.reels))
	for i := range c.newest {
		c.newest[i] = int32(i)
	}
	slices.SortFunc(c.newest, func(a, b int32) int {
		return cmp.Or(cmp.Compare(c.uploaded[b], c.uploaded[a]), cmp.Compare(a, b))
	})
}

// groupByCreator deals the reels out to their creators, keeping newest first.
func (c *Catalog) groupByCreator() {
	c.creatorStarts = make([]int32, len(c.creatorIDs)+1)
	for _, creator := range c.creators {
		c.creatorStarts[creator+1]++
	}
	for k := range c.creatorIDs {
		c.creatorStarts[k+1] += c.creatorStarts[k]
	}
	next := slices.Clone(c.creatorStarts)
	c.creatorReels = make([]int32, len(c.reels))
	for _, i := range c.newest {
		creator := c.creators[i]
		c.creatorReels[next[creator]] = i
		next[creator]++
	}
}

// Len is the number of reels.
func (c *Catalog) Len() int { return len(c.reels) }

// Index returns the dense index of a reel, and false where there is no such reel.
func (c *Catalog) Index(id reel.ReelID) (int32, bool) {
	i, ok := c.byID[id]
	return i, ok
}

// Reel returns the reel at a dense index. The caller must not change it.
func (c *Catalog) Reel(i int32) *reel.Reel { return &c.reels[i] }

// Reels returns all reels in ascending order of id, which is the order of the
// dense indices. The caller must not change them.
func (c *Catalog) Reels() []reel.Reel { return c.reels }

// Uploaded is the upload time of a reel in unix seconds; 0 when unknown.
func (c *Catalog) Uploaded(i int32) int64 { return c.uploaded[i] }

// NumCreators is the number of creators with at least one reel.
func (c *Catalog) NumCreators() int { return len(c.creatorIDs) }

// CreatorOf returns the dense index of a reel's creator, 0..NumCreators()-1,
// in ascending order of creator id.
func (c *Catalog) CreatorOf(i int32) int32 { return c.creators[i] }

// CreatorIndex returns the dense index of a creator, and false for one with no reel here.
func (c *Catalog) CreatorIndex(id reel.CreatorID) (int32, bool) {
	i, ok := c.byCreatorID[id]
	return i, ok
}

// CreatorID returns the id of the creator at a dense index.
func (c *Catalog) CreatorID(creator int32) reel.CreatorID { return c.creatorIDs[creator] }

// ReelsOf lists the reels of the creator at a dense index, newest first. The
// caller must not change the list.
func (c *Catalog) ReelsOf(creator int32) []int32 {
	from, to := c.creatorStarts[creator], c.creatorStarts[creator+1]
	return c.creatorReels[from:to:to]
}

// NumCategories is the number of different categories, the unknown one
// included where it occurs.
func (c *Catalog) NumCategories() int { return len(c.categoryNames) }

// CategoryOf returns the dense index of a reel's category,
// 0..NumCategories()-1, in ascending order of the names. Reels of unknown
// category share the category with the empty name.
func (c *Catalog) CategoryOf(i int32) int32 { return c.categories[i] }

// CategoryName returns the name of a dense category; empty for the unknown one.
func (c *Catalog) CategoryName(category int32) string { return c.categoryNames[category] }

// CategoryIndex returns the dense index of a category name.
func (c *Catalog) CategoryIndex(name string) (int32, bool) {
	i, ok := slices.BinarySearch(c.categoryNames, name)
	return int32(i), ok
}

// Newest lists the reels uploaded at now (unix seconds) or before, newest
// first, ties by index. Reels of unknown upload time come last. The caller must
// not change the list.
func (c *Catalog) Newest(now int64) []int32 {
	from := sort.Search(len(c.newest), func(k int) bool { return c.uploaded[c.newest[k]] <= now })
	return slices.Clip(c.newest[from:])
}
