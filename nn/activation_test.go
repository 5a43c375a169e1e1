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
		x, mask := make([]float32, n), unset(n)
		for i := range x {
			x[i] = 2
		}
		nn.Dropout(x, mask, rate, seeded(11))
		kept, pairs, sum := 0, 0, 0.0
		for i, v := range x {
			if v != 2*mask[i] || mask[i] != 0 && mask[i] != float32(1/(1-rate)) {
				t.Fatalf("rate %g: value %d is %g with mask %g", rate, i, v, mask[i])
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

func TestDropoutOfRateZeroChangesNothing(t *testing.T) {
	x, mask := normals(seeded(1), 7), unset(7)
	want := append([]float32(nil), x...)
	nn.Dropout(x, mask, 0, seeded(2))
	checkSame(t, "output", x, want)
	checkSame(t, "mask", mask, []float32{1, 1, 1, 1, 1, 1, 1})
}

func TestDropoutBackwardMultipliesByTheMaskOfForward(t *testing.T) {
	const n = 101
	x, mask, dy := normals(seeded(1), n), unset(n), normals(seeded(2), n)
	nn.Dropout(x, mask, 0.5, seeded(3))
	want := make([]float32, n)
	for i := range want {
		want[i] = dy[i] * mask[i]
	}
	nn.DropoutBackward(dy, mask)
	checkSame(t, "gradient", dy, want)
}

func TestDropoutRepeatsForASeed(t *testing.T) {
	const n = 1000
	draw := func(seed uint64) []float32 {
		mask := unset(n)
		nn.Dropout(make([]float32, n), mask, 0.5, seeded(seed))
		return mask
	}
	checkSame(t, "mask of the same seed", draw(5), draw(5))
	a, b, agree := draw(5), draw(6), 0
	for i := range a {
		if a[i] == b[i] {
			agree++
		}
	}
	if agree < 400 || agree > 600 {
		t.Errorf("masks of two seeds agree in %d of %d places, want about half", agree, n)
	}
}
