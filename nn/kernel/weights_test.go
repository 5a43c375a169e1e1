package kernel

import (
	"slices"
	"testing"
)

func TestTheEpilogueAddsTheBiasAndThenCutsAtZero(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		everyLayout(func(transA, transB, acc bool) {
			for _, m := range []int{1, 5, 40} {
				p := newProblem(uint64(m), transA, transB, acc, m, 37, 300, 2)
				bias := newProblem(9, false, false, false, 1, p.n, 0, 0).c
				want := slices.Clone(p.c)
				p.run(want)
				for i := range p.m {
					row := want[i*p.ldc:][:p.n]
					for j := range row {
						row[j] = max(row[j]+bias[j], 0)
					}
				}
				GemmEpilogue(transA, transB, p.m, p.n, p.k, p.a, p.lda, p.b, p.ldb, acc, p.c, p.ldc, Epilogue{Bias: bias, ReLU: true})
				if at := firstDifference(p.c, want); at >= 0 {
					t.Fatalf("%v: %g at %d, want %g", p, p.c[at], at, want[at])
				}
			}
		})
	})
}
