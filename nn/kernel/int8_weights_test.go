package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// int8Problem is a product of 8-bit numbers with all that it reads and writes.
type int8Problem struct {
	m, k, n, lda, ldc int
	weights           []float32 // [k, n]
	packed            Int8Weights
	a                 []uint8
	scales, c         []float32
	e                 Epilogue
	signed            bool
}

func newInt8Problem(t testing.TB, rng *rand.Rand, m, k, n int) *int8Problem {
	p := &int8Problem{m: m, k: k, n: n, lda: k + rng.IntN(3), ldc: n + rng.IntN(3), signed: rng.IntN(2) == 0}
	p.weights = fencedUnit(t, rng, k*n)
	p.packed.Pack(false, k, n, p.weights, n)
	p.a = fenced[uint8](t, rng, max(m-1, 0)*p.lda+min(m, 1)*k)
	for i := range p.a {
		p.a[i] = uint8(rng.IntN(codeLimit + 1))
		if rng.IntN(4) == 0 {
			p.a[i] = codeLimit
		}
	}
	p.scales = fencedUnit(t, rng, m)
	p.c = fenced[float32](t, rng, max(m-1, 0)*p.ldc+min(m, 1)*n)
	for i := range p.c {
		p.c[i] = canary
	}
	p.e.ReLU = rng.IntN(2) == 0
	if rng.IntN(4) > 0 {
		p.e.Bias = fencedUnit(t, rng, n)
	}
	return p
}

// column is output j's scale and its codes, by their definition.
func (p *int8Problem) column(j int) (scale float32, codes []int) {
	var largest float64
	for l := range p.k {
		largest = max(largest, math.Abs(float64(p.weights[l*p.n+j])))
	}
	scale, codes = float32(largest/127), make([]int, p.k)
	for l := range codes {
		if scale > 0 {
			codes[l] = int(math.RoundToEven(float64(p.weights[l*p.n+j]) / float64(scale)))
		}
	}
	return scale, codes
}

func (p *int8Problem) run() {
	if p.signed {
		p.packed.GemmSigned(p.m, p.a, p.lda, p.scales, p.c, p.ldc, p.e)
		return
	}
	p.packed.Gemm(p.m, p.a, p.lda, p.scales, p.c, p.ldc, p.e)
}

// check compares all outputs, bit by bit, and what lies between the rows.
func (p *int8Problem) check(t *testing.T) {
	t.Helper()
	p.run()
	for j := range p.n {
		colScale, codes := p.column(j)
		for i := range p.m {
			sum := 0
			for l, code := range codes {
				sum += int(p.a[i*p.lda+l]) * code
				if p.signed {
					sum -= signedZero * code
				}
			}
			want := float32(float32(sum)*colScale) * p.scales[i]
			if p.e.Bias != nil {
				want = float32(want) + p.e.Bias[j]
			}
			if p.e.ReLU && want < 0 {
				want = 0
			}
			if got := p.c[i*p.ldc+j]; got != want {
				t.Fatalf("%dx%dx%d signed=%v relu=%v: C[%d,%d] = %g, want %g", p.m, p.k, p.n, p.signed, p.e.ReLU, i, j, got, want)
			}
		}
	}
	for at, v := range p.c {
		if at%p.ldc >= p.n && v != canary {
			t.Fatalf("%dx%dx%d: wrote %g between rows", p.m, p.k, p.n, v)
		}
	}
}

func TestInt8GemmIsExactInEverySet(t *testing.T) {
	withEachSet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(11, 1))
		for _, m := range []int{0, 1, 2, 4, 5, 6, 7, 13} {
			for _, n := range []int{0, 1, 4, 16, 17, 64, 65, 100} {
				for _, k := range []int{0, 1, 2, 3, 4, 7, 64, 101} {
					newInt8Problem(t, rng, m, k, n).check(t)
				}
			}
		}
	})
}

func FuzzInt8Gemm(f *testing.F) {
	f.Add(uint64(1), uint8(7), uint16(101), uint8(65))
	f.Fuzz(func(t *testing.T, seed uint64, m uint8, k uint16, n uint8) {
		withEachSet(t, func(t *testing.T) {
			newInt8Problem(t, rand.New(rand.NewPCG(seed, 1)), int(m%16), int(k%300), int(n%150)).check(t)
		})
	})
}

// The largest sums that codes can give: nothing may saturate on the way.
func TestInt8GemmDoesNotSaturate(t *testing.T) {
	const m, k, n = 7, 1000, 70
	withEachSet(t, func(t *testing.T) {
		for _, sign := range []float32{1, -1} {
			weights, a, scales, c := make([]float32, k*n), make([]uint8, m*k), make([]float32, m), make([]float32, m*n)
			for i := range weights {
				weights[i] = 127 * sign
			}
			for i := range a {
				a[i] = codeLimit
			}
			for i := range scales {
				scales[i] = 1
			}
			var w Int8Weights
			w.Pack(false, k, n, weights, n)
			w.Gemm(m, a, k, scales, c, n, Epilogue{})
			for i, got := range c {
				if want := sign * k * 127 * 127; got != want {
					t.Fatalf("output %d is %g, want %g", i, got, want)
				}
			}
		}
	})
}

// A product of quantised operands differs from that of the originals by what
// rounding both to half a step can do.
func TestInt8GemmComesNearTheProduct(t *testing.T) {
	const m, k, n = 9, 200, 40
	rng := rand.New(rand.NewPCG(13, 1))
	for _, signed := range []bool{false, true} {
		x, weights := fencedUnit(t, rng, m*k), fencedUnit(t, rng, n*k)
		codes, scales, c := make([]uint8, m*k), make([]float32, m), make([]float32, m*n)
		var w Int8Weights
		w.Pack(true, k, n, weights, k)
		if signed {
			for i := range m {
				scales[i] = QuantizeSigned(codes[i*k:][:k], x[i*k:][:k])
			}
			w.GemmSigned(m, codes, k, scales, c, n, Epilogue{})
		} else {
			for i, v := range x {
				x[i] = max(v, 0)
			}
			QuantizeRows(m, k, codes, k, scales, x, k)
			w.Gemm(m, codes, k, scales, c, n, Epilogue{})
		}
		for i := range m {
			for j := range n {
				var want, bound float64
				for l := range k {
					xv, wv := float64(x[i*k+l]), float64(weights[j*k+l])
					xe, we := float64(scales[i])/2, float64(w.scales[j])/2
					want += xv * wv
					bound += xe*math.Abs(wv) + we*math.Abs(xv) + xe*we
				}
				if got := float64(c[i*n+j]); !(math.Abs(got-want) <= bound*1.0001) {
					t.Fatalf("signed=%v: C[%d,%d] = %g, want %g within %g", signed, i, j, got, want, bound)
				}
			}
		}
	}
}

func TestPackingTakesBothLayouts(t *testing.T) {
	const k, n, ld = 37, 21, 40
	rng := rand.New(rand.NewPCG(15, 1))
	rows, cols := make([]float32, k*ld), make([]float32, n*ld)
	for l := range k {
		for j := range n {
			rows[l*ld+j] = rng.Float32() - 0.5
			cols[j*ld+l] = rows[l*ld+j]
		}
	}
	var plain, trans Int8Weights
	plain.Pack(false, k, n, rows, ld)
	trans.Pack(true, 1, 1, rows, ld) // what was packed before leaves no trace
	trans.Pack(true, k, n, cols, ld)
	if string(bytesOf(plain.panels)) != string(bytesOf(trans.panels)) {
		t.Error("the two layouts of a matrix give different codes")
	}
}

func bytesOf(x []int8) []byte {
	b := make([]byte, len(x))
	for i, v := range x {
		b[i] = byte(v)
	}
	return b
}
