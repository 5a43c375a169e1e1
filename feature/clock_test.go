package feature

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestLogarithmsAreExactEnoughForFloat32(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 100_000 {
		x := math.Exp((2*r.Float64() - 1) * 60)
		if r.IntN(4) == 0 { // near one, where relative errors would show
			x = 1 + (x-1)*0x1p-30
		}
		if x <= 0 {
			continue
		}
		if got, want := ln(x), math.Log(x); math.Abs(got-want) > 2e-11*max(1, math.Abs(want)) {
			t.Fatalf("ln(%g) is %.15g, want %.15g", x, got, want)
		}
	}
	for _, x := range []float64{1, 2, math.Sqrt2, math.Sqrt2 / 2, math.Nextafter(math.Sqrt2/2, 0), rateFloor, 1e-300, math.MaxFloat64} {
		if got, want := ln(x), math.Log(x); math.Abs(got-want) > 2e-11*max(1, math.Abs(want)) {
			t.Errorf("ln(%g) is %.15g, want %.15g", x, got, want)
		}
	}
	if ln(1) != 0 {
		t.Errorf("ln(1) is %g, want exactly 0", ln(1))
	}
	if !math.IsNaN(ln(math.NaN())) || !math.IsInf(ln(math.Inf(1)), 1) {
		t.Errorf("NaN gives %g, infinity %g", ln(math.NaN()), ln(math.Inf(1)))
	}
}
