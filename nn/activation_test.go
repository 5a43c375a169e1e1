package nn_test

import (
	"math"
	"testing"

	"github.com/reelrank/reelrank/nn"
)

func TestReLUPassesPositiveValuesAndTheirGradients(t *testing.T) {
	x := []float32{-2, -0.5, 0, 0.5, 3}
	y := unset(5)
	nn.ReLU(y, x)
	checkSame(t, "output", y, []float32{0, 0, 0, 0.5, 3})
	dy := []float32{1, 2, 3, 4, 5}
	nn.ReLUBackward(dy, y)
	checkSame(t, "gradient", dy, []float32{0, 0, 0, 4, 5})
	nn.ReLU(x, x)
	checkSame(t, "output in place", x, y)
}

// A network that breaks must be seen to break: see Adam.GradNorm and Finite.
func TestReLUDoesNotHideNaN(t *testing.T) {
	for _, nan := range []float32{float32(math.NaN()), float32(math.Copysign(math.NaN(), -1))} {
		y := []float32{0}
		nn.ReLU(y, []float32{nan})
		if nn.Finite(y) {
			t.Errorf("ReLU of NaN %x is %v", math.Float32bits(nan), y)
		}
	}
}

func TestDropoutKeepsTheExpectation(t *testing.T) {
	const n = 200_001 // odd: one draw serves two values
	for _, rate := range []float64{0.1, 0.3, 0.5, 0.9} {
		x := make([]float32, n)
		for i := range x {
			x[i] = 2
		}
		nn.ReLUDropout(x, rate, seeded(11))
		kept, pairs, sum := 0, 0, 0.0
		for i, v := range x {
			if v != 0 && math.Abs(float64(v)-2/(1-rate)) > 2e-4*float64(v) {
				t.Fatalf("rate %g: value %d is %g, want 0 or %g", rate, i, v, 2/(1-rate))
			}
			if v != 0 {
				kept++
				if i%2 == 1 && x[i-1] != 0 {
					pairs++
				}
			}
			sum += float64(v)
		}
		deviation := math.Sqrt(rate * (1 - rate) / n)
		if share := float64(kept) / n; math.Abs(share-(1-rate)) > 4*deviation {
			t.Errorf("rate %g keeps a share of %.4f", rate, share)
		}
		if share, want := float64(pairs)/(n/2), (1-rate)*(1-rate); math.Abs(share-want) > 0.01 {
			t.Errorf("rate %g keeps a share of %.4f of neighbours together, want %.4f: they are not independent", rate, share, want)
		}
		if mean := sum / n; math.Abs(mean-2) > 4*2*deviation/(1-rate) {
			t.Errorf("rate %g turns a mean of 2 into %.4f", rate, mean)
		}
	}
}

func TestDropoutOfRateZeroIsReLU(t *testing.T) {
	x, want := normals(seeded(1), 7), unset(7)
	nn.ReLU(want, x)
	nn.ReLUDropout(x, 0, seeded(2))
	checkSame(t, "output", x, want)
}

func TestReLUDropoutIsReLUThenDropout(t *testing.T) {
	const n, rate = 101, 0.5
	x, ones := normals(seeded(1), n), make([]float32, n)
	for i := range ones {
		ones[i] = 1
	}
	want := make([]float32, n)
	nn.ReLU(want, x)
	nn.ReLUDropout(x, rate, seeded(3))
	nn.ReLUDropout(ones, rate, seeded(3)) // the factors
	for i, f := range ones {
		want[i] *= f
	}
	checkSame(t, "output", x, want)
}

func TestReLUDropoutBackwardFollowsWhatWasKept(t *testing.T) {
	x, dy := []float32{-1, 2, 3, 4, -5, 6, 7, 8}, []float32{1, 2, 3, 4, 5, 6, 7, 8}
	want := make([]float32, len(x))
	nn.ReLUDropout(x, 0.75, seeded(3))
	kept := 0
	for i, v := range x {
		if v > 0 {
			want[i] = 4 * dy[i]
			kept++
		}
	}
	if kept == 0 || kept == 6 {
		t.Fatalf("%d of 6 positive values kept: the seed shows nothing", kept)
	}
	nn.ReLUDropoutBackward(dy, x, 0.75)
	checkSame(t, "gradient", dy, want)
}

func TestDropoutBackwardMultipliesByTheMaskOfForward(t *testing.T) {
	const n = 101
	x, mask, dy := normals(seeded(1), n), unset(n), normals(seeded(2), n)
	wantX, wantDY := make([]float32, n), make([]float32, n)
	before := append([]float32(nil), x...)
	nn.Dropout(x, mask, 0.5, seeded(3))
	for i, m := range mask {
		if m != 0 && m != 2 {
			t.Fatalf("factor %d is %g, want 0 or 2", i, m)
		}
		wantX[i], wantDY[i] = before[i]*m, dy[i]*m
	}
	checkSame(t, "output", x, wantX)
	nn.DropoutBackward(dy, mask)
	checkSame(t, "gradient", dy, wantDY)
}

func TestDropoutRepeatsForASeed(t *testing.T) {
	const n = 1000
	draw := func(seed uint64) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = 1
		}
		nn.ReLUDropout(x, 0.5, seeded(seed))
		return x
	}
	checkSame(t, "what the same seed draws", draw(5), draw(5))
	a, b, agree := draw(5), draw(6), 0
	for i := range a {
		if a[i] == b[i] {
			agree++
		}
	}
	if agree < 400 || agree > 600 {
		t.Errorf("what two seeds draw agrees in %d of %d places, want about half", agree, n)
	}
}
