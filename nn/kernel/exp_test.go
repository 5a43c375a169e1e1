package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

var elementwiseKernels = []struct {
	name string
	run  func(dst, src []float32)
	want func(float64) float64
}{
	{"Exp", Exp, math.Exp},
	{"Sigmoid", Sigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }},
	{"Tanh", Tanh, math.Tanh},
}

// elementwiseCases hold them to what every loop is held to, e^2 and below.
func elementwiseCases() []loopCase {
	var all []loopCase
	for _, k := range elementwiseKernels {
		all = append(all, loopCase{
			name: k.name, lengths: each(2), tolerance: 2.5e-7,
			run: func(x [][]float32) { k.run(x[0], x[1]) },
			define: func(x [][]float64) {
				for i, v := range x[1] {
					x[0][i] = k.want(v)
				}
			},
		})
	}
	return all
}

// interesting has the places where an implementation changes its way.
func interesting() []float32 {
	inf := float32(math.Inf(1))
	x := []float32{0, float32(math.Copysign(0, -1)), inf, -inf, float32(math.NaN()),
		math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, 1e-38, -1e-38}
	for _, edge := range []float32{1e-10, 1e-5, 0.1, math.Ln2 / 2, math.Ln2, 1, 9, 10, 20, 87.33655, 88.72283, 88.72284, 89, 103.27892, 103.97208, 104, 110, 1e10} {
		for _, v := range []float32{edge, -edge} {
			x = append(x, math.Nextafter32(v, -inf), v, math.Nextafter32(v, inf))
		}
	}
	return x
}

// ulps is how many float32 values lie between two results; equal NaN count as 0.
func ulps(a, b float32) int64 {
	if a != a || b != b {
		if a != a && b != b {
			return 0
		}
		return math.MaxInt64
	}
	return max(ordinal(a)-ordinal(b), ordinal(b)-ordinal(a))
}

func ordinal(f float32) int64 {
	bits := int64(math.Float32bits(f))
	if bits&0x80000000 != 0 {
		return 0x80000000 - bits
	}
	return bits
}

// allowedUlps is what Exp, Sigmoid and Tanh promise of the set in use.
func allowedUlps() int64 {
	if Active() == portable.name {
		return 1
	}
	return 2
}

func TestElementwiseFunctionsAreAsPreciseAsTheyPromise(t *testing.T) {
	overEverySet(t, func(t *testing.T) { checkPrecision(t, allowedUlps()) })
}

func checkPrecision(t *testing.T, allowed int64) {
	src := interesting()
	for bits := uint32(0); bits < 0xffff0000; bits += 9973 * 13 { // all magnitudes, both signs
		src = append(src, math.Float32frombits(bits))
	}
	for x := float32(-110); x < 110; x += 0.00731 {
		src = append(src, x)
	}
	dst := make([]float32, len(src))
	for _, k := range elementwiseKernels {
		k.run(dst, src)
		for i, x := range src {
			if want := float32(k.want(float64(x))); ulps(dst[i], want) > allowed {
				t.Fatalf("%s(%g) = %g, want %g within %d", k.name, x, dst[i], want, allowed)
			}
		}
	}
}

func TestElementwiseFunctionsKeepTheSignOfZeroAsMathDoes(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		x := []float32{0, float32(math.Copysign(0, -1))}
		Tanh(x, x)
		if math.Signbit(float64(x[0])) || !math.Signbit(float64(x[1])) {
			t.Errorf("tanh of 0 and -0: %g %g", x[0], x[1])
		}
	})
}

func TestElementwiseFunctionsWorkInPlaceAndWithinBounds(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 1))
		for _, k := range elementwiseKernels {
			for _, n := range append([]int{elementGrain + 5}, lengths...) {
				src, dst := guarded(t, rng, n), guarded(t, rng, n)
				k.run(dst, src)
				k.run(src, src)
				if at := firstDifference(src, dst); at >= 0 {
					t.Fatalf("%s of %d: in place %g at %d, apart %g", k.name, n, src[at], at, dst[at])
				}
			}
		}
	})
}

func TestElementwiseFunctionsHaveTheSameBitsForAnyThreadCount(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	src := make([]float32, 5*elementGrain+3)
	for i := range src {
		src[i] = rng.Float32()*20 - 10
	}
	want, got := make([]float32, len(src)), make([]float32, len(src))
	overEverySet(t, func(t *testing.T) {
		for _, k := range elementwiseKernels {
			setThreads(t, 1)
			k.run(want, src)
			setThreads(t, 4)
			k.run(got, src)
			if at := firstDifference(got, want); at >= 0 {
				t.Fatalf("%s differs at %d", k.name, at)
			}
		}
	})
}

func FuzzElementwise(f *testing.F) {
	for _, x := range interesting() {
		f.Add(math.Float32bits(x))
	}
	f.Fuzz(func(t *testing.T, bits uint32) {
		x := math.Float32frombits(bits)
		overEverySet(t, func(t *testing.T) {
			for _, k := range elementwiseKernels {
				got := []float32{x}
				k.run(got, got)
				if want := float32(k.want(float64(x))); ulps(got[0], want) > allowedUlps() {
					t.Fatalf("%s(%g) = %g, want %g", k.name, x, got[0], want)
				}
			}
		})
	})
}
