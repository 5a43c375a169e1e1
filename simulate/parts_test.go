package simulate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestDivideGivesExactlyTheTotalWithinBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Float64Range(0.001, 1000), 1, 50).Draw(t, "weights")
		lo := rapid.IntRange(0, 5).Draw(t, "lo")
		hi := lo + rapid.IntRange(0, 100).Draw(t, "room")
		total := rapid.IntRange(lo*len(weights), hi*len(weights)).Draw(t, "total")
		sum := 0
		for _, n := range divide(total, weights, lo, hi) {
			if n < lo || n > hi {
				t.Fatalf("%d is not within %d..%d", n, lo, hi)
			}
			sum += n
		}
		if sum != total {
			t.Fatalf("the parts sum to %d, want %d", sum, total)
		}
	})
}

func TestSpreadKeepsSittingsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const to = 20 * day
		starts := rapid.SliceOfN(rapid.Int64Range(0, to-1), 1, 20*20).Draw(t, "starts")
		slices.Sort(starts)
		spread(starts, to)
		for i, s := range starts {
			if s < 0 || s > to-apart || i > 0 && s-starts[i-1] < apart {
				t.Fatalf("start %d of %v is out of place", i, starts)
			}
		}
	})
}

func TestInclusionMatchesRepeatedDraws(t *testing.T) {
	weights, rivals := []float64{8, 4, 2, 1, 1, 0.5, 0.1}, []float64{3, 1, 0.2}
	const draws, rounds = 3, 40_000
	counts := make([]float64, len(weights))
	rng := rand.New(rand.NewPCG(5, 6))
	for range rounds {
		left := append(slices.Clone(weights), rivals...)
		for range draws {
			i := pick(rng, left)
			left[i] = 0
			if i < len(counts) {
				counts[i] += 1.0 / rounds
			}
		}
	}
	for i, got := range inclusion(weights, rivals, []scenario{{draws, 1}}) {
		// The race has a random number of items in, the draws a fixed one:
		// with three draws that is worth up to 0.06.
		if math.Abs(got-counts[i]) > 0.06 {
			t.Errorf("item %d: %.4f, drawn %.4f", i, got, counts[i])
		}
	}
}

func TestInclusionAddsUpToTheDraws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Float64Range(1e-3, 1e3), 2, 60).Draw(t, "weights")
		draws := rapid.Float64Range(0, float64(len(weights))*0.9).Draw(t, "draws")
		var sum float64
		for i, v := range inclusion(weights, nil, []scenario{{draws, 1}}) {
			if v < 0 || v > 1 {
				t.Fatalf("item %d: %g is no probability", i, v)
			}
			sum += v
		}
		if math.Abs(sum-draws) > 2e-3*draws+1e-9 {
			t.Fatalf("the probabilities sum to %g, want %g", sum, draws)
		}
	})
}

func TestInclusionTakesAllWhenThereAreAsManyDraws(t *testing.T) {
	for i, v := range inclusion([]float64{1, 0.001, 5}, nil, []scenario{{3, 1}}) {
		if v != 1 {
			t.Errorf("item %d: %g, want 1", i, v)
		}
	}
}

func TestPoissonSumsToOneAndKeepsItsMean(t *testing.T) {
	for _, mean := range []float64{0, 0.01, 0.7, 5, 80, 3_000} {
		first, probabilities := poisson(mean)
		var sum, moment float64
		for k, p := range probabilities {
			sum += p
			moment += p * float64(first+k)
		}
		if math.Abs(sum-1) > 0.005 || math.Abs(moment-mean) > 0.01*mean+1e-9 {
			t.Errorf("mean %g: sum %g, mean %g", mean, sum, moment)
		}
	}
}

func TestAliasDrawsInProportion(t *testing.T) {
	weights := []float64{5, 1, 0.5, 3.5}
	a := newAlias(weights)
	rng := rand.New(rand.NewPCG(1, 2))
	counts := make([]float64, len(weights))
	const n = 50_000
	for range n {
		counts[a.pick(rng)]++
	}
	for i, c := range counts {
		if want := weights[i] / 10; math.Abs(c/n-want) > 0.01 {
			t.Errorf("index %d drawn %.4f of the time, want %.4f", i, c/n, want)
		}
	}
}

func TestPickIgnoresZeroWeights(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	if i := pick(rng, []float64{0, 0}); i != -1 {
		t.Errorf("got %d from nothing", i)
	}
	for range 100 {
		if i := pick(rng, []float64{0, 2, 0}); i != 1 {
			t.Fatalf("got %d, want 1", i)
		}
	}
}

func TestTrendingListIsTheMostEnjoyedLately(t *testing.T) {
	tr := trends{counts: make([]float64, 1_000)}
	for r := range tr.counts {
		for range r % 7 {
			tr.count(int32(r), 0)
		}
	}
	tr.count(350, 10*trendHalfLife) // one late exposure outweighs six early ones
	tr.renew(2)
	list := tr.at(2)
	if list.reels[0] != 350 || len(list.reels) != trendLength || list.prominence(350) != 1 || list.prominence(0) != 0 {
		t.Errorf("the list begins %v, with %d reels", list.reels[:5], len(list.reels))
	}
	if !slices.IsSortedFunc(list.reels, func(a, b int32) int {
		return descending(tr.counts[a], tr.counts[b], a, b)
	}) {
		t.Error("the list is out of order")
	}
}
