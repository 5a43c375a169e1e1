package catalog

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/reelrank/reelrank/reel"
)

// TestPlaceBoardBoundsItsError holds a place's board to exact counts of far
// more reels than it has room for.
func TestPlaceBoardBoundsItsError(t *testing.T) {
	const reels, events = 20 * PlaceDepth, 200_000
	r := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(r, 1.1, 4, reels-1)
	b := board{depth: PlaceDepth}
	exact := make([]float64, reels)
	for range events {
		i := int32(zipf.Uint64())
		exact[i]++
		b.add(i, 1)
	}
	if len(b.entries) != PlaceDepth {
		t.Fatalf("%d entries, want %d", len(b.entries), PlaceDepth)
	}
	if !slices.IsSortedFunc(b.entries, func(x, y entry) int {
		if x.before(y) {
			return -1
		}
		return 1
	}) {
		t.Error("the board is not in order")
	}
	lightest := b.entries[PlaceDepth-1].weight
	if lightest > events/PlaceDepth {
		t.Errorf("the lightest weighs %g, more than the %d-th part of %d", lightest, PlaceDepth, events)
	}
	on := map[int32]bool{}
	for _, e := range b.entries {
		on[e.reel] = true
		if e.weight < exact[e.reel] || e.weight > exact[e.reel]+lightest {
			t.Errorf("reel %d weighs %g on the board, %g in truth; the error may be %g", e.reel, e.weight, exact[e.reel], lightest)
		}
	}
	for i, w := range exact {
		if w > lightest && !on[int32(i)] {
			t.Errorf("reel %d with %g is not on the board, the lightest has %g", i, w, lightest)
		}
	}
}

// TestPlacesAreBounded sends more places than are kept: a busy one stays.
func TestPlacesAreBounded(t *testing.T) {
	n := NewCounters(mustNew(t, sample()), time.Hour)
	for range trustedPlace {
		n.Observe(liked(20, 1000, "BR"))
	}
	for k := range 3 * maxPlaces {
		n.Observe(liked(40, 1000, fmt.Sprint("made up ", k)))
	}
	if got := len(n.trends.places); got != maxPlaces {
		t.Errorf("%d places are kept, want %d", got, maxPlaces)
	}
	if got := n.TrendingAt(1000, "BR", 5); !slices.Equal(got, []int32{1}) {
		t.Errorf("trending in BR is %v, want [1]", got)
	}
}

// TestBoundedPlacesFollowTheLog: the same log leaves the same places, whatever
// the order of the map, across landmarks.
func TestBoundedPlacesFollowTheLog(t *testing.T) {
	c := mustNew(t, sample())
	build := func() *Counters {
		r := rand.New(rand.NewPCG(3, 4))
		n := NewCounters(c, time.Second)
		for k := range 4 * maxPlaces {
			n.Observe(liked(reel.ReelID(10*(1+r.IntN(4))), int64(1000+k), fmt.Sprint(r.IntN(2*maxPlaces))))
		}
		return n
	}
	a, b := build(), build()
	for name, p := range a.trends.places {
		q := b.trends.places[name]
		if q == nil || !slices.Equal(p.board.entries, q.board.entries) || p.weight != q.weight {
			t.Fatalf("place %s differs between two replays", name)
		}
		for _, e := range p.board.entries {
			if math.IsInf(e.weight, 0) || e.weight <= 0 {
				t.Fatalf("place %s: weight %g", name, e.weight)
			}
		}
	}
}
