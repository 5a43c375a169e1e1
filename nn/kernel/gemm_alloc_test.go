package kernel

import (
	"runtime/debug"
	"testing"
)

// A trainer's step and a request allocate nothing here once they are warm, on
// one thread or on several.
func TestProductsAllocateNothingInTheSteadyState(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes sync.Pool forget at random")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection empties the pools
	overEverySet(t, func(t *testing.T) {
		active.serialWork = 1 << 12 // so that most of them are shared
		setThreads(t, 2)
		for _, s := range [][3]int{{1, 192, 64}, {32, 64, 48}, {200, 300, 70}, {300, 4, 40}, {1, 1000, 300}, {1000, 1, 30}} {
			for _, trans := range []bool{false, true} {
				p := newProblem(1, trans, !trans, trans, s[0], s[1], s[2], 0)
				e := Epilogue{Bias: drawn(2, p.n), ReLU: true}
				var w Weights
				for name, call := range map[string]func(){
					"Gemm":         func() { p.run(p.c) },
					"GemmEpilogue": func() { GemmEpilogue(trans, !trans, p.m, p.n, p.k, p.a, p.lda, p.b, p.ldb, p.acc, p.c, p.ldc, e) },
					"Pack":         func() { w.Pack(!trans, p.k, p.n, p.b, p.ldb) },
					"Weights.Gemm": func() { w.Gemm(p.m, p.a, p.k, p.acc, p.c, p.ldc, e) },
				} {
					w.Pack(!trans, p.k, p.n, p.b, p.ldb)
					call() // fills the pools
					if n := testing.AllocsPerRun(20, call); n >= 1 {
						t.Errorf("%s of %v: %g allocations", name, p, n)
					}
				}
			}
		}
	})
}
