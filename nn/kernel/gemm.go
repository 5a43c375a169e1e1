package kernel

import "fmt"

// Gemm computes C[m,n] = op(A)[m,k] op(B)[k,n], plus C where acc is set.
// op(A) is A, stored [m,k] with rows lda apart, or with transA the transpose
// of A stored [k,m]; likewise B is stored [k,n], or with transB [n,k]. Rows of
// C are ldc apart; what lies between them is left alone. C must overlap
// neither A nor B. With k = 0 the product is zero.
//
// Gemm panics where a slice is too short for its shape: that is a caller's bug.
func Gemm(transA, transB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, acc bool, c []float32, ldc int) {
	checkMatrix("A", transA, m, k, len(a), lda)
	checkMatrix("B", transB, k, n, len(b), ldb)
	checkMatrix("C", false, m, n, len(c), ldc)
	for i := range m {
		for j := range n {
			var s float32
			for l := range k {
				s += at(transA, a, lda, i, l) * at(transB, b, ldb, l, j)
			}
			if acc {
				s += c[i*ldc+j]
			}
			c[i*ldc+j] = s
		}
	}
}

func at(trans bool, a []float32, lda, i, j int) float32 {
	if trans {
		i, j = j, i
	}
	return a[i*lda+j]
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
