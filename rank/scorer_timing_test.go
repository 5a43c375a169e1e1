package rank

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/reel"
)

// perSet runs a benchmark on one thread with each set of kernels.
func perSet(b *testing.B, bench func(b *testing.B)) {
	kernel.SetThreads(1)
	defer kernel.SetThreads(0)
	for _, set := range kernel.Sets() {
		b.Run(set, func(b *testing.B) {
			restore, err := kernel.Select(set)
			if err != nil {
				b.Fatal(err)
			}
			defer restore()
			bench(b)
		})
	}
}

// BenchmarkScore ranks 100 candidates of one user whose vector is known. The
// median is that of single calls, which a busy machine disturbs little.
func BenchmarkScore(b *testing.B) {
	perSet(b, func(b *testing.B) {
		for _, preset := range []string{"default", "seed", "compact"} {
			for _, p := range []Precision{Float32, Int8} {
				b.Run(fmt.Sprintf("%s/%s", preset, p), func(b *testing.B) { benchmarkScore(b, preset, p) })
			}
		}
	})
}

func benchmarkScore(b *testing.B, preset string, p Precision) {
	const lists = 16 // requests take turns, so that none finds its own reels in the nearest cache
	s := newSituation(b, seeded(1), model.Presets[preset], 2000, 2, 100)
	scorer, user := s.scorer(b, p), s.user()
	var candidates [lists][]reel.Candidate
	rng := seeded(2)
	for l := range candidates {
		candidates[l] = s.candidates()
		for i := range candidates[l] {
			candidates[l][i].Index = int32(rng.IntN(2000))
		}
	}
	var took []time.Duration
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		start := time.Now()
		scorer.Score(user, s.contexts, candidates[n%lists], byDefault)
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
	b.ReportMetric(float64(scorer.ReelBytes()), "B/reel")
}
