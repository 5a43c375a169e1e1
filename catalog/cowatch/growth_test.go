package cowatch

import (
	"math"
	"testing"
	"time"

	"github.com/reelrank/reelrank/reel"
	"pgregory.net/rapid"
)

func TestReelsPutLaterFindTheirNeighbours(t *testing.T) {
	c := mustCatalog(t, 2)
	n := New(c, 0)
	for id := range reel.ReelID(3000) { // beyond whatever room there was
		c.Put(reel.Reel{ID: id})
	}
	if got := n.Similar(nil, 2999, 1000); len(got) != 0 {
		t.Errorf("a new reel has neighbours %v", got)
	}
	n.Replay([]reel.Interaction{liked(1, 0, 1000), liked(1, 2999, 1000)})
	if a, b := similarity(n, 0, 2999, 1000), similarity(n, 2999, 0, 1000); !(a > 0) || a != b {
		t.Errorf("similarities are %g and %g", a, b)
	}
	c.Delete(0)
	second := liked(2, 2999, 1000)
	n.Observe(&second, []reel.Interaction{liked(2, 0, 1000), liked(2, 1, 1000)})
	if got := (*n.lists.At(2999)); len(got) != 2 || got[0].count != 1 {
		t.Errorf("the list is %v: a deleted reel gained", got)
	}
}

// TestSimilaritiesAreSoundWhateverComes observes logs whose times go back and
// leap, and histories that were never observed.
func TestSimilaritiesAreSoundWhateverComes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const reels = 6
		halfLife := rapid.SampledFrom([]time.Duration{1, time.Second, time.Hour, 24 * time.Hour}).Draw(t, "half-life")
		n := New(mustCatalog(t, reels), halfLife)
		at := int64(1_700_000_000)
		event := func() reel.Interaction {
			gap := rapid.SampledFrom([]int64{0, 1, 60, -1, -90, -100_000, 3000, 10_000_000, -1 << 40, 1 << 40}).Draw(t, "gap")
			at = min(max(0, at+gap), reel.MaxTime)
			return liked(1, reel.ReelID(rapid.IntRange(0, reels).Draw(t, "reel")), at)
		}
		for range rapid.IntRange(1, 50).Draw(t, "events") {
			var recent []reel.Interaction
			for range rapid.IntRange(0, 3).Draw(t, "recent") {
				recent = append(recent, event())
			}
			it := event()
			n.Observe(&it, recent)
		}
		for _, now := range []int64{0, at, reel.MaxTime} {
			for i := range int32(reels) {
				for _, s := range n.Similar(nil, i, now) {
					if !(s.Similarity > 0 && s.Similarity <= 1) || math.IsNaN(float64(s.Similarity)) {
						t.Fatalf("similarity is %g", s.Similarity)
					}
				}
			}
		}
	})
}
