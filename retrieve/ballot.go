package retrieve

import (
	"math"
	"math/bits"
	"slices"

	"github.com/reelrank/reelrank/catalog/cowatch"
	"github.com/reelrank/reelrank/reel"
)

// ballotSlots is over twice the reels that one user's history can vote for, so
// that a free slot is near.
const ballotSlots = 4096

var _ = [1]struct{}{}[max(0, 2*reel.HistoryLen*cowatch.Room-ballotSlots)]

// ballot sums votes by reel in an open hash table. A map took most of the
// time of the cowatched source. It is used by one request at a time.
type ballot struct {
	reels [ballotSlots]int32 // dense index + 1; 0 is a free slot
	votes [ballotSlots]float32
	used  []uint32 // slots taken, in the order of their first vote
	order []uint64 // buffer of ranked
}

// add counts votes > 0 for the reel at a dense index.
func (b *ballot) add(i int32, votes float32) {
	slot := uint32(i) * 2654435769 >> (32 - bits.TrailingZeros(ballotSlots)) // Fibonacci hashing
	for b.reels[slot] != i+1 {
		if b.reels[slot] == 0 {
			b.reels[slot], b.votes[slot] = i+1, 0
			b.used = append(b.used, slot)
			break
		}
		slot = (slot + 1) % ballotSlots
	}
	b.votes[slot] += votes
}

// ranked yields the reels, most votes first, ties by index, until it is told to
// stop.
func (b *ballot) ranked(yield func(i int32) bool) {
	b.order = b.order[:0]
	for _, slot := range b.used {
		// The bits of floats from 0 up are ordered as the floats are.
		b.order = append(b.order, uint64(^math.Float32bits(b.votes[slot]))<<32|uint64(b.reels[slot]-1))
	}
	slices.Sort(b.order)
	for _, o := range b.order {
		if !yield(int32(uint32(o))) {
			return
		}
	}
}

// reset empties the ballot.
func (b *ballot) reset() {
	for _, slot := range b.used {
		b.reels[slot] = 0
	}
	b.used = b.used[:0]
}
