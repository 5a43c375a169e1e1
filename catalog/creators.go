package catalog

import (
	"slices"
	"sync/atomic"

	"github.com/reelrank/reelrank/reel"
)

// creator is what the catalogue keeps of one creator.
type creator struct {
	id    reel.CreatorID               // never changes
	known atomic.Pointer[reel.Creator] // as PutCreator was told; nil where it was not, or not since they were deleted
	reels atomic.Pointer[[]int32]      // alive, oldest first; nil for none yet
}

// PutCreator adds a creator or replaces what is known of one.
func (c *Catalog) PutCreator(creator reel.Creator) {
	c.creators.At(c.enrol(creator.ID)).known.Store(&creator)
}

// Creator returns a creator. One of whom only reels are known has an id alone,
// and is none any more when those are gone.
func (c *Catalog) Creator(id reel.CreatorID) (reel.Creator, bool) {
	if k, ok := c.CreatorIndex(id); ok {
		if known := c.creators.At(k).known.Load(); known != nil {
			return *known, true
		}
		if len(c.ReelsOf(k)) > 0 {
			return reel.Creator{ID: id}, true
		}
	}
	return reel.Creator{}, false
}

// DeleteCreator deletes a creator and all reels of theirs, whose dense indices
// it returns, oldest first. The creator's own index stays valid, and is used
// again should one of this id come back.
func (c *Catalog) DeleteCreator(id reel.CreatorID) (deleted []int32) {
	k, ok := c.CreatorIndex(id)
	if !ok {
		return nil
	}
	deleted = slices.Clone(c.ReelsOf(k))
	for _, i := range deleted {
		c.kill(i)
		c.timeline.remove(c.momentOf(i))
	}
	c.creators.At(k).reels.Store(nil)
	c.creators.At(k).known.Store(nil)
	return deleted
}

// enrol returns the dense index of a creator, the next one for a new creator.
func (c *Catalog) enrol(id reel.CreatorID) int32 {
	k, ok := c.byCreatorID.find(int64(id))
	if !ok {
		k = c.numCreators.Load()
		c.creators.Grow(int(k) + 1)
		c.creators.At(k).id = id
		c.numCreators.Store(k + 1)
		c.byCreatorID.add(int64(id), k)
	}
	return k
}

// NumCreators is how many dense indices of creators were ever given out.
func (c *Catalog) NumCreators() int { return int(c.numCreators.Load()) }

// CreatorIndex returns the dense index of a creator, 0..NumCreators()-1, and
// false for one who was never here. It stays valid when the creator is deleted.
func (c *Catalog) CreatorIndex(id reel.CreatorID) (int32, bool) {
	return c.byCreatorID.find(int64(id))
}

// CreatorID returns the id of the creator at a dense index.
func (c *Catalog) CreatorID(creator int32) reel.CreatorID { return c.creators.At(creator).id }

// ReelsOf lists the reels of the creator at a dense index, oldest first, so
// that it can grow at its end. The list stays as it is whatever happens to the
// reels; the caller must not change it.
func (c *Catalog) ReelsOf(creator int32) []int32 {
	if reels := c.creators.At(creator).reels.Load(); reels != nil {
		return slices.Clip(*reels)
	}
	return nil
}

// list adds the reel to its creator's list.
func (x *creator) list(c *Catalog, i int32) {
	var reels []int32
	if old := x.reels.Load(); old != nil {
		reels = *old
	}
	if n := len(reels); n == 0 || c.momentOf(reels[n-1]) < c.momentOf(i) {
		reels = append(reels, i) // behind what the holders of the old list see
	} else {
		reels = slices.Insert(slices.Clip(reels), c.placeIn(reels, i), i)
	}
	x.reels.Store(&reels)
}

// unlist takes the reel, whose row has not changed yet, off its creator's list.
func (x *creator) unlist(c *Catalog, i int32) {
	old := *x.reels.Load()
	at := c.placeIn(old, i)
	reels := slices.Concat(old[:at], old[at+1:])
	x.reels.Store(&reels)
}

// placeIn is where the reel stands in a list, or would.
func (c *Catalog) placeIn(reels []int32, i int32) int {
	m := c.momentOf(i)
	at, _ := slices.BinarySearchFunc(reels, m, func(j int32, m moment) int {
		if c.momentOf(j) < m {
			return -1
		}
		return 1
	})
	return at
}
