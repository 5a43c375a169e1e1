package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// checkMulVec compares a product with the definition over the rounded weights.
func checkMulVec(t *testing.T, rng *rand.Rand, trans bool, k, n, extra int) {
	b, ldb := randomMatrix(rng, trans, k, n, extra)
	var w HalfWeights
	w.Pack(trans, k, n, b, ldb)
	x, y := fencedUnit(t, rng, k), fencedUnit(t, rng, n)
	before := append([]float32(nil), y...)
	w.MulVec(y, x)
	for j := range n {
		want, magnitude := float64(before[j]), math.Abs(float64(before[j]))
		for l := range k {
			at := l*ldb + j
			if trans {
				at = j*ldb + l
			}
			v := float64(x[l]) * float64(halfValue(halfOf(b[at])))
			want += v
			magnitude += math.Abs(v)
		}
		if diff := math.Abs(float64(y[j]) - want); !(diff <= 6e-8*float64(k+2)*magnitude) {
			t.Fatalf("trans=%v k=%d n=%d: y[%d] = %g, want %g", trans, k, n, j, y[j], want)
		}
	}
}

func TestMulVecEqualsTheDefinition(t *testing.T) {
	withEachSet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 1))
		for _, n := range []int{0, 1, 5, 8, 9, 31, 64, 95, 96, 97, 130, 192, 200} {
			for _, k := range []int{0, 1, 2, 33, 256, 257, 600} {
				checkMulVec(t, rng, n%2 == 0, k, n, k%3)
			}
		}
	})
}

func FuzzMulVec(f *testing.F) {
	f.Add(uint64(1), true, uint16(3), uint16(97))
	f.Fuzz(func(t *testing.T, seed uint64, trans bool, k, n uint16) {
		withEachSet(t, func(t *testing.T) {
			checkMulVec(t, rand.New(rand.NewPCG(seed, 1)), trans, int(k%600), int(n%300), int(seed%3))
		})
	})
}

func TestMulVecHandlesNumbersThatAreNotFinite(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	withEachSet(t, func(t *testing.T) {
		var w HalfWeights
		w.Pack(false, 2, 4, []float32{
			1, inf, 0, 1e-7,
			1, 1, 1, nan}, 4)
		y := make([]float32, 4)
		w.MulVec(y, []float32{inf, 1})
		for j, want := range []float32{inf, inf, nan, nan} {
			if !sameBits(y[j], want) {
				t.Errorf("y[%d] = %g, want %g", j, y[j], want)
			}
		}
	})
}

func TestExactTellsWhetherRoundingChangedAWeight(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	const k, n = 5, 100
	b, ldb := randomMatrix(rng, false, k, n, 0)
	halves := make([]uint16, len(b))
	var w HalfWeights
	w.Pack(false, k, n, b, ldb)
	if w.Exact() {
		t.Error("random weights of 24 bits count as exact")
	}
	ToHalf(halves, b)
	FromHalf(b, halves)
	w.Pack(false, k, n, b, ldb)
	if !w.Exact() {
		t.Error("rounded weights do not count as exact")
	}
	b[(k-1)*ldb+n-1] = 1e-9
	w.Pack(false, k, n, b, ldb)
	if w.Exact() {
		t.Error("a weight that rounds to zero counts as exact")
	}
}

// A model that serves from halves and one that serves from the same weights in
// float32 must agree to the last bit.
func TestExactHalfWeightsGiveTheBitsOfGemm(t *testing.T) {
	withEachSet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(9, 1))
		for _, k := range []int{1, 100, 256, 700} {
			for _, n := range []int{5, 96, 300} {
				b, ldb := randomMatrix(rng, false, k, n, 0)
				halves := make([]uint16, len(b))
				ToHalf(halves, b)
				FromHalf(b, halves)
				var w HalfWeights
				w.Pack(false, k, n, b, ldb)
				x, y := fencedUnit(t, rng, k), fencedUnit(t, rng, n)
				want := append([]float32(nil), y...)
				Gemm(false, false, 1, n, k, x, k, b, ldb, true, want, n)
				w.MulVec(y, x)
				for j := range want {
					if !sameBits(y[j], want[j]) {
						t.Fatalf("k=%d n=%d: y[%d] = %g, Gemm has %g", k, n, j, y[j], want[j])
					}
				}
			}
		}
	})
}

func TestMulVecRefusesWhatDoesNotFit(t *testing.T) {
	var w HalfWeights
	w.Pack(false, 2, 3, make([]float32, 6), 3)
	for name, run := range map[string]func(){
		"a short input":  func() { w.MulVec(make([]float32, 3), make([]float32, 1)) },
		"a short output": func() { w.MulVec(make([]float32, 2), make([]float32, 2)) },
		"another set": func() {
			packed := w
			packed.set = "none"
			packed.MulVec(make([]float32, 3), make([]float32, 2))
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			run()
		}()
	}
}
