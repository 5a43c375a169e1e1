package catalog

import (
	"slices"
	"sort"
)

// board keeps the heaviest reels in order, up to its depth. With raise it is
// exact because weights only ever grow: a reel off the board stays off until
// it is raised. Reels that are swept off leave room that fills up as others
// are raised.
type board struct {
	depth   int
	entries []entry // heaviest first, ties by index
	turned  int     // newcomers that found the board full since the last sweep
	floor   float64 // most that add has let a reel that is off the board weigh
}

type entry struct {
	weight float64
	reel   int32
}

func (e entry) before(f entry) bool {
	return e.weight > f.weight || e.weight == f.weight && e.reel < f.reel
}

// raise moves a reel from its old weight to its new, larger one. A reel of
// weight 0 is on no board.
func (b *board) raise(i int32, old, weight float64) {
	if weight <= 0 {
		return
	}
	moved := entry{weight, i}
	at := b.find(entry{old, i})
	switch {
	case at < len(b.entries) && b.entries[at].reel == i: // on the board already
	case len(b.entries) < b.depth:
		at = len(b.entries)
		b.entries = append(b.entries, moved)
	case moved.before(b.entries[len(b.entries)-1]): // pushes the last one off
		b.turned++
		at = len(b.entries) - 1
	default:
		b.turned++
		return
	}
	to := b.find(moved)
	copy(b.entries[to+1:at+1], b.entries[to:at])
	b.entries[to] = moved
}

// add raises a reel by w where nobody keeps the weights beside the board.
// It counts by Space-Saving (Metwally, Agrawal, El Abbadi, "Efficient
// computation of frequent and top-k elements in data streams", ICDT 2005): a
// reel that comes onto a full board takes the place of the lightest and its
// weight on top of its own. So no weight is too small, none is too large by
// more than the lightest, and that is at most 1/depth of all that was added.
func (b *board) add(i int32, w float64) {
	if w <= 0 { // an engagement of so long ago that it weighs nothing
		return
	}
	at := slices.IndexFunc(b.entries, func(e entry) bool { return e.reel == i })
	if at >= 0 {
		b.raise(i, b.entries[at].weight, b.entries[at].weight+w)
		return
	}
	if last := len(b.entries) - 1; last+1 == b.depth {
		b.turned++
		b.floor = max(b.floor, b.entries[last].weight)
		b.entries = b.entries[:last]
	}
	b.raise(i, 0, b.floor+w)
}

// drop takes a reel of the given weight off the board, if it is on it.
func (b *board) drop(i int32, weight float64) {
	if at := b.find(entry{weight, i}); at < len(b.entries) && b.entries[at].reel == i {
		b.entries = slices.Delete(b.entries, at, at+1)
	}
}

// isCrowded tells that the board has turned away as many newcomers as a quarter
// of its depth since it was swept: often enough that what was deleted makes
// room for the living, seldom enough to cost next to nothing.
func (b *board) isCrowded() bool { return b.turned >= b.depth/4 }

// sweep takes off what keep does not keep.
func (b *board) sweep(keep func(int32) bool) {
	b.turned = 0
	b.entries = slices.DeleteFunc(b.entries, func(e entry) bool { return !keep(e.reel) })
}

// scale multiplies all weights. What comes to nothing leaves the board, and
// what ties now is ordered anew.
func (b *board) scale(by float64) {
	old := slices.Clone(b.entries)
	b.clear()
	b.floor *= by
	for _, e := range old {
		b.raise(e.reel, 0, e.weight*by)
	}
}

// find returns the position of e, or where it would stand.
func (b *board) find(e entry) int {
	return sort.Search(len(b.entries), func(k int) bool { return !b.entries[k].before(e) })
}

func (b *board) clear() { b.entries = b.entries[:0] }

// top returns the first k reels that keep keeps, in order.
func (b *board) top(k int, keep func(int32) bool) []int32 {
	list := make([]int32, 0, max(0, min(k, len(b.entries))))
	for _, e := range b.entries {
		if len(list) == cap(list) {
			break
		}
		if keep(e.reel) {
			list = append(list, e.reel)
		}
	}
	return list
}
