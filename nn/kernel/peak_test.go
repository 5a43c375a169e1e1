package kernel

import (
	"testing"
	"time"
)

// A loop that skipped a sum, or ran a lane too few, would claim work that it
// did not do.
func TestPeakLoopsDoTheWorkThatTheyCount(t *testing.T) {
	for _, set := range Sets() {
		loop := peakOf(set)
		for rounds, x := 1, float32(1); rounds <= 40; rounds, x = rounds+1, x/2+1 {
			var lanes [16]float32
			loop.run(rounds, &lanes)
			for i, got := range lanes {
				want := float64(x) * float64(loop.sums)
				if i >= loop.width {
					want = 0
				}
				if diff := float64(got) - want; diff > 1e-5*want || -diff > 1e-5*want {
					t.Fatalf("%s: lane %d is %g after %d rounds, want %g", set, i, got, rounds, want)
				}
			}
		}
	}
}

func TestPeakIsPositiveInEverySet(t *testing.T) {
	for _, set := range Sets() {
		restore, err := Select(set)
		if err != nil {
			t.Fatal(err)
		}
		if got := Peak(time.Millisecond); !(got > 0) {
			t.Errorf("%s: a peak of %g GFLOP/s", set, got)
		}
		restore()
	}
}

func BenchmarkPeak(b *testing.B) {
	for _, set := range Sets() {
		b.Run(set, func(b *testing.B) {
			restore, err := Select(set)
			if err != nil {
				b.Fatal(err)
			}
			defer restore()
			for b.Loop() {
				b.ReportMetric(Peak(50*time.Millisecond), "GFLOP/s")
			}
		})
	}
}
