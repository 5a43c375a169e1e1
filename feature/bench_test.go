package feature

import (
	"testing"

	"github.com/reelrank/reelrank/reel"
)

func BenchmarkVector(b *testing.B) {
	w := newWorld(b, 21, 200, 0)
	e := mustFit(b, w.reels)
	dst := make([]float32, ReelDim)
	for i := 0; b.Loop(); i++ {
		e.Vector(dst, &w.reels[i%len(w.reels)])
	}
}

func benchmarkBuilder(b *testing.B) (*ContextBuilder, *reel.Profile) {
	w := newWorld(b, 22, 2000, 3000)
	s := w.after(3000)
	return NewContextBuilder(w.cat, s.counters), s.profile(1)
}

// BenchmarkStart is per request, with a full history of reel.HistoryLen.
func BenchmarkStart(b *testing.B) {
	builder, p := benchmarkBuilder(b)
	b.ReportAllocs()
	for b.Loop() {
		builder.Start(start, reel.Context{Device: "ios", Place: "BR", Session: 2}, p)
	}
}

// BenchmarkFill is per candidate.
func BenchmarkFill(b *testing.B) {
	builder, p := benchmarkBuilder(b)
	builder.Start(start, reel.Context{Device: "ios", Place: "BR", Session: 2}, p)
	dst := make([]float32, ContextDim)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		builder.Fill(dst, int32(i%2000))
	}
}

// BenchmarkFillAll is per request of 100 candidates.
func BenchmarkFillAll(b *testing.B) {
	builder, p := benchmarkBuilder(b)
	builder.Start(start, reel.Context{Device: "ios", Place: "BR", Session: 2}, p)
	reels := make([]int32, 100)
	for k := range reels {
		reels[k] = int32(k * 19)
	}
	dst := make([]float32, len(reels)*ContextDim)
	b.ReportAllocs()
	for b.Loop() {
		builder.FillAll(dst, reels)
	}
}
