package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Operands lie between pages that cannot be accessed, right behind the one or
// right before the other, and every odd size meets every edge of the tiles.
func TestProductsStayWithinTheirOperands(t *testing.T) {
	const most = 3 * 41 * 41
	a, b, c, bias := newFence(t, most), newFence(t, most), newFence(t, most), newFence(t, most)
	places := []func(f fence, n int) []float32{fence.front, fence.back}
	overEverySet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(4, 4))
		for round := range 3000 {
			m, n, k := 1+rng.IntN(40), 1+rng.IntN(40), 1+rng.IntN(40)
			p := newProblem(uint64(round), round&1 != 0, round&2 != 0, round&4 != 0, m, n, k, round%3)
			p.packed = !p.transA && round&8 != 0
			move := func(f fence, x []float32) []float32 {
				// The gap behind the last row is no part of an operand.
				y := places[rng.IntN(2)](f, len(x)-round%3)
				copy(y, x)
				return y
			}
			p.a, p.b, p.c = move(a, p.a), move(b, p.b), move(c, p.c)
			if err := p.check(); err != nil {
				t.Fatalf("%v: %v", p, err)
			}
			p.run(p.c)
			e := Epilogue{Bias: places[rng.IntN(2)](bias, n), ReLU: true}
			GemmEpilogue(p.transA, p.transB, m, n, k, p.a, p.lda, p.b, p.ldb, p.acc, p.c, p.ldc, e)
		}
	})
}

// Vectors of the sizes at which loops turn, one operand after the other.
func TestProductsWithAVectorStayWithinTheirOperands(t *testing.T) {
	const most = 5 * 600
	x := newFence(t, most)
	overEverySet(t, func(t *testing.T) {
		for _, n := range []int{1, 7, 8, 9, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 300, 600} {
			for _, place := range []func(f fence, n int) []float32{fence.front, fence.back} {
				everyLayout(func(transA, transB, acc bool) {
					row := newProblem(uint64(n), transA, transB, acc, 1, n, 5, 0)
					column := newProblem(uint64(n), transA, transB, acc, n, 1, 5, 0)
					for _, p := range []*problem{row, column} {
						for _, operand := range []*[]float32{&p.a, &p.b, &p.c} {
							before := *operand
							*operand = place(x, len(before))
							copy(*operand, before)
							if err := p.check(); err != nil {
								t.Fatalf("%v: %v", p, err)
							}
							p.run(p.c)
							*operand = slices.Clone(before)
						}
					}
				})
			}
		}
	})
}

// Rows that lie apart: what is between them belongs to somebody else.
func TestProductsWriteNothingBetweenTheRowsOfC(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		for n := 1; n <= 70; n++ {
			for _, m := range []int{1, 2, 7, 17} {
				p := newProblem(uint64(n), false, n%2 == 0, n%3 == 0, m, n, 9, 5)
				p.packed = n%4 == 0
				if err := p.check(); err != nil { // sees every canary
					t.Fatalf("%v: %v", p, err)
				}
			}
		}
	})
}
