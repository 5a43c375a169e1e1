package code

import "math"

// rowLimit is the largest number of a row.
const rowLimit = 127

// Negligible is the length below which a vector may count as zero.
const Negligible = 0x1p-40

// negligibleNumber is the same for a number: squares of smaller ones come near
// to underflow.
const negligibleNumber = 0x1p-50

// QuantizeRow sets dst[i] to the turned vector's numbers in steps of its
// largest over 127, and returns the scale with which products of dst estimate
// those of the vector:
//
//	scale = |v|^2 / <v, dst>
//
// so that what is lost is perpendicular to v. The scale of a vector that is
// Negligible is 0.
func QuantizeRow(dst []int8, v []float32) (scale float32) {
	largest := largestOf(v)
	if largest < negligibleNumber {
		clear(dst[:len(v)])
		return 0
	}
	inverse := rowLimit / largest
	var square, product float32
	dst = dst[:len(v)]
	for i, x := range v {
		n := roundToEven(x * inverse)
		dst[i] = int8(n)
		square += x * x
		product += x * float32(n)
	}
	return square / product
}

// largestOf is the largest |v[i]|. Numbers without their sign have the order of
// their bits.
func largestOf(v []float32) float32 {
	var largest uint32
	for _, x := range v {
		largest = max(largest, math.Float32bits(x)&^(1<<31))
	}
	return math.Float32frombits(largest)
}

// roundToEven rounds |v| < 2^22: adding 1.5 * 2^23 leaves the integer in the low bits.
func roundToEven(v float32) int32 {
	const rounder = 0x1.8p23
	return int32(math.Float32bits(v+rounder)) - int32(math.Float32bits(rounder))
}

// Restore sets dst to about the turned vector that the row is of.
func Restore(dst []float32, row []int8, scale float32) {
	dst = dst[:len(row)]
	for i, n := range row {
		dst[i] = scale * float32(n)
	}
}

// RowDeviation, the root of 1/12, is the standard deviation of a product of a
// row with a query of length 1, over the row's scale. What rounding loses is spread evenly over a
// step in each dimension, independently of the query since both were turned at
// random; most of what it loses along the vector itself is given back by the
// scale.
const RowDeviation = 0.288675
