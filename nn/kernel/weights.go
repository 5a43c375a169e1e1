package kernel

import "fmt"

// Weights is the right operand of products, op(B)[k,n], packed once for any
// number of them: a layer's weights over the steps of a sequence, or while
// serving. It belongs to the set of kernels in use when it was packed. Reading
// it is safe for concurrent use.
type Weights struct {
	k, n int
	data []float32
	set  string
}

// Epilogue is what a product does to its outputs while they are in registers:
// C = max(0, A B + Bias), each part if asked for. NaN stays NaN.
type Epilogue struct {
	Bias []float32 // [n], added to each row; nil for none
	ReLU bool
}

// Pack lays out op(B)[k,n] in the place of what w held: B stored [k,n] with
// rows ldb apart, or with trans [n,k]. It reuses w's memory where it can.
func (w *Weights) Pack(trans bool, k, n int, b []float32, ldb int) {
	checkMatrix("B", trans, k, n, len(b), ldb)
	w.k, w.n, w.set = k, n, active.name
	if cap(w.data) < k*n {
		w.data = make([]float32, k*n)
	}
	w.data = w.data[:k*n]
	for l := range k {
		for j := range n {
			if trans {
				w.data[l*n+j] = b[j*ldb+l]
			} else {
				w.data[l*n+j] = b[l*ldb+j]
			}
		}
	}
}

// Gemm computes C[m,n] = A[m,k] B[k,n], plus C where acc is set, and then the
// epilogue. Its bits are those of the function Gemm.
func (w *Weights) Gemm(m int, a []float32, lda int, acc bool, c []float32, ldc int, e Epilogue) {
	if w.set != active.name {
		panic(fmt.Sprintf("kernel.Weights: packed for %s, used by %s", w.set, active.name))
	}
	Gemm(false, false, m, w.n, w.k, a, lda, w.data, w.n, acc, c, ldc)
	for i := range m {
		e.apply(c[i*ldc:][:w.n])
	}
}

func (e Epilogue) apply(row []float32) {
	if e.Bias != nil {
		axpy(1, e.Bias[:len(row)], row)
	}
	if e.ReLU {
		for j, v := range row {
			row[j] = max(v, 0)
		}
	}
}
