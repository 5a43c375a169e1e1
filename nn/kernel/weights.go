package kernel

import (
	"fmt"
	"sync"
)

// Weights is the right operand of products, op(B)[k,n], packed once for any
// number of them: a layer's weights over the steps of a sequence, or while
// serving. It belongs to the set of kernels in use when it was packed. Reading
// it is safe for concurrent use. The zero value is an empty operand.
type Weights struct {
	k, n int
	set  string
	data []float32 // panels of yLanes columns, each over all of k
}

// Pack lays out op(B)[k,n] in the place of what w held: B stored [k,n] with
// rows ldb apart, or with trans [n,k]. It reuses w's memory where it can.
func (w *Weights) Pack(trans bool, k, n int, b []float32, ldb int) {
	checkMatrix("B", trans, k, n, len(b), ldb)
	w.k, w.n, w.set = k, n, active.name
	w.data = resized(w.data, roundUp(n, active.yLanes)*k)
	if k == 0 || n == 0 {
		return
	}
	src := operand{b, ldb, trans}
	panels, threads := ceilDiv(n, active.yLanes), 1
	if k*n >= active.serialWork/packWork {
		threads = Threads()
	}
	if threads == 1 {
		w.packPanels(src, 0, panels)
		return
	}
	p := packings.Get().(*packing)
	p.w, p.src, p.each = w, src, ceilDiv(panels, blocksPerThread*threads)
	run(ceilDiv(panels, p.each), threads, p.task)
	p.w, p.src = nil, operand{}
	packings.Put(p)
}

// packWork is what packing a number costs, in multiply-adds.
const packWork = 4

// packing is a call of Pack that several threads work on.
type packing struct {
	w    *Weights
	src  operand
	each int // panels of a task
	task func(t int)
}

var packings = sync.Pool{New: func() any {
	p := new(packing)
	p.task = func(t int) {
		p.w.packPanels(p.src, t*p.each, min((t+1)*p.each, ceilDiv(p.w.n, active.yLanes)))
	}
	return p
}}

// packPanels packs the panels [from, to), piece by piece, since a line of a
// panel is filled in several walks along it.
func (w *Weights) packPanels(src operand, from, to int) {
	lanes := active.yLanes
	for i := from; i < to; i++ {
		for l := 0; l < w.k; l += packDepth {
			depth := min(packDepth, w.k-l)
			active.packY(w.panel(i*lanes, l)[:lanes*depth], src, i*lanes, min(lanes, w.n-i*lanes), l, depth)
		}
	}
}

// packDepth is the depth of such a piece: at most 16 KiB, half of a first-level
// cache.
const packDepth = 128

// panel returns the panel that begins with column col, from depth `from` on.
func (w *Weights) panel(col, from int) []float32 {
	return w.data[col*w.k+from*active.yLanes:]
}

// Gemm computes C[m,n] = A[m,k] B[k,n], plus C where acc is set, and then the
// epilogue. Its bits are those of the function GemmEpilogue.
func (w *Weights) Gemm(m int, a []float32, lda int, acc bool, c []float32, ldc int, e Epilogue) {
	checkMatrix("A", false, m, w.k, len(a), lda)
	checkMatrix("C", false, m, w.n, len(c), ldc)
	e.check(w.n)
	if m == 0 || w.n == 0 {
		return
	}
	if w.set != active.name {
		panic(fmt.Sprintf("kernel.Weights: packed for %s, used by %s", w.set, active.name))
	}
	p := product{m: m, n: w.n, k: w.k, x: operand{a, lda, true}, weights: w, c: c, ldc: ldc, acc: acc, epilogue: e}
	p.multiply()
}

// Epilogue is what a product does to its outputs while they are in registers:
// C = max(0, A B + Bias), each part if asked for. NaN stays NaN.
type Epilogue struct {
	Bias []float32 // [n], added to each row; nil for none
	ReLU bool
}

// check panics where the bias is too short for n columns.
func (e Epilogue) check(n int) {
	if e.Bias != nil && len(e.Bias) < n {
		panic(fmt.Sprintf("kernel.Epilogue: %d biases for %d columns", len(e.Bias), n))
	}
}

// apply is the epilogue of output v in column j.
func (e Epilogue) apply(v float32, j int) float32 {
	if e.Bias != nil {
		v += e.Bias[j]
	}
	if e.ReLU && v < 0 {
		v = 0
	}
	return v
}
