package catalog

import (
	"iter"
	"math"
	"slices"
	"sync/atomic"
)

// timeline keeps the reels in the order of their uploads. One goroutine
// changes it, any number walk it: every change makes a new state that shares
// nearly all of its memory with the old one, which walkers go on with.
//
// A reel newer than all others, as uploads mostly are, is appended in O(1).
// Elsewhere a change copies one block and the list of blocks: of a million
// reels some 30 KB, a few microseconds.
type timeline struct{ state atomic.Pointer[order] }

// blockRoom is the most reels of a block. The copies of a change are smallest
// where a block takes as much memory as the list of blocks, which for ten
// million reels is here.
const blockRoom = 4096

// order is one state of a timeline. It never changes, save that readers of a
// shorter one do not see what is appended behind it.
type order struct {
	sealed [][]moment // full or nearly, none empty, oldest first
	tail   []moment   // the newest; empty only where nothing is sealed
}

// moment is a reel at its upload time, as a number that orders by time and, of
// one time, by descending index: read backwards, the newest come first and
// ties by index.
type moment uint64

// momentOf clamps times beyond those of package reel.
func momentOf(uploaded int64, i int32) moment {
	return moment(min(max(uploaded, 0), math.MaxUint32))<<32 | moment(^uint32(i))
}

func (m moment) reel() int32     { return int32(^uint32(m)) }
func (m moment) uploaded() int64 { return int64(m >> 32) }

// newTimeline takes over the moments of distinct reels, in any order.
func newTimeline(moments []moment) *order {
	slices.Sort(moments)
	o := &order{}
	for len(moments) > blockRoom {
		o.sealed = append(o.sealed, moments[:blockRoom:blockRoom])
		moments = moments[blockRoom:]
	}
	o.tail = moments
	return o
}

func (t *timeline) insert(m moment) {
	o := *t.state.Load()
	if len(o.tail) >= blockRoom {
		o.seal(m)
	}
	if o.isSealed(m) {
		o.insertSealed(m)
	} else {
		o.tail = with(o.tail, m)
	}
	t.state.Store(&o)
}

func (t *timeline) remove(m moment) {
	o := *t.state.Load()
	if o.isSealed(m) {
		o.removeSealed(m)
	} else {
		o.tail = without(o.tail, m)
	}
	if n := len(o.sealed); n > 0 && len(o.tail) == 0 {
		o.tail, o.sealed = o.sealed[n-1], slices.Clip(o.sealed[:n-1])
	}
	t.state.Store(&o)
}

// isSealed tells whether m belongs into one of the sealed blocks.
func (o *order) isSealed(m moment) bool {
	return len(o.sealed) > 0 && len(o.tail) > 0 && m < o.tail[0]
}

// seal makes a block of the full tail, or of its older half where m comes
// within it.
func (o *order) seal(m moment) {
	cut := len(o.tail)
	if m < o.tail[cut-1] {
		cut /= 2
	}
	o.sealed = append(o.sealed, o.tail[:cut:cut])
	o.tail = append(make([]moment, 0, blockRoom), o.tail[cut:]...)
}

// blockOf is the sealed block that m belongs into.
func (o *order) blockOf(m moment) int {
	at, found := slices.BinarySearchFunc(o.sealed, m, func(block []moment, m moment) int {
		switch {
		case block[0] < m:
			return -1
		case block[0] > m:
			return 1
		}
		return 0
	})
	if found || at == 0 {
		return at
	}
	return at - 1
}

func (o *order) insertSealed(m moment) {
	at := o.blockOf(m)
	block := with(slices.Clip(o.sealed[at]), m)
	o.sealed = slices.Clone(o.sealed)
	o.sealed[at] = block
	if half := len(block) / 2; len(block) > blockRoom {
		o.sealed[at] = block[:half:half]
		o.sealed = slices.Insert(o.sealed, at+1, block[half:])
	}
}

func (o *order) removeSealed(m moment) {
	at := o.blockOf(m)
	block := without(o.sealed[at], m)
	o.sealed = slices.Clone(o.sealed)
	o.sealed[at] = block
	if len(block) == 0 {
		o.sealed = slices.Delete(o.sealed, at, at+1)
	}
}

// with returns the list with m in its place. The old list stays as it is for
// those who hold it.
func with(list []moment, m moment) []moment {
	if n := len(list); n == 0 || list[n-1] < m {
		return append(list, m) // behind what the others see
	}
	at, _ := slices.BinarySearch(list, m)
	return slices.Insert(slices.Clip(list), at, m)
}

// without returns a copy of the list without m.
func without(list []moment, m moment) []moment {
	at, found := slices.BinarySearch(list, m)
	if !found {
		return list
	}
	return slices.Concat(list[:at], list[at+1:])
}

// newest yields the reels uploaded by now, as they are at the call, with their
// upload times, newest first.
func (t *timeline) newest(now int64) iter.Seq2[int32, int64] {
	o := t.state.Load()
	return func(yield func(int32, int64) bool) {
		if now < 0 || !back(o.tail, now, yield) {
			return
		}
		for _, block := range slices.Backward(o.sealed) {
			if !back(block, now, yield) {
				return
			}
		}
	}
}

// back yields a block's reels that were uploaded by now, newest first, and
// tells whether to go on.
func back(block []moment, now int64, yield func(int32, int64) bool) bool {
	if last := momentOf(now, 0); len(block) > 0 && block[len(block)-1] > last {
		n, _ := slices.BinarySearch(block, last+1)
		block = block[:n]
	}
	for _, m := range slices.Backward(block) {
		if !yield(m.reel(), m.uploaded()) {
			return false
		}
	}
	return true
}
