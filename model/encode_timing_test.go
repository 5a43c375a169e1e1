package model

import (
	"slices"
	"testing"
	"time"

	"github.com/reelrank/reelrank/feature"
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

// crowd is an encoder of a preset and kind with users of full histories.
func crowd(b *testing.B, preset, kind string, users int) (*Encoder, []History) {
	b.Helper()
	const reels = 2000
	sizes, err := Presets[preset].WithEncoder(kind)
	if err != nil {
		b.Fatal(err)
	}
	m := mustNew(b, sizes, 1)
	m.RoundRecurrent()
	content, rng := sparseContent(seeded(2), reels), seeded(3)
	r, err := m.Reels(reels, func(dst []float32, i int) *reel.Reel {
		copy(dst, content[i*feature.ReelDim:(i+1)*feature.ReelDim])
		return &reel.Reel{ID: reel.ReelID(i), Creator: reel.CreatorID(i / 3)}
	})
	if err != nil {
		b.Fatal(err)
	}
	histories := make([]History, users)
	for u := range histories {
		h := &histories[u]
		h.Events = normals(rng, reel.HistoryLen*feature.EventDim)
		for range reel.HistoryLen {
			h.Reels, h.Liked = append(h.Reels, int32(rng.IntN(reels))), append(h.Liked, rng.IntN(2) == 0)
		}
	}
	return encoder(b, m, r), histories
}

func eachKind(b *testing.B, preset string, bench func(b *testing.B, kind string)) {
	for _, kind := range Encoders() {
		b.Run(preset+"/"+kind, func(b *testing.B) { bench(b, kind) })
	}
}

// BenchmarkEncode computes a user's vectors from a full history, cold. The
// median is that of single calls, which a busy machine disturbs little.
func BenchmarkEncode(b *testing.B) {
	perSet(b, func(b *testing.B) {
		for _, preset := range []string{"default", "seed", "compact"} {
			eachKind(b, preset, func(b *testing.B, kind string) {
				e, histories := crowd(b, preset, kind, 16)
				var took []time.Duration
				b.ReportAllocs()
				for n := 0; b.Loop(); n++ {
					start := time.Now()
					e.Encode(histories[n%len(histories)])
					took = append(took, time.Since(start))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
			})
		}
	})
}

// BenchmarkEncodeBatch is BenchmarkEncode for users of a batch, per user.
func BenchmarkEncodeBatch(b *testing.B) {
	perSet(b, func(b *testing.B) {
		for _, preset := range []string{"default", "compact"} {
			eachKind(b, preset, func(b *testing.B, kind string) {
				e, histories := crowd(b, preset, kind, 2*batchUsers)
				best := time.Hour
				for b.Loop() {
					start := time.Now()
					e.EncodeBatch(histories)
					best = min(best, time.Since(start))
				}
				b.ReportMetric(float64(best.Nanoseconds())/float64(len(histories)), "best-ns/user")
			})
		}
	})
}
