package cluster

import (
	"math/rand/v2"

	"github.com/reelrank/reelrank/nn/kernel"
)

// Means finds k centroids [k, width] of x [n, width] by Lloyd's rounds from k
// of the vectors drawn at random. Where there are no more vectors than
// centroids, each is one and the rest are zero.
func Means(x []float32, width, k, rounds int, random *rand.Rand) []float32 {
	n := len(x) / width
	centroids := make([]float32, k*width)
	for i, from := range random.Perm(n)[:min(k, n)] {
		copy(centroids[i*width:][:width], x[from*width:])
	}
	if n <= k {
		return centroids
	}
	nearest := make([]int32, n)
	for range rounds {
		assignAll(nearest, x, centroids, width)
		if !moveCentroids(centroids, x, nearest, width) {
			break
		}
	}
	return centroids
}

// assignGrain is the number of vectors that are compared at once.
const assignGrain = 512

// assignAll sets nearest[i] to the centroid next to vector i.
func assignAll(nearest []int32, x, centroids []float32, width int) {
	halves := halfSquares(centroids, width)
	k := len(halves)
	kernel.Parallel(len(nearest), assignGrain, func(lo, hi int) {
		products := make([]float32, (hi-lo)*k)
		kernel.Gemm(false, true, hi-lo, k, width, x[lo*width:hi*width], width, centroids, width, false, products, k)
		for i := lo; i < hi; i++ {
			nearest[i], _ = nearestOf(products[(i-lo)*k:][:k], halves)
		}
	})
}

// nearestOf is the least distance from a vector x by its products with
// centroids: |x-c|^2 is least where <x, c> - |c|^2/2 is largest.
func nearestOf(products, halves []float32) (at int32, closeness float32) {
	closeness = products[0] - halves[0]
	halves = halves[:len(products)]
	for j, p := range products {
		if v := p - halves[j]; v > closeness {
			at, closeness = int32(j), v
		}
	}
	return at, closeness
}

// halfSquares is |c|^2/2 of each centroid.
func halfSquares(centroids []float32, width int) []float32 {
	halves := make([]float32, len(centroids)/width)
	for j := range halves {
		c := centroids[j*width:][:width]
		halves[j] = kernel.Dot(c, c) / 2
	}
	return halves
}

// moveCentroids moves each centroid to the mean of its vectors. One without
// any goes to the middle between the largest cluster's centroid and one of its
// vectors. It tells whether any moved.
func moveCentroids(centroids, x []float32, nearest []int32, width int) bool {
	members := Members(nearest, len(centroids)/width)
	moved := make([]bool, members.Lists())
	kernel.Parallel(members.Lists(), 1, func(lo, hi int) {
		mean := make([]float32, width)
		for j := lo; j < hi; j++ {
			if of := members.Of(j); len(of) > 0 {
				meanOf(mean, x, of)
				c := centroids[j*width:][:width]
				moved[j] = !equal(c, mean)
				copy(c, mean)
			}
		}
	})
	any := false
	largest := members.largest()
	for j := range moved {
		if of := members.Of(j); len(of) == 0 {
			from := members.Of(largest)
			seed := x[int(from[j%len(from)])*width:][:width]
			c := centroids[j*width:][:width]
			for d, v := range centroids[largest*width:][:width] {
				c[d] = (v + seed[d]) / 2
			}
			moved[j] = true
		}
		any = any || moved[j]
	}
	return any
}

// meanOf sets mean to that of the vectors with the given numbers.
func meanOf(mean, x []float32, of []int32) {
	width := len(mean)
	clear(mean)
	for _, i := range of {
		kernel.Axpy(1, x[int(i)*width:][:width], mean)
	}
	share := 1 / float32(len(of))
	for d := range mean {
		mean[d] *= share
	}
}

func equal(a, b []float32) bool {
	for i, v := range a {
		if v != b[i] {
			return false
		}
	}
	return true
}
