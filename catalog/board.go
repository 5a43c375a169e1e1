package catalog

import "sort"

// board keeps the TrendingDepth heaviest reels in order. It is exact because
// weights only ever grow: a reel off the board stays off until it is raised.
type board struct {
	entries []entry // heaviest first, ties by index
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
	case len(b.entries) < TrendingDepth:
		at = len(b.entries)
		b.entries = append(b.entries, moved)
	case moved.before(b.entries[len(b.entries)-1]): // pushes the last one off
		at = len(b.entries) - 1
	default:
		return
	}
	to := b.find(moved)
	copy(b.entries[to+1:at+1], b.entries[to:at])
	b.entries[to] = moved
}

// find returns the position of e, or where it would stand.
func (b *board) find(e entry) int {
	return sort.Search(len(b.entries), func(k int) bool { return !b.entries[k].before(e) })
}

func (b *board) clear() { b.entries = b.entries[:0] }

// appendTo appends the reels that keep accepts, in order, until list is at its
// capacity.
func (b *board) appendTo(list []int32, keep func(int32) bool) []int32 {
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
