// Package kernel holds the loops under every layer: matrix products, dot
// products, element-wise functions and the optimiser's step in float32, and
// products of 16, 8 and 1 bit for serving and search.
//
// Matrices are row-major slices with a leading dimension: element (i, j) of a
// lies at a[i*lda+j]. The main function is [Gemm]:
//
//	x := make([]float32, 32*1216) // a batch of 32 reel vectors
//	w := make([]float32, 256*1216) // a dense layer's weights, one row per output
//	y := make([]float32, 32*256)
//	kernel.Gemm(false, true, 32, 256, 1216, x, 1216, w, 1216, false, y, 256)
//
// The invariant: results do not depend on the number of threads, bit for bit.
// Work is split only over disjoint outputs, at places that the shape alone
// decides, and each output is summed in one fixed order.
//
// The loops themselves come in sets, one per family of instructions; dispatch.go
// chooses the fastest that the processor can run.
package kernel
