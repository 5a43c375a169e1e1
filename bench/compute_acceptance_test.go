package bench

import (
	"slices"
	"testing"
)

func TestCriterionIsMetByItsWorstFinding(t *testing.T) {
	yes, no := true, false
	three := []finding{{"NN", 2}, {"NT", 1.5}, {"TN", 3}}
	for _, c := range []struct {
		name     string
		got      Criterion
		measured float64
		met      *bool
		detail   string
	}{
		{"above", atLeast(1.4, "x", "speed", three), 1.5, &yes, "worst of 3: NT; best: TN with 3.00"},
		{"exactly", atLeast(1.5, "x", "speed", three), 1.5, &yes, "worst of 3: NT; best: TN with 3.00"},
		{"below", atLeast(1.6, "x", "speed", three), 1.5, &no, "worst of 3: NT; best: TN with 3.00"},
		{"within", atMost(3, "us", "time", three), 3, &yes, "worst of 3: TN; best: NT with 1.50"},
		{"too slow", atMost(2.9, "us", "time", three), 3, &no, "worst of 3: TN; best: NT with 1.50"},
		{"one alone", atMost(5, "us", "time", three[:1]), 2, &yes, ""},
	} {
		if c.got.Measured == nil || *c.got.Measured != c.measured || c.got.Met == nil || *c.got.Met != *c.met || c.got.Detail != c.detail {
			t.Errorf("%s: %+v, want measured %g, met %t, detail %q", c.name, c.got, c.measured, *c.met, c.detail)
		}
	}
	if got := atLeast(1, "x", "speed", nil); got.Measured != nil || got.Met != nil || got.Detail == "" {
		t.Errorf("with nothing measured: %+v, want neither a value nor a judgement, and a word on it", got)
	}
}

// handmade is a survey's result with figures that are easy to follow.
func handmade() Speeds {
	product := func(s shape, layout, operand, set string, share, speedup, overGonum float64) Product {
		return Product{M: s.m, N: s.n, K: s.k, Layout: layout, Operand: operand, Kernels: set, Speedup: speedup,
			OneThread:  Rate{GFLOPS: 100 * share, PeakShare: share, OverGonum: overGonum},
			AllThreads: Rate{GFLOPS: 100 * share * speedup, PeakShare: share * speedup / 2, OverGonum: overGonum}}
	}
	return Speeds{
		Machine: Machine{CPU: "Abacus", Architecture: "amd64", Cores: 2, L1Bytes: 32 << 10, L2Bytes: 1 << 20, L3Bytes: -1,
			Instructions: []string{"AVX2"}, Go: "go1.26", Threads: 2, Kernels: []string{"avx2", "portable"}},
		Rounds: 5, TurnMillis: 60, Spread: 0.03,
		Peaks: []Peak{{"avx2", 100, 200}, {"portable", 10, 20}},
		Products: []Product{
			product(denseShape, "NN", "plain", gonum, 0, 2, 0),
			product(denseShape, "NN", "plain", "avx2", 0.8, 1.6, 8),
			product(denseShape, "NN", "packed", "avx2", 0.9, 1.9, 9),
			product(denseShape, "NN", "plain", "portable", 0.9, 1.9, 1.1),
			product(denseShape, "NN", "packed", "portable", 0.9, 1.9, 0.5),
			product(gruShapes[1], "TN", "plain", "avx2", 0.6, 1.7, 7),
		},
		Throughput: []Throughput{
			{Work: RankerStep, Unit: "examples", Batch: 512, Kernels: "avx2", OneThread: Pace{PerSecond: 20_000}, AllThreads: Pace{PerSecond: 26_000}, Speedup: 1.3},
			{Work: RankerStep, Unit: "examples", Batch: 512, Kernels: "portable", OneThread: Pace{PerSecond: 1000}, AllThreads: Pace{PerSecond: 2000}, Speedup: 2},
		},
		Scoring: []Scoring{
			{Stage: RankCandidates, Precision: "float32", Kernels: "avx2", P50Micros: 612.34, ReelBytes: 1028, Candidates: 100},
			{Stage: RankCandidates, Precision: "int8", Kernels: "avx2", P50Micros: 306.17, ReelBytes: 600, Candidates: 100},
		},
		Loops: []Loop{{Loop: "dot", Kernels: "avx2", NanosPerElement: 0.0213}, {Loop: "dot", Kernels: "portable", NanosPerElement: 0.25}},
	}
}

func TestJudgeReadsTheRowsThatATargetIsAbout(t *testing.T) {
	criteria := handmade().judge()
	for _, want := range []struct {
		what     string
		measured float64 // 0 for not measured
		met      bool
	}{
		{"product 512x1536x512, one thread, avx2", 0.8, true}, // the fastest set's, and the AVX2 path's
		{"product 512x1536x512, all threads, avx2", 1.6, false},
		{"product 128x256x768, one thread, avx2", 0.6, false},
		{"product 128x256x768, all threads, avx2", 1.7, true},
		{"products, one thread, portable", 1.1, true}, // packed ones have no counterpart
		{"ranker step, all threads", 26_000, true},
		{"GRU, forward and backward, all threads", 0, false},
		{"rank 100 candidates, user vector known", 612.34, false},
		{"user vector from 50 interactions, cold", 0, false},
		{"int8 scorer, by time or by bytes per reel", 2, true},
		{"demo, wall time", 0, false},
	} {
		i := slices.IndexFunc(criteria, func(c Criterion) bool { return c.What == want.what })
		if i < 0 {
			t.Errorf("no criterion %q", want.what)
			continue
		}
		switch c := criteria[i]; {
		case want.measured == 0 && (c.Measured != nil || c.Met != nil):
			t.Errorf("%s: judged without a measurement: %+v", want.what, c)
		case want.measured != 0 && (c.Measured == nil || *c.Measured != want.measured || *c.Met != want.met):
			t.Errorf("%s: %+v, want %g, met %t", want.what, c, want.measured, want.met)
		}
	}
}

func TestQuickSurveyJudgesNothing(t *testing.T) {
	s := handmade()
	s.Quick = true
	for _, c := range s.judge() {
		if c.Met != nil {
			t.Errorf("%s: judged by figures that mean nothing", c.What)
		}
	}
}
