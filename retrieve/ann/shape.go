package ann

import (
	"math"

	"github.com/reelrank/reelrank/nn/kernel"
)

// shape is in which directions vectors lie from their centroids: the mean
// product of the distances' numbers, [width, width], divided such that the
// mean of its diagonal is 1. Embeddings spread far in some directions and
// hardly in others, and how far a list reaches towards a query depends on
// which it asks for.
type shape []float32

// shapeSample is the number of vectors that a shape is measured on.
const shapeSample = 1 << 14

// shapeOf measures the shape of distances [n, width].
func shapeOf(distances []float32, width int) shape {
	s := make(shape, width*width)
	n := len(distances) / width
	kernel.Gemm(true, false, width, width, n, distances, width, distances, width, false, s, width)
	trace := 0.0
	for d := range width {
		trace += float64(s[d*width+d])
	}
	if !(trace > 0) {
		clear(s)
		for d := range width {
			s[d*width+d] = 1
		}
		return s
	}
	scale := float32(float64(width) / trace)
	for i := range s {
		s[i] *= scale
	}
	return s
}

// leastStretch keeps a query that asks for where no vector of the sample lay
// from being taken for one that needs no more than one list.
const leastStretch = 0.25

// stretch is how much further than on average vectors lie from their centroids
// in the direction of a query: the root of q' S q / q' q.
func (s shape) stretch(product, query []float32, norm float32) float32 {
	width := len(query)
	if norm == 0 {
		return 1
	}
	kernel.Gemm(false, false, 1, width, width, query, width, s, width, false, product, width)
	square := float64(kernel.Dot(product, query)) / float64(norm) / float64(norm)
	return float32(math.Sqrt(max(square, leastStretch*leastStretch)))
}
