package rank

import (
	"fmt"
	"testing"

	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/nn/kernel"
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
// reels are more than the caches hold.
func BenchmarkScore(b *testing.B) {
	perSet(b, func(b *testing.B) {
		for _, preset := range []string{"default", "seed", "compact"} {
			for _, p := range []Precision{Float32, Int8} {
				b.Run(fmt.Sprintf("%s/%s", preset, p), func(b *testing.B) {
					s := newSituation(b, seeded(1), model.Presets[preset], 2000, 2, 100)
					scorer, user, cs := s.scorer(b, p), s.user(), s.candidates()
					b.ReportMetric(float64(scorer.ReelBytes()), "B/reel")
					b.ReportAllocs()
					for b.Loop() {
						scorer.Score(user, s.contexts, cs, byDefault)
					}
				})
			}
		}
	})
}
