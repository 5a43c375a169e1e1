package kernel

// gemmLoops are the loops of matrix products. Every set keeps the order of
// summation that gemm.go documents, so that the bits of a product do not
// depend on its number of rows or columns.
type gemmLoops struct {
	// tile computes tileRows x tileCols outputs over depth products each:
	// C[i*ldc+j] = sum over l of a[l*tileRows+i] * b[l*tileCols+j], or adds the
	// sums to C. a and b hold panels as pack lays them out.
	tile               func(depth int, a, b, c []float32, ldc int, add bool)
	tileRows, tileCols int

	// packRows and packCols lay out panels of tileRows and tileCols lanes.
	packRows, packCols func(dst []float32, src operand, lane, lanes, from, depth int)

	// dots sets sums[i] to the product of v with row i of x; rows are ld apart.
	dots func(sums, v, x []float32, ld int)
	// combine adds to sums[j] the products v[l] * x[l*ld+j] in the order of l.
	combine func(sums, v, x []float32, ld int)
}

// Scalar code has a ceiling of two multiply-adds a cycle; on a 3.7 GHz Zen 4
// core the tile does 12 GFLOP/s of the 14.8, and Gemm 10.5 to 11 per thread.
var portableGemm = gemmLoops{
	tile: tile2x4, tileRows: 2, tileCols: 4,
	packRows: pack2, packCols: pack4,
	dots: dotRows, combine: combineRows,
}
