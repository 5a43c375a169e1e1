package model

import (
	"math"
	"slices"

	"github.com/reelrank/reelrank/nn/kernel"
)

// CodedRows keeps the rows of a matrix in 16 or 8 bits a number, as whole
// numbers times a scale per row:
//
//	x[i][j] ≈ scale[i] * code[i][j],  scale[i] = max |x[i]| / largest code
//
// It is what serving caches of each reel. With 16 bits a number is off by
// max |x[i]| / 65,534 at most: several times less than a half-precision float
// loses where the numbers of a row are of one size, as outputs of a layer are
// (docs/decisions/0009).
//
// Rows come and change by Put while others read, without a lock. It is safe
// for concurrent use; a row is read after its first Put returned.
type CodedRows[Code int8 | int16] struct {
	Width int
	chunks[codedChunk[Code]]
}

type codedChunk[Code int8 | int16] struct {
	codes  []Code // [chunkRows, Width]
	scales [chunkRows]float32
}

// NewCodedRows returns no rows yet.
func NewCodedRows[Code int8 | int16](width int) *CodedRows[Code] {
	r := &CodedRows[Code]{Width: width}
	r.empty = func() *codedChunk[Code] { return &codedChunk[Code]{codes: make([]Code, chunkRows*width)} }
	r.clone = func(old *codedChunk[Code]) *codedChunk[Code] {
		return &codedChunk[Code]{codes: slices.Clone(old.codes), scales: old.scales}
	}
	return r
}

// largest is the largest code.
func (r *CodedRows[Code]) largest() float64 {
	code := Code(math.MaxInt8)
	if code++; code < 0 { // it wraps around in 8 bits
		return math.MaxInt8
	}
	return math.MaxInt16
}

// RowBytes is the memory that a row takes.
func (r *CodedRows[Code]) RowBytes() int {
	const scaleBytes = 4
	codeBytes := 1
	if r.largest() > math.MaxInt8 {
		codeBytes = 2
	}
	return codeBytes*r.Width + scaleBytes
}

// Put codes x [len(is), Width], which is finite, as the rows of is, all
// different, and adds or replaces them together.
func (r *CodedRows[Code]) Put(is []int32, x []float32) {
	r.put(is, func(to *codedChunk[Code], at, n int) {
		row := x[n*r.Width:][:r.Width]
		switch codes := any(to.codes[at*r.Width:][:r.Width]).(type) {
		case []int16:
			to.scales[at] = kernel.ToInt16(codes, row)
		case []int8:
			to.scales[at] = kernel.ToInt8(codes, row)
		}
	})
}

// Add sets dst to row i plus y, all [Width]; dst may be y.
func (r *CodedRows[Code]) Add(dst []float32, i int32, y []float32) {
	chunk, at := r.of(i), int(i%chunkRows)
	switch codes := any(chunk.codes[at*r.Width:][:r.Width]).(type) {
	case []int16:
		kernel.AddInt16(dst, codes, chunk.scales[at], y)
	case []int8:
		kernel.AddInt8(dst, codes, chunk.scales[at], y)
	}
}
