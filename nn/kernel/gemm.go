package kernel

import "fmt"

// The order of summation, the same for every shape, path and thread count: an
// output's products are added one after another in the order of l, from zero,
// over blocks of depthBlock; each block's sum is then added to the output.
// A row of a product therefore has the same bits alone and within a batch.
const depthBlock = 256

// Gemm computes C[m,n] = op(A)[m,k] op(B)[k,n], plus C where acc is set.
// op(A) is A, stored [m,k] with rows lda apart, or with transA the transpose
// of A stored [k,m]; likewise B is stored [k,n], or with transB [n,k]. Rows of
// C are ldc apart; what lies between them is left alone. C must overlap
// neither A nor B. With k = 0 the product is zero.
//
// Gemm panics where a slice is too short for its shape: that is a caller's bug.
func Gemm(transA, transB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, acc bool, c []float32, ldc int) {
	GemmEpilogue(transA, transB, m, n, k, a, lda, b, ldb, acc, c, ldc, Epilogue{})
}

// GemmEpilogue is Gemm with something done to the outputs in passing, once all
// products are summed: a layer's bias and activation.
func GemmEpilogue(transA, transB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, acc bool, c []float32, ldc int, e Epilogue) {
	checkMatrix("A", transA, m, k, len(a), lda)
	checkMatrix("B", transB, k, n, len(b), ldb)
	checkMatrix("C", false, m, n, len(c), ldc)
	e.check(n)
	if m == 0 || n == 0 {
		return
	}
	p := product{m: m, n: n, k: k, x: operand{a, lda, !transA}, y: operand{b, ldb, transB}, c: c, ldc: ldc, acc: acc, epilogue: e}
	p.multiply()
}

// checkMatrix panics unless size elements hold op(X)[rows, cols].
func checkMatrix(name string, trans bool, rows, cols, size, ld int) {
	if rows < 0 || cols < 0 {
		panic(fmt.Sprintf("kernel.Gemm: %s has a negative dimension: %d x %d", name, rows, cols))
	}
	if rows == 0 || cols == 0 {
		return
	}
	if trans {
		rows, cols = cols, rows
	}
	if ld < cols {
		panic(fmt.Sprintf("kernel.Gemm: leading dimension %d of %s is less than its %d columns", ld, name, cols))
	}
	if need := (rows-1)*ld + cols; size < need {
		panic(fmt.Sprintf("kernel.Gemm: %s has %d elements; its shape needs %d", name, size, need))
	}
}

// operand is A seen by rows or B seen by columns: lanes of k numbers each. So
// seen, the two are alike, and the four layouts of a product are two.
type operand struct {
	x    []float32
	ld   int
	deep bool // a lane's numbers are adjacent: x[lane*ld+l]; else x[l*ld+lane]
}

// part returns numbers [from, from+len(buf)) of a lane, in buf where they are
// not adjacent.
func (o operand) part(buf []float32, lane, from int) []float32 {
	if o.deep {
		return o.x[lane*o.ld+from:][:len(buf)]
	}
	for l := range buf {
		buf[l] = o.x[(from+l)*o.ld+lane]
	}
	return buf
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

func roundUp(a, multiple int) int { return ceilDiv(a, multiple) * multiple }
