package nn

import (
	"sync"

	"github.com/reelrank/reelrank/nn/kernel"
)

// fewRows is the number of rows up to which packing a layer's weights costs
// more than a product with them as they lie.
const fewRows = 4

// packings are the weights of layers, packed for one product.
var packings = sync.Pool{New: func() any { return new(kernel.Weights) }}

// affine sets y[rows, len(b)] = x[rows, in] Wᵀ + b, with W [len(b), in]. The
// bias joins the outputs while they are in registers.
func affine(y, x, w, b []float32, in, rows int) {
	out := len(b)
	if rows <= fewRows {
		kernel.Gemm(false, true, rows, out, in, x, in, w, in, false, y, out)
		addToRows(y, b, rows)
		return
	}
	packed := packings.Get().(*kernel.Weights)
	defer packings.Put(packed)
	packed.Pack(true, in, out, w, in)
	packed.Gemm(rows, x, in, false, y, out, kernel.Epilogue{Bias: b})
}

// addToRows adds row to each of the rows of dst.
func addToRows(dst, row []float32, rows int) {
	w := len(row)
	for i := range rows {
		kernel.Axpy(1, row, dst[i*w:(i+1)*w])
	}
}

// addColumnSums adds to sums the sum of x's rows, x [rows, len(sums)].
func addColumnSums(sums, x []float32, rows int) {
	w := len(sums)
	for i := range rows {
		kernel.Axpy(1, x[i*w:(i+1)*w], sums)
	}
}
