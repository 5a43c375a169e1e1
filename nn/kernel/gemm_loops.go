package kernel

// gemmLoops are the loops of matrix products. Every set keeps the order of
// summation that gemm.go documents, so that the bits of a product do not
// depend on its number of rows or columns.
type gemmLoops struct {
	// strip computes the outputs of one panel of y.
	strip func(s *strip)
	// A panel of x holds xLanes lanes, of y yLanes: [depth, lanes]. A tile, what
	// is summed at once, is at most tileRows lanes of x, each by a panel of y.
	xLanes, yLanes, tileRows int
	// strided sets read x at any xStep, so that some operands need no packing.
	strided bool
	// thinCols is the number of columns up to which the transpose is computed
	// instead: vectors of rows waste less than vectors of so few columns.
	thinCols int
	// pairRows is the number of lanes of x up to which strip takes two panels of
	// y at once, 0 where it never does.
	pairRows int

	// packX and packY lay out lanes [lane, lane+lanes) of an operand, from depth
	// `from` on, as one panel. There is at least one lane; what fills up the
	// panel is left to the set, since nobody keeps its outputs.
	packX, packY func(panel []float32, src operand, lane, lanes, from, depth int)

	// dots sets sums[i] to the product of v with row i of x, rows being ld apart.
	// combine sets sums[j] to the sum of v[l] * x[l*ld+j] in the order of l.
	dots, combine rowLoop

	// serialWork is the number of multiply-adds below which waking another
	// thread costs more than it saves: about 40 microseconds of work.
	serialWork int
}

// strip is the part of a product's outputs that one panel of y, or two, gives
// with the packed rows of a block: C[i*ldc+j] = the sum over l of x's lane i
// and y's lane j, with what the flags below ask for.
type strip struct {
	depth, rows, cols int

	x      []float32 // panels of xLanes lanes, of which height are rows
	height int       // at most tileRows
	xStep  int       // from one l to the next: xLanes, or what a strided set allows
	y      []float32
	yNext  int // from a panel of y to the next, where cols is above yLanes

	c    []float32
	ldc  int
	add  bool      // to what C holds
	bias []float32 // [cols] or nil, then added
	relu bool      // then cut at zero

	edge *[maxTile]float32 // for a tile that reaches beyond C
}

// rowLoop multiplies one lane of x by y as it lies in memory: for few of them,
// packing y would not pay.
type rowLoop struct {
	run   func(sums, v, x []float32, ld int)
	most  int // lanes of x for which it pays
	least int // sums that it must have
}

// maxTile is the largest number of outputs in a tile of any set of loops.
const maxTile = 8 * 32

// keep brings the part of the tile in s.edge that is within C there, from
// output (i, 0) on; the tile's rows are ld apart.
func (s *strip) keep(i, rows, ld int) {
	for r := range rows {
		dst, src := s.c[(i+r)*s.ldc:][:s.cols], s.edge[r*ld:][:s.cols]
		for j, v := range src {
			if s.add {
				v += dst[j]
			}
			if s.bias != nil {
				v += s.bias[j]
			}
			if s.relu && v < 0 {
				v = 0
			}
			dst[j] = v
		}
	}
}

// The portable loops of products round each product to float32 before they add
// it: a compiler may fuse the two where it likes, in one loop and not in
// another, and a row's bits would depend on which loop it meets.
//
// Scalar code has a ceiling of two multiply-adds a cycle; on a 3.7 GHz Zen 4
// core the tile does 12 GFLOP/s of the 14.8, and Gemm 10.5 to 11 per thread.
var portableGemm = gemmLoops{
	strip: stripPortable, xLanes: 2, yLanes: 4, tileRows: 2,
	packX: pack2, packY: pack4,
	dots: rowLoop{dotRows, 3, 1}, combine: rowLoop{combineAll, 3, 1},
	serialWork: 1 << 18,
}
