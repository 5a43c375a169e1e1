package retrieve

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestBallotRanksAsAMapDoes fills the ballot to what a history can vote for,
// with reels whose hashes collide and many ties, and uses it again.
func TestBallotRanksAsAMapDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	b := new(ballot)
	for round := range 20 {
		want := map[int32]float32{}
		for range 1600 {
			i := int32(r.IntN(1 << (4 + round)))
			if round%2 == 1 {
				i = i << 6 & 0x7fffffff
			}
			v := float32(1+r.IntN(3)) / 4
			want[i] += v
			b.add(i, v)
		}
		var got, order []int32
		for i := range b.ranked {
			got = append(got, i)
		}
		for i := range want {
			order = append(order, i)
		}
		slices.SortFunc(order, func(x, y int32) int { return cmp.Or(-cmp.Compare(want[x], want[y]), cmp.Compare(x, y)) })
		if !slices.Equal(got, order) {
			t.Fatalf("round %d: %d reels are ranked otherwise than by a map's %d", round, len(got), len(order))
		}
		b.reset()
	}
	for range b.ranked {
		t.Fatal("an empty ballot ranks something")
	}
}
