package recommend

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/rank"
	"github.com/reelrank/reelrank/reel"
)

// BenchmarkRank is stage 2 of a request on one thread: the contexts of 100
// candidates and their scores, the user's vector being known. The median is
// that of single calls, which a busy machine disturbs little.
func BenchmarkRank(b *testing.B) {
	kernel.SetThreads(1)
	defer kernel.SetThreads(0)
	for _, set := range kernel.Sets() {
		for _, p := range []rank.Precision{rank.Float32, rank.Int8} {
			b.Run(fmt.Sprintf("%s/%s", set, p), func(b *testing.B) {
				restore, err := kernel.Select(set)
				if err != nil {
					b.Fatal(err)
				}
				defer restore()
				benchmarkRank(b, untrained(b, "default", func(c *config.Config) { c.Rank.Precision = string(p) }).engine.Load())
			})
		}
	}
}

func benchmarkRank(b *testing.B, e *engine) {
	profile, _ := profileOfUser(e, tiny().Interactions[0].User)
	req := Request{Now: e.world.Now(), Context: reel.Context{Device: "ios", Place: "BR", Session: 3}}
	user, candidates := e.encode(profile), make([]reel.Candidate, 100)
	for i := range candidates {
		candidates[i].Index = int32(i * e.catalog.Len() / len(candidates))
	}
	var took []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		e.score(req, profile, user, candidates, e.blend(nil, profile))
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
}
