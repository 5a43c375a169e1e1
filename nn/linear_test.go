package nn_test

import (
	"math"
	"testing"

	"github.com/reelrank/reelrank/nn"
)

func TestLinearComputesItsFormulaAndItsGradients(t *testing.T) {
	for i, c := range []struct{ rows, in, out int }{{1, 1, 1}, {1, 5, 3}, {7, 3, 5}, {4, 8, 1}, {9, 6, 7}} {
		rng := seeded(uint64(i))
		l := nn.NewLinear("dense", c.in, c.out, rng)
		randomize(rng, l.B)
		x, up, dx := normals(rng, c.rows*c.in), normals(rng, c.rows*c.out), unset(c.rows*c.in)

		y := unset(c.rows * c.out)
		l.Forward(y, x, c.rows)
		w, b, input := paramTensor(l.W), paramTensor(l.B), tensor{"x", widen(x), dx}
		forward := func() []float64 { return refLinear(w.ref, b.ref, input.ref, c.in) }
		checkClose(t, "output", y, forward())

		l.Backward(dx, up, x, c.rows)
		checkGradients(t, func() float64 { return weighted(forward(), up) }, w, b, input)
	}
}

func TestNormalizeComputesItsFormulaAndItsGradient(t *testing.T) {
	for i, c := range []struct{ rows, w int }{{1, 1}, {1, 7}, {5, 3}, {6, 16}} {
		rng := seeded(uint64(i))
		size := c.rows * c.w
		x, up, dx := normals(rng, size), normals(rng, size), unset(size)
		y, norms := unset(size), unset(c.rows)
		nn.Normalize(y, norms, x, c.rows, c.w)
		input := tensor{"x", widen(x), dx}
		checkClose(t, "output", y, refNormalize(input.ref, c.w))

		nn.NormalizeBackward(dx, up, y, norms, c.rows, c.w)
		checkGradients(t, func() float64 { return weighted(refNormalize(input.ref, c.w), up) }, input)

		nn.Normalize(x, norms, x, c.rows, c.w)
		checkSame(t, "output in place", x, y)
		nn.NormalizeBackward(up, up, y, norms, c.rows, c.w)
		checkSame(t, "gradient in place", up, dx)
	}
}

func TestNormalizeLeavesAZeroRowAtZero(t *testing.T) {
	x, y, norms, dx := make([]float32, 3), unset(3), unset(1), unset(3)
	nn.Normalize(y, norms, x, 1, 3)
	checkSame(t, "output", y, make([]float32, 3))
	nn.NormalizeBackward(dx, []float32{1, 0, 0}, y, norms, 1, 3)
	if !nn.Finite(dx) {
		t.Errorf("gradient %v is not finite", dx)
	}
}

func TestFiniteSeesNaNAndInfinity(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		x    []float32
		want bool
	}{
		{nil, true}, {[]float32{0, -1, math.MaxFloat32}, true},
		{[]float32{0, nan}, false}, {[]float32{inf, 0}, false}, {[]float32{1, -inf, inf}, false},
	} {
		if got := nn.Finite(c.x); got != c.want {
			t.Errorf("Finite(%v) = %v", c.x, got)
		}
	}
}
