package kernel

import "sync"

// workspace is what one block needs beside its operands.
type workspace struct {
	x, y  []float32                // packed panels: all of x's, one or two of y's
	strip strip                    // here, since what a function value gets is on the heap
	edge  [maxTile]float32         // a tile that reaches beyond C
	out   [maxTile]float32         // a tile of a transposed product
	sums  [2 * vectorChunk]float32 // of a product with a vector
	part  [depthBlock]float32      // of that vector
}

var workspaces = sync.Pool{New: func() any { return new(workspace) }}

// tileBlock computes the outputs from lane row of x and lane col of y on, at
// most p.rows x p.cols of them. A panel of y is packed just before it is used,
// and so met in the first-level cache by all of x.
func (p *product) tileBlock(row, col int) {
	w := workspaces.Get().(*workspace)
	rows, cols := min(p.rows, p.m-row), min(p.cols, p.n-col)
	s := &w.strip
	s.rows, s.edge = rows, &w.edge
	s.height = ceilDiv(rows, ceilDiv(rows, active.tileRows)) // tiles of one height
	for from := 0; from < p.k; from += depthBlock {
		s.depth = min(depthBlock, p.k-from)
		p.panelsX(w, row, from)
		width := active.yLanes
		if rows <= active.pairRows {
			width *= 2
		}
		for j := 0; j < cols; j += width {
			s.cols = min(width, cols-j)
			p.panelsY(w, col+j, from)
			p.output(w, row, col+j, from)
		}
	}
	s.c, s.x, s.y, s.bias = nil, nil, nil, nil
	workspaces.Put(w)
}

// panelsX finds or packs the strip's lanes of x from lane row and depth from on.
func (p *product) panelsX(w *workspace, row, from int) {
	s := &w.strip
	if p.weights != nil && p.transposed {
		s.x, s.xStep = p.weights.panel(0, from), active.yLanes
		return
	}
	if active.strided && s.rows == 1 && p.x.deep {
		s.x, s.xStep = p.x.x[row*p.x.ld+from:][:s.depth], 1
		return
	}
	size := active.xLanes * s.depth
	w.x = resized(w.x, ceilDiv(s.rows, s.height)*size)
	s.x, s.xStep = w.x, active.xLanes
	for i, at := 0, 0; i < s.rows; i, at = i+s.height, at+size {
		active.packX(w.x[at:][:size], p.x, row+i, min(s.height, s.rows-i), from, s.depth)
	}
}

// panelsY finds or packs the strip's lanes of y from lane col and depth from on.
func (p *product) panelsY(w *workspace, col, from int) {
	s := &w.strip
	if p.weights != nil && !p.transposed {
		s.y, s.yNext = p.weights.panel(col, from), p.k*active.yLanes
		return
	}
	size := active.yLanes * s.depth
	w.y = resized(w.y, ceilDiv(s.cols, active.yLanes)*size)
	s.y, s.yNext = w.y, size
	for j, at := 0, 0; j < s.cols; j, at = j+active.yLanes, at+size {
		active.packY(w.y[at:][:size], p.y, col+j, min(active.yLanes, s.cols-j), from, s.depth)
	}
}

// output computes the strip. The epilogue follows the last of the depth.
func (p *product) output(w *workspace, row, col, from int) {
	s := &w.strip
	s.bias, s.relu = nil, false
	if p.transposed {
		p.outputTransposed(w, row, col, from)
		return
	}
	s.c, s.ldc, s.add = p.c[row*p.ldc+col:], p.ldc, p.acc || from > 0
	if from+s.depth == p.k {
		s.relu = p.epilogue.ReLU
		if p.epilogue.Bias != nil {
			s.bias = p.epilogue.Bias[col:][:s.cols]
		}
	}
	active.strip(s)
}

// outputTransposed computes the strip, which is one tile high, aside, and
// brings it to C column by column.
func (p *product) outputTransposed(w *workspace, row, col, from int) {
	s := &w.strip
	cols := s.cols
	s.cols = roundUp(cols, active.yLanes) // what fills up the panel too: there is room
	s.c, s.ldc, s.add = w.out[:], s.cols, false
	active.strip(s)
	for i := range s.rows {
		p.keep(w.out[i*s.ldc:][:cols], row+i, col, from)
	}
}
