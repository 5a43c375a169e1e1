package kernel

import (
	"fmt"
	"sync"
)

// The order of summation, the same for every shape, path and thread count: an
// output's products are added one after another in the order of l, from zero,
// over blocks of depthBlock; each block's sum is then added to the output.
// A row of a product therefore has the same bits alone and within a batch.
const depthBlock = 256

// An output block of blockRows x blockCols is one task of one thread. Its
// packed operands, 128 KiB and 256 KiB, stay in a core's second-level cache.
const (
	blockRows = 128
	blockCols = 256
)

// serialWork is the number of multiply-adds below which waking another thread
// costs more than it saves: about 50 microseconds of portable work.
const serialWork = 1 << 18

// vectorLanes is the number of rows or columns up to which packing the other
// operand does not pay, and the product is taken vector by vector.
const vectorLanes = 3

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
	if m == 0 || n == 0 {
		return
	}
	p := product{m: m, n: n, k: k, a: operand{a, lda, !transA}, b: operand{b, ldb, transB}, c: c, ldc: ldc, acc: acc}
	switch {
	case k == 0:
		p.clear()
	case m <= vectorLanes:
		for i := range m {
			multiplyVector(p.a.vector(i, k), p.b, n, c[i*ldc:], 1, acc)
		}
	case n <= vectorLanes:
		for j := range n {
			multiplyVector(p.b.vector(j, k), p.a, m, c[j:], ldc, acc)
		}
	default:
		p.multiply()
	}
}

// GemmEpilogue is Gemm with something done to the outputs in passing, once all
// products are summed: a layer's bias and activation.
func GemmEpilogue(transA, transB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, acc bool, c []float32, ldc int, e Epilogue) {
	Gemm(transA, transB, m, n, k, a, lda, b, ldb, acc, c, ldc)
	for i := range m {
		e.apply(c[i*ldc:][:n])
	}
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

// vector returns one lane as a contiguous slice, copied only where it is not.
func (o operand) vector(lane, k int) []float32 {
	if o.deep {
		return o.x[lane*o.ld:][:k]
	}
	if o.ld == 1 {
		return o.x[:k]
	}
	v := make([]float32, k)
	for l := range v {
		v[l] = o.x[l*o.ld+lane]
	}
	return v
}

// product is one call of Gemm.
type product struct {
	m, n, k int
	a, b    operand
	c       []float32
	ldc     int
	acc     bool
}

func (p *product) clear() {
	if p.acc {
		return
	}
	for i := range p.m {
		clear(p.c[i*p.ldc:][:p.n])
	}
}

// multiply cuts the output into blocks and works on them side by side. How it
// is cut depends on the thread count; what comes out does not.
func (p *product) multiply() {
	threads := Threads()
	if p.m*p.n*p.k < serialWork {
		threads = 1
	}
	rows, cols := blockShape(p.m, p.n, threads)
	across := ceilDiv(p.n, cols)
	tasks := across * ceilDiv(p.m, rows)
	if threads == 1 || tasks == 1 {
		for t := range tasks {
			p.block(t/across*rows, t%across*cols, rows, cols)
		}
		return
	}
	q := *p // p itself shall not move to the heap for the sake of the serial path
	run(tasks, threads, func(t int) { q.block(t/across*rows, t%across*cols, rows, cols) })
}

// blockShape cuts the blocks smaller until every thread has two of them, so
// that none waits long for the last one, but not so small that packing shows:
// it costs about three multiply-adds per packed number.
func blockShape(m, n, threads int) (rows, cols int) {
	const blocksPerThread, leastRows, leastCols = 2, 32, 64
	rows, cols = min(blockRows, m), min(blockCols, n)
	for threads > 1 && ceilDiv(m, rows)*ceilDiv(n, cols) < blocksPerThread*threads {
		switch {
		case cols >= rows && cols >= 2*leastCols:
			cols = ceilDiv(cols, 2)
		case rows >= 2*leastRows:
			rows = ceilDiv(rows, 2)
		case cols >= 2*leastCols:
			cols = ceilDiv(cols, 2)
		default:
			threads = 1
		}
	}
	return roundUp(rows, active.tileRows), roundUp(cols, active.tileCols)
}

// workspace is what one block needs beside its operands. It comes from a pool,
// since what is handed to a function value cannot live on the stack.
type workspace struct {
	a, b []float32            // the packed operands
	edge [maxTile]float32     // a tile that reaches beyond C
	sums [vectorChunk]float32 // the outputs of a product with a vector
}

// maxTile is the largest number of outputs in a tile of any set of loops.
const maxTile = 8 * 32

var workspaces = sync.Pool{New: func() any {
	return &workspace{ // whole tiles: the last panel of a block is filled up
		a: make([]float32, roundUp(blockRows, active.tileRows)*depthBlock),
		b: make([]float32, roundUp(blockCols, active.tileCols)*depthBlock),
	}
}}

// block computes the outputs from (row, col) on, at most rows x cols of them.
func (p *product) block(row, col, rows, cols int) {
	rows, cols = min(rows, p.m-row), min(cols, p.n-col)
	w := workspaces.Get().(*workspace)
	defer workspaces.Put(w)
	for from := 0; from < p.k; from += depthBlock {
		depth := min(depthBlock, p.k-from)
		active.packRows(w.a, p.a, row, rows, from, depth)
		active.packCols(w.b, p.b, col, cols, from, depth)
		p.tiles(w, row, col, rows, cols, depth, p.acc || from > 0)
	}
}

// tiles multiplies the packed operands tile by tile.
func (p *product) tiles(w *workspace, row, col, rows, cols, depth int, add bool) {
	tr, tc := active.tileRows, active.tileCols
	for j := 0; j < cols; j += tc {
		b := w.b[j*depth:][:tc*depth]
		for i := 0; i < rows; i += tr {
			a := w.a[i*depth:][:tr*depth]
			c := p.c[(row+i)*p.ldc+col+j:]
			if i+tr <= rows && j+tc <= cols {
				active.tile(depth, a, b, c, p.ldc, add)
			} else {
				w.edgeTile(depth, a, b, c, p.ldc, add, min(tr, rows-i), min(tc, cols-j))
			}
		}
	}
}

// edgeTile computes a whole tile aside and keeps the part that is within C.
func (w *workspace) edgeTile(depth int, a, b, c []float32, ldc int, add bool, rows, cols int) {
	tc := active.tileCols
	active.tile(depth, a, b, w.edge[:], tc, false)
	for i := range rows {
		dst, src := c[i*ldc:][:cols], w.edge[i*tc:][:cols]
		for j, v := range src {
			if add {
				v += dst[j]
			}
			dst[j] = v
		}
	}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

func roundUp(a, multiple int) int { return ceilDiv(a, multiple) * multiple }
