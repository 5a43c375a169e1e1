package model

import (
	"math"

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
type CodedRows[Code int8 | int16] struct {
	Width  int
	codes  []Code    // [rows, Width]
	scales []float32 // [rows]
}

// NewCodedRows returns rows of zeros.
func NewCodedRows[Code int8 | int16](rows, width int) *CodedRows[Code] {
	return &CodedRows[Code]{Width: width, codes: make([]Code, rows*width), scales: make([]float32, rows)}
}

// largest is the largest code.
func (r *CodedRows[Code]) largest() float64 {
	code := Code(math.MaxInt8)
	if code++; code < 0 { // it wraps around in 8 bits
		return math.MaxInt8
	}
	return math.MaxInt16
}

// Bytes is the memory that all rows take.
func (r *CodedRows[Code]) Bytes() int {
	const scaleBytes = 4
	codeBytes := 1
	if r.largest() > math.MaxInt8 {
		codeBytes = 2
	}
	return codeBytes*len(r.codes) + scaleBytes*len(r.scales)
}

// Set codes x [Width], which is finite, as row i.
func (r *CodedRows[Code]) Set(i int, x []float32) {
	switch codes := any(r.codes[i*r.Width:][:r.Width]).(type) {
	case []int16:
		r.scales[i] = kernel.ToInt16(codes, x[:r.Width])
	case []int8:
		r.scales[i] = kernel.ToInt8(codes, x[:r.Width])
	}
}

// Add sets dst to row i plus y, all [Width]; dst may be y.
func (r *CodedRows[Code]) Add(dst []float32, i int32, y []float32) {
	switch codes := any(r.codes[int(i)*r.Width:][:r.Width]).(type) {
	case []int16:
		kernel.AddInt16(dst, codes, r.scales[i], y)
	case []int8:
		kernel.AddInt8(dst, codes, r.scales[i], y)
	}
}
