package nn_test

import (
	"math"
	"testing"

	"github.com/reelrank/reelrank/nn"
)

// refRMSNorm divides each row by its root mean square.
func refRMSNorm(gain, x []float64) []float64 {
	w := len(gain)
	y := make([]float64, len(x))
	for at := 0; at < len(x); at += w {
		var squares float64
		for _, v := range x[at : at+w] {
			squares += v * v / float64(w)
		}
		for i := range w {
			y[at+i] = gain[i] * x[at+i] / math.Sqrt(squares+1e-6)
		}
	}
	return y
}

func TestRMSNormComputesItsFormulaAndItsGradients(t *testing.T) {
	for i, c := range []struct{ rows, width int }{{1, 1}, {3, 5}, {40, 1000}} {
		rng := seeded(uint64(i))
		l := nn.NewRMSNorm("norm", c.width)
		randomize(rng, l.Gain)
		size := c.rows * c.width
		x, up, y, dx := normals(rng, size), normals(rng, size), unset(size), unset(size)
		var tape nn.RMSNormTape
		l.Forward(&tape, y, x, c.rows)
		l.Backward(&tape, dx, up, x, c.rows)
		if c.rows > 3 { // large enough for several pieces: alone the sums of the gain meet them
			gain, in := paramTensor(l.Gain), widen(x)
			checkClose(t, "output", y, refRMSNorm(gain.ref, in))
			want := make([]float64, c.width)
			for r, at := 0, 0; r < c.rows; r++ {
				unit := refRMSNorm(widen(repeat(1, c.width)), in[at:at+c.width])
				for j, v := range unit {
					want[j] += v * float64(up[at+j])
				}
				at += c.width
			}
			checkClose(t, "gradient of the gain", l.Gain.Grad, want)
			continue
		}
		gain, in := paramTensor(l.Gain), tensor{"x", widen(x), dx}
		checkClose(t, "output", y, refRMSNorm(gain.ref, in.ref))
		checkGradients(t, func() float64 { return weighted(refRMSNorm(gain.ref, in.ref), up) }, gain, in)
	}
}

func repeat(v float32, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = v
	}
	return x
}

func TestRMSNormOfZerosIsFinite(t *testing.T) {
	l := nn.NewRMSNorm("norm", 4)
	x, y, dx := make([]float32, 4), unset(4), unset(4)
	var tape nn.RMSNormTape
	l.Forward(&tape, y, x, 1)
	l.Backward(&tape, dx, []float32{1, -1, 2, 3}, x, 1)
	checkSame(t, "output", y, make([]float32, 4))
	if !nn.Finite(dx) {
		t.Errorf("the gradient is %v", dx)
	}
}
