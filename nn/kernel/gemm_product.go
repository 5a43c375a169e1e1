package kernel

import "sync"

// product is one product: x's lanes by y's lanes, both [k] deep. The outputs
// of a lane of x are neighbours in a row of C, or in a column if transposed.
type product struct {
	m, n, k    int // lanes of x, lanes of y, products per output
	x, y       operand
	weights    *Weights // in the place of y, or of x if transposed
	c          []float32
	ldc        int
	acc        bool
	transposed bool
	epilogue   Epilogue

	// How the outputs are cut into tasks: blocks of rows x cols, `across` of
	// them side by side.
	rows, cols, across int
	vectors            bool        // a task is vectorBlock, not tileBlock
	task               func(t int) // calls block; made once, since it lies on the heap
}

// products are for those that several threads work on, so that sharing one
// costs no allocation.
var products = sync.Pool{New: func() any {
	p := new(product)
	p.task = p.compute
	return p
}}

// multiply computes the product. What comes out does not depend on how it is
// cut, nor on which way it is taken.
func (p *product) multiply() {
	if p.k == 0 {
		p.withoutDepth()
		return
	}
	if p.n < p.m && p.thin() {
		p.transpose()
	}
	if p.byVectors() {
		p.multiplyVectors()
		return
	}
	p.multiplyTiles()
}

// thin tells whether the transpose is the faster way to the product.
func (p *product) thin() bool {
	return p.n <= active.thinCols || p.weights == nil && p.n <= p.x.rowLoop().most
}

// share computes the product's tasks on as many threads as pay.
func (p *product) share(tasks, threads int) {
	if threads == 1 || tasks == 1 {
		for t := range tasks {
			p.compute(t)
		}
		return
	}
	shared := products.Get().(*product)
	task := shared.task
	*shared = *p
	shared.task = task
	run(tasks, threads, task)
	*shared = product{task: task} // the pool holds on to nobody's memory
	products.Put(shared)
}

// compute computes one task's outputs.
func (p *product) compute(task int) {
	row, col := task/p.across*p.rows, task%p.across*p.cols
	if p.vectors {
		p.vectorBlock(row, col)
	} else {
		p.tileBlock(row, col)
	}
}

// threads is how many may work on the product.
func (p *product) threads() int {
	if p.m*p.n*p.k < active.serialWork {
		return 1
	}
	return Threads()
}

// keep brings the sums of a lane of x and those of y from col on to C, with
// what was there before where the depth does not begin with them, and with the
// epilogue where it ends with them.
func (p *product) keep(sums []float32, row, col, from int) {
	add := p.acc || from > 0
	var e Epilogue
	if from+depthBlock >= p.k {
		e = p.epilogue
	}
	at, step := row*p.ldc+col, 1
	if p.transposed {
		at, step = col*p.ldc+row, p.ldc
	}
	for j, v := range sums {
		if add {
			v += p.c[at]
		}
		if p.transposed {
			p.c[at] = e.apply(v, row)
		} else {
			p.c[at] = e.apply(v, col+j)
		}
		at += step
	}
}

// withoutDepth is the product over no l at all: zeros.
func (p *product) withoutDepth() {
	for i := range p.m {
		row := p.c[i*p.ldc:][:p.n]
		for j, v := range row {
			if !p.acc {
				v = 0
			}
			row[j] = p.epilogue.apply(v, j)
		}
	}
}

// transpose exchanges the operands: Cᵀ = Bᵀ Aᵀ.
func (p *product) transpose() {
	p.m, p.n = p.n, p.m
	p.x, p.y = p.y, p.x
	p.transposed = true
}

// A block of outputs is one task of one thread. It packs its part of x first,
// at most blockRows lanes x depthBlock numbers: 256 KiB, which stay in a core's
// second-level cache while the panels of y pass by.
const blockRows = 256

// blocksPerThread is the number of tasks that each thread can hope for: enough
// that none waits long for the last one.
const blocksPerThread = 4

// multiplyTiles packs both operands, where they are not, and computes tiles.
//
// One thread takes all columns at once, so that x is packed once. For several,
// blocks become smaller until there are enough of them, but not so small that
// packing shows, which costs about packWork multiply-adds per number.
func (p *product) multiplyTiles() {
	const leastRows, leastCols = 64, 128
	down := ceilDiv(p.m, blockRows)
	across := 1
	threads := p.threads()
	if threads > 1 {
		want := blocksPerThread * threads
		across = min(ceilDiv(want, down), max(p.n/leastCols, 1))
		down = max(down, min(ceilDiv(want, across), p.m/leastRows))
	}
	p.rows = roundUp(ceilDiv(p.m, down), active.tileRows)
	p.cols = roundUp(ceilDiv(p.n, across), active.yLanes)
	p.across = ceilDiv(p.n, p.cols)
	p.share(p.across*ceilDiv(p.m, p.rows), threads)
}
