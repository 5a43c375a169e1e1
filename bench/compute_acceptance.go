package bench

import (
	"fmt"
	"slices"
)

// Criterion is a speed that the project promises, beside the one measured.
type Criterion struct {
	What     string   `json:"what"`
	Unit     string   `json:"unit"`
	Bound    string   `json:"bound"` // AtLeast or AtMost
	Target   float64  `json:"target"`
	Measured *float64 `json:"measured"` // the worst of several findings; null where this run measured none
	Met      *bool    `json:"met"`      // null where not measured, or by a quick survey alone
	Detail   string   `json:"detail"`   // of several findings the worst and the best, by name
}

// The sides of its target on which a criterion is met.
const (
	AtLeast = "at least"
	AtMost  = "at most"
)

// The targets are for two cores with AVX-512. Shares and ratios hold on any
// machine; examples, sequences and microseconds are those of that one.
const (
	denseShare, denseSpeedup = 0.75, 1.7
	gruShare, gruSpeedup     = 0.70, 1.5
	avx2Share                = 0.75
	overGonum                = 1.0
	rankerPerSecond          = 25_000
	gruPerSecond             = 740
	rankMicros               = 500
	encodeMicros             = 800
	int8Gain                 = 2
)

// judge holds the speeds against the targets.
func (s Speeds) judge() []Criterion {
	fastest := s.Peaks[0].Kernels
	dense := s.products(fastest, denseShape)
	gru := s.products(fastest, gruShapes...)
	criteria := []Criterion{
		atLeast(denseShare, "of the peak", "product 512x1536x512, one thread, "+fastest, dense.each(shareOfPeak)),
		atLeast(denseSpeedup, "times one thread", "product 512x1536x512, all threads, "+fastest, dense.each(speedup)),
		atLeast(gruShare, "of the peak", "product 128x256x768, one thread, "+fastest, gru.each(shareOfPeak)),
		atLeast(gruSpeedup, "times one thread", "product 128x256x768, all threads, "+fastest, gru.each(speedup)),
		atLeast(avx2Share, "of the peak", "product 512x1536x512, one thread, avx2", s.products("avx2", denseShape).each(shareOfPeak)),
		atLeast(avx2Share, "of the peak", "product 128x256x768, one thread, avx2", s.products("avx2", gruShapes...).each(shareOfPeak)),
		atLeast(overGonum, "times gonum", "products, one thread, sse2", s.yardstick("sse2", overGonumOne)),
		atLeast(overGonum, "times gonum", "products, all threads, sse2", s.yardstick("sse2", overGonumAll)),
		atLeast(overGonum, "times gonum", "products, one thread, portable", s.yardstick("portable", overGonumOne)),
		atLeast(overGonum, "times gonum", "products, all threads, portable", s.yardstick("portable", overGonumAll)),
		atLeast(rankerPerSecond, "examples/s", RankerStep+", all threads", s.paces(RankerStep, fastest)),
		atLeast(gruPerSecond, "sequences/s", GRUStep+", all threads", s.paces(GRUStep, fastest)),
		atMost(rankMicros, "us p50", RankCandidates, s.stages(RankCandidates, "float32", fastest)),
		atMost(encodeMicros, "us p50", EncodeUser, s.stages(EncodeUser, "float32", fastest)),
		atLeast(int8Gain, "times float32", "int8 scorer, by time or by bytes per reel", s.int8Gain(fastest)),
		elsewhere(Criterion{What: "int8 scorer, NDCG@10 lost", Unit: "of float32's", Bound: AtMost, Target: 0.005},
			"reelrank evaluate, with and without --set rank.precision=int8"),
		elsewhere(Criterion{What: "demo, wall time", Unit: "times as fast as portable", Bound: AtLeast, Target: 2},
			"reelrank demo --exit, with and without REELRANK_KERNELS=portable"),
	}
	if s.Quick {
		for i := range criteria {
			criteria[i].Met = nil
		}
	}
	return criteria
}

// finding is a measured value that a criterion is about.
type finding struct {
	of    string // which of several
	value float64
}

// atLeast judges by the smallest of the findings.
func atLeast(target float64, unit, what string, found []finding) Criterion {
	return criterion(AtLeast, target, unit, what, found, func(a, b float64) bool { return a < b })
}

// atMost judges by the largest of the findings.
func atMost(target float64, unit, what string, found []finding) Criterion {
	return criterion(AtMost, target, unit, what, found, func(a, b float64) bool { return a > b })
}

// elsewhere is a criterion that other commands measure.
func elsewhere(c Criterion, how string) Criterion {
	c.Detail = "not measured here: " + how
	return c
}

func criterion(bound string, target float64, unit, what string, found []finding, worse func(a, b float64) bool) Criterion {
	c := Criterion{What: what, Unit: unit, Bound: bound, Target: target}
	if len(found) == 0 {
		c.Detail = "not measured in this run"
		return c
	}
	worst, best := found[0], found[0]
	for _, f := range found {
		if worse(f.value, worst.value) {
			worst = f
		}
		if worse(best.value, f.value) {
			best = f
		}
	}
	met := !worse(worst.value, target)
	c.Measured, c.Met = &worst.value, &met
	if len(found) > 1 {
		c.Detail = fmt.Sprintf("worst of %d: %s; best: %s with %s", len(found), worst.of, best.of, short(best.value))
	}
	return c
}

// short writes a figure with as many digits as a measurement deserves.
func short(v float64) string {
	switch {
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 1000:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// productRows are rows of one set.
type productRows []Product

// products are the rows of a set for some shapes.
func (s Speeds) products(set string, shapes ...shape) productRows {
	var rows productRows
	for _, want := range shapes {
		for _, p := range s.Products {
			if p.Kernels == set && (shape{p.M, p.N, p.K}) == want {
				rows = append(rows, p)
			}
		}
	}
	return rows
}

// each reads one figure of every row; a figure of 0 was not measured.
func (rows productRows) each(figure func(Product) float64) []finding {
	var found []finding
	for _, p := range rows {
		if v := figure(p); v > 0 {
			found = append(found, finding{p.name(), v})
		}
	}
	return found
}

// name tells the row from the others of its set.
func (p Product) name() string {
	layout := p.Layout
	if p.Operand == "packed" {
		layout = "packed"
	}
	return fmt.Sprintf("%s %s", shape{p.M, p.N, p.K}, layout)
}

func shareOfPeak(p Product) float64  { return p.OneThread.PeakShare }
func speedup(p Product) float64      { return p.Speedup }
func overGonumOne(p Product) float64 { return p.OneThread.OverGonum }
func overGonumAll(p Product) float64 { return p.AllThreads.OverGonum }

// yardstick compares a set with gonum, on all shapes: the sets that processors
// without AVX2 use should be no slower. Packed products are left out, since
// gonum has nothing like them.
func (s Speeds) yardstick(set string, figure func(Product) float64) []finding {
	rows := s.products(set, productShapes()...)
	return slices.DeleteFunc(rows, func(p Product) bool { return p.Operand != "plain" }).each(figure)
}

func (s Speeds) paces(work, set string) []finding {
	var found []finding
	for _, t := range s.Throughput {
		if t.Work == work && t.Kernels == set {
			found = append(found, finding{value: t.AllThreads.PerSecond})
		}
	}
	return found
}

// int8Gain is what the 8-bit scorer gains over the one of float32: the better
// of its speed and its size.
func (s Speeds) int8Gain(set string) []finding {
	full := s.ranking("float32", set)
	small := s.ranking("int8", set)
	if full == nil || small == nil {
		return nil
	}
	return []finding{{value: max(ratio(full.P50Micros, small.P50Micros), ratio(float64(full.ReelBytes), float64(small.ReelBytes)))}}
}

func (s Speeds) ranking(precision, set string) *Scoring {
	i := slices.IndexFunc(s.Scoring, func(r Scoring) bool {
		return r.Stage == RankCandidates && r.Precision == precision && r.Kernels == set
	})
	if i < 0 {
		return nil
	}
	return &s.Scoring[i]
}

func (s Speeds) stages(stage, precision, set string) []finding {
	var found []finding
	for _, r := range s.Scoring {
		if r.Stage == stage && r.Precision == precision && r.Kernels == set {
			found = append(found, finding{value: r.P50Micros})
		}
	}
	return found
}
