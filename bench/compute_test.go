package bench

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/nn/kernel"
)

func TestSharesAndRatiosAreToTheRightPeakAndYardstick(t *testing.T) {
	row := func(set string, one, all float64) Product {
		return Product{Kernels: set, OneThread: Rate{GFLOPS: one}, AllThreads: Rate{GFLOPS: all}}
	}
	rows := []Product{row(gonum, 10, 16), row("avx2", 80, 120), row("portable", 5, 8)}
	compare(rows, []Peak{{"portable", 10, 20}, {"avx2", 100, 200}}, 2)
	for i, want := range []struct{ share, shareAll, over, overAll float64 }{{0, 0, 0, 0}, {0.8, 0.6, 8, 7.5}, {0.5, 0.4, 0.5, 0.5}} {
		one, all := rows[i].OneThread, rows[i].AllThreads
		if one.PeakShare != want.share || all.PeakShare != want.shareAll || one.OverGonum != want.over || all.OverGonum != want.overAll {
			t.Errorf("%s: %+v and %+v, want %+v", rows[i].Kernels, one, all, want)
		}
	}
}

func TestSurveyTakesTheSetsInTheirOrderAndRefusesOthers(t *testing.T) {
	all := kernel.Sets()
	if got, err := (Survey{}).sets(); err != nil || !slices.Equal(got, all) {
		t.Errorf("without a choice %v and error %v, want all: %v", got, err, all)
	}
	backwards := slices.Clone(all)
	slices.Reverse(backwards)
	if got, err := (Survey{Sets: backwards}).sets(); err != nil || !slices.Equal(got, all) {
		t.Errorf("chosen backwards %v and error %v, want %v", got, err, all)
	}
	if _, err := Compute(t.Context(), Survey{Sets: []string{"portable", "abacus"}}); err == nil {
		t.Error("unknown kernels were accepted")
	}
}

// Every product gives the same result through every way that is timed.
func TestTimedProductsAreTheSame(t *testing.T) {
	for _, layout := range layouts {
		p := newProblem(shape{m: 5, k: 7, n: 9}, layout)
		p.gonum()()
		want := slices.Clone(p.c)
		packed, err := p.packed(kernel.Active())
		if err != nil {
			t.Fatal(err)
		}
		for name, work := range map[string]func(){"plain": p.plain, "packed": packed} {
			if name == "packed" && p.transA {
				continue
			}
			clear(p.c)
			work()
			for i, v := range p.c {
				if d := v - want[i]; d > 1e-5 || d < -1e-5 {
					t.Fatalf("%s %s: element %d is %g, gonum has %g", layout, name, i, v, want[i])
				}
			}
		}
	}
}

func TestSpreadIsThatOfTheMiddlemostFigure(t *testing.T) {
	s := Speeds{
		Products:   []Product{{OneThread: Rate{Spread: 0.5}, AllThreads: Rate{Spread: 0.1}}},
		Throughput: []Throughput{{OneThread: Pace{Spread: 0.4}, AllThreads: Pace{Spread: 0.2}}},
		Scoring:    []Scoring{{Spread: 0.6}},
		Loops:      []Loop{{Spread: 0.3}, {Spread: 0.7}},
	}
	if got := median(s.spreads()); got != 0.4 {
		t.Errorf("median of %v is %g, want 0.4", s.spreads(), got)
	}
}

func TestQuickSurveyFillsEveryRow(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	before := kernel.Active()
	speeds, err := Compute(t.Context(), Survey{Quick: true})
	if err != nil {
		t.Fatal(err)
	}
	if kernel.Active() != before {
		t.Errorf("left %s kernels, want %s", kernel.Active(), before)
	}
	sets := len(kernel.Sets())
	for what, n := range map[string][2]int{
		"peaks":      {len(speeds.Peaks), sets},
		"products":   {len(speeds.Products), len(productShapes()) * (len(layouts)*(1+sets) + sets)},
		"throughput": {len(speeds.Throughput), len(Survey{Quick: true}.sizes().workloads())},
		"scoring":    {len(speeds.Scoring), 4},
		"loops":      {len(speeds.Loops), sets * len(vectorLoops())},
	} {
		if n[0] != n[1] || n[0] == 0 {
			t.Errorf("%d rows of %s, want %d", n[0], what, n[1])
		}
	}
	for _, p := range speeds.Peaks {
		positive(t, p.Kernels, p.OneThread, p.AllThreads)
	}
	for _, p := range speeds.Products {
		positive(t, p.Kernels+" "+p.name(), p.OneThread.GFLOPS, p.AllThreads.GFLOPS, p.Speedup)
		if p.Kernels != gonum {
			positive(t, p.Kernels+" "+p.name(), p.OneThread.PeakShare, p.OneThread.OverGonum, p.AllThreads.PeakShare, p.AllThreads.OverGonum)
		}
	}
	for _, r := range speeds.Throughput {
		positive(t, r.Work, r.OneThread.PerSecond, r.AllThreads.PerSecond, r.Speedup)
	}
	for _, r := range speeds.Scoring {
		positive(t, r.Stage, r.P50Micros)
	}
	for _, l := range speeds.Loops {
		positive(t, l.Loop, l.NanosPerElement)
	}
	text, err := json.Marshal(speeds)
	if err != nil {
		t.Fatal(err)
	}
	var back Speeds
	if err := json.Unmarshal(text, &back); err != nil || len(back.Acceptance) != len(speeds.Acceptance) {
		t.Errorf("read back %d criteria of %d, error %v", len(back.Acceptance), len(speeds.Acceptance), err)
	}
}

func positive(t *testing.T, what string, figures ...float64) {
	t.Helper()
	for _, v := range figures {
		if !(v > 0) {
			t.Errorf("%s: a figure of %g among %v", what, v, figures)
		}
	}
}

func TestComputeStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Compute(ctx, Survey{Quick: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}
