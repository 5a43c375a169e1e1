package kernel

import "math"

// A row of numbers of about one size can be kept as whole numbers times a
// scale that the row has of its own, in 16 or 8 bits a number:
//
//	x[i] ≈ scale * codes[i],  scale = max |x| / largest code
//
// All sets of kernels give the same bits.

// leastRowScale is the scale below which a row counts as zero: there, a
// float32 has too few digits for one.
const leastRowScale = 0x1p-126

// ToInt16 sets dst to the codes of src, -32,767 to 32,767, and returns their
// scale; src[i] is at most half of it away from scale*dst[i]. src must be
// finite. It panics where dst is shorter than src.
func ToInt16(dst []int16, src []float32) (scale float32) {
	dst = dst[:len(src)]
	scale, inverse := rowScale(src, math.MaxInt16)
	active.toInt16(dst, src, inverse)
	return scale
}

// ToInt8 is ToInt16 for codes of -127 to 127.
func ToInt8(dst []int8, src []float32) (scale float32) {
	dst = dst[:len(src)]
	scale, inverse := rowScale(src, math.MaxInt8)
	active.toInt8(dst, src, inverse)
	return scale
}

// rowScale returns the scale of a row's codes and its inverse, 0 for what
// counts as zero.
func rowScale(x []float32, largest float64) (scale float32, inverse float64) {
	scale = float32(float64(active.maxAbs(x)) / largest)
	if scale < leastRowScale {
		return 0, 0
	}
	return scale, 1 / float64(scale)
}

// AddInt16 sets dst[i] to scale*codes[i] + y[i], a product rounded to float32
// and then a sum. dst may be y. It panics where dst or y is shorter than codes.
func AddInt16(dst []float32, codes []int16, scale float32, y []float32) {
	active.addInt16(dst[:len(codes)], codes, scale, y[:len(codes)])
}

// AddInt8 is AddInt16 for codes of 8 bits.
func AddInt8(dst []float32, codes []int8, scale float32, y []float32) {
	active.addInt8(dst[:len(codes)], codes, scale, y[:len(codes)])
}

// toCodes rounds to even as roundToEven does, in float64: with 16 bits, the
// rounding of a product in float32 would show.
func toCodes[Code int8 | int16](dst []Code, x []float32, inverse float64) {
	const rounder = 0x1.8p52 // leaves the integer in the low bits
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = Code(math.Float64bits(float64(float64(v)*inverse) + rounder))
	}
}

func addCodes[Code int8 | int16](dst []float32, codes []Code, scale float32, y []float32) {
	dst, y = dst[:len(codes)], y[:len(codes)]
	for i, c := range codes {
		dst[i] = float32(scale*float32(c)) + y[i]
	}
}
