package kernel

import (
	"math"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// drawn returns n values in -1..1.
func drawn(seed uint64, n int) []float32 { return newProblem(seed, false, false, false, 1, n, 0, 0).c }

func TestTheEpilogueAddsTheBiasAndThenCutsAtZero(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		everyLayout(func(transA, transB, acc bool) {
			for _, shape := range [][2]int{{1, 37}, {5, 300}, {40, 37}, {40, 3}, {40, 64}, {3, 0}} {
				m, k := shape[0], 300
				p := newProblem(uint64(m), transA, transB, acc, m, shape[1], k, 2)
				bias := drawn(9, p.n)
				for _, e := range []Epilogue{{Bias: bias}, {ReLU: true}, {Bias: bias, ReLU: true}} {
					want := slices.Clone(p.c)
					p.run(want)
					for i := range p.m {
						row := want[i*p.ldc:][:p.n]
						for j := range row {
							if e.Bias != nil {
								row[j] += bias[j]
							}
							if e.ReLU && row[j] < 0 {
								row[j] = 0
							}
						}
					}
					got := slices.Clone(p.c)
					GemmEpilogue(transA, transB, p.m, p.n, p.k, p.a, p.lda, p.b, p.ldb, acc, got, p.ldc, e)
					if at := firstDifference(got, want); at >= 0 {
						t.Fatalf("%v: %g at %d, want %g", p, got[at], at, want[at])
					}
				}
			}
		})
	})
}

func TestTheEpilogueOfNoProductsIsAppliedAllTheSame(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		bias := []float32{1, -1}
		for _, acc := range []bool{false, true} {
			c := []float32{3, -3}
			GemmEpilogue(false, false, 1, 2, 0, nil, 0, nil, 2, acc, c, 2, Epilogue{Bias: bias, ReLU: true})
			want := []float32{1, 0}
			if acc {
				want[0] = 4
			}
			if !slices.Equal(c, want) {
				t.Errorf("acc=%v: %v, want %v", acc, c, want)
			}
		}
	})
}

func TestReLUKeepsNaN(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		for _, m := range []int{1, 9} {
			for _, n := range []int{1, 5, 33, 150} {
				p := newProblem(1, false, true, false, m, n, 7, 0)
				p.a[0] = float32(math.NaN())
				GemmEpilogue(false, true, m, n, p.k, p.a, p.lda, p.b, p.ldb, false, p.c, n, Epilogue{ReLU: true})
				for j := range n {
					if v := p.c[j]; v == v {
						t.Fatalf("m=%d n=%d: C[0,%d] = %g, want NaN", m, n, j, v)
					}
				}
			}
		}
	})
}

// With this a layer may be packed or not, and take its rows one by one or all
// together, without a bit of difference.
func TestPackedWeightsGiveTheBitsOfGemm(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		var w Weights // reused, as a layer would
		rapid.Check(t, func(rt *rapid.T) {
			dim := rapid.OneOf(rapid.IntRange(1, 12), rapid.IntRange(1, 130))
			p := newProblem(rapid.Uint64().Draw(rt, "seed"), false, rapid.Bool().Draw(rt, "transB"), rapid.Bool().Draw(rt, "acc"),
				dim.Draw(rt, "m"), dim.Draw(rt, "n"), rapid.IntRange(0, 600).Draw(rt, "k"), rapid.IntRange(0, 3).Draw(rt, "extra"))
			e := Epilogue{ReLU: rapid.Bool().Draw(rt, "relu")}
			if rapid.Bool().Draw(rt, "bias") {
				e.Bias = drawn(7, p.n)
			}
			w.Pack(p.transB, p.k, p.n, p.b, p.ldb)
			want, got := slices.Clone(p.c), slices.Clone(p.c)
			GemmEpilogue(false, p.transB, p.m, p.n, p.k, p.a, p.lda, p.b, p.ldb, p.acc, want, p.ldc, e)
			w.Gemm(p.m, p.a, p.lda, p.acc, got, p.ldc, e)
			if at := firstDifference(got, want); at >= 0 {
				rt.Fatalf("%v: packed %g at %d, else %g", p, got[at], at, want[at])
			}
			for i := range p.m {
				row := slices.Clone(p.c[i*p.ldc:][:p.n])
				w.Gemm(1, p.a[i*p.lda:], max(p.lda, p.k), p.acc, row, p.n, e)
				if at := firstDifference(row, want[i*p.ldc:][:p.n]); at >= 0 {
					rt.Fatalf("%v: row %d alone has %g at %d, in the batch %g", p, i, row[at], at, want[i*p.ldc+at])
				}
			}
		})
	})
}

func TestPackedWeightsGiveTheSameBitsForAnyThreadCount(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		active.serialWork = 1
		for _, s := range [][3]int{{3, 700, 90}, {300, 70, 270}, {300, 4, 30}, {1, 1000, 300}} {
			p := newProblem(3, false, true, true, s[0], s[1], s[2], 0)
			var want []float32
			for _, threads := range []int{1, 2, 7} {
				setThreads(t, threads)
				var w Weights
				w.Pack(p.transB, p.k, p.n, p.b, p.ldb)
				got := slices.Clone(p.c)
				w.Gemm(p.m, p.a, p.lda, p.acc, got, p.ldc, Epilogue{})
				if want == nil {
					want = got
				} else if at := firstDifference(got, want); at >= 0 {
					t.Fatalf("%v: %d threads gave %g at %d, one gave %g", p, threads, got[at], at, want[at])
				}
			}
		}
	})
}

func TestPackedWeightsMayBeReadByManyAtOnce(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		p := newProblem(1, false, true, false, 40, 130, 70, 0)
		want := slices.Clone(p.c)
		p.run(want)
		var w Weights
		w.Pack(p.transB, p.k, p.n, p.b, p.ldb)
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				got := slices.Clone(p.c)
				w.Gemm(p.m, p.a, p.lda, false, got, p.ldc, Epilogue{})
				if at := firstDifference(got, want); at >= 0 {
					t.Errorf("differs at %d", at)
				}
			})
		}
		wait.Wait()
	})
}

func TestWeightsOfAnotherSetAreRefused(t *testing.T) {
	x := []float32{1, 2, 3, 4}
	for _, packed := range Sets() {
		for _, used := range Sets() {
			restore, err := Select(packed)
			if err != nil {
				t.Fatal(err)
			}
			var w Weights
			w.Pack(false, 2, 2, x, 2)
			restore()
			if restore, err = Select(used); err != nil {
				t.Fatal(err)
			}
			refused := panics(func() { w.Gemm(2, x, 2, false, make([]float32, 4), 2, Epilogue{}) })
			restore()
			if refused != (packed != used) {
				t.Errorf("packed for %s, used by %s: refused=%v", packed, used, refused)
			}
		}
	}
}

func TestNoWeightsAreAnEmptyOperand(t *testing.T) {
	var w Weights
	c := []float32{5}
	w.Gemm(1, nil, 0, false, c, 1, Epilogue{})
	if c[0] != 5 {
		t.Errorf("wrote %g", c[0])
	}
}

func TestWeightsPanicOnWhatDoesNotFit(t *testing.T) {
	x := make([]float32, 12)
	var w Weights
	w.Pack(false, 3, 4, x, 4)
	for name, call := range map[string]func(){
		"B too short":     func() { new(Weights).Pack(false, 4, 4, x, 4) },
		"ldb below":       func() { new(Weights).Pack(true, 3, 4, x, 2) },
		"A too short":     func() { w.Gemm(5, x, 3, false, make([]float32, 20), 4, Epilogue{}) },
		"C too short":     func() { w.Gemm(4, x, 3, false, make([]float32, 15), 4, Epilogue{}) },
		"bias too short":  func() { w.Gemm(4, x, 3, false, make([]float32, 16), 4, Epilogue{Bias: x[:3]}) },
		"negative number": func() { w.Gemm(-1, x, 3, false, make([]float32, 16), 4, Epilogue{}) },
	} {
		if !panics(call) {
			t.Errorf("%s: no panic", name)
		}
	}
}

func panics(call func()) (did bool) {
	defer func() { did = recover() != nil }()
	call()
	return false
}
