package kernel

import (
	"fmt"
	"math"
)

// The codes of a product's left operand have 7 bits, not 8: the sum of two
// products with weights of 8 bits then fits 16 bits in every instruction set,
// and all of them give the same integers.
const (
	codeLimit  = 127              // the largest code of QuantizeRow
	signedZero = 64               // the code of 0 in QuantizeSigned
	signedSpan = 127 - signedZero // the codes above it
)

// quantizeFloor is the size below which a row counts as zero: the reciprocal
// of anything smaller comes near to overflow.
const quantizeFloor = 0x1p-100

// QuantizeRow rounds non-negative numbers to codes 0..127 and returns their
// scale, such that x[i] is about scale*dst[i] with an error of at most scale/2:
//
//	scale = max |x| / 127, dst[i] = x[i]/scale rounded to even
//
// Negative numbers and NaN become 0. It panics where dst is shorter than x.
func QuantizeRow(dst []uint8, x []float32) (scale float32) {
	return quantizeRow(dst[:len(x)], x, codeLimit, 0)
}

// QuantizeSigned is QuantizeRow for numbers of either sign, at half the
// precision: x[i] is about scale*(dst[i]-64). Int8Weights.GemmSigned takes such codes.
func QuantizeSigned(dst []uint8, x []float32) (scale float32) {
	return quantizeRow(dst[:len(x)], x, signedSpan, signedZero)
}

// QuantizeRows quantises the m rows of x[m,k], ldx apart, into those of dst,
// ldd apart, each with a scale of its own, by QuantizeRow.
func QuantizeRows(m, k int, dst []uint8, ldd int, scales []float32, x []float32, ldx int) {
	checkMatrix("dst", false, m, k, len(dst), ldd)
	checkMatrix("X", false, m, k, len(x), ldx)
	if len(scales) < m {
		panic(fmt.Sprintf("kernel.QuantizeRows: %d scales for %d rows", len(scales), m))
	}
	for i := range m {
		if k == 0 {
			scales[i] = 0
			continue
		}
		scales[i] = QuantizeRow(dst[i*ldd:][:k], x[i*ldx:][:k])
	}
}

func quantizeRow(dst []uint8, x []float32, span, zero int32) (scale float32) {
	largest := active.maxAbs(x)
	if largest < quantizeFloor {
		for i := range dst {
			dst[i] = uint8(zero)
		}
		return 0
	}
	active.quantize(dst, x, float32(span)/largest, zero)
	return largest / float32(span)
}

func maxAbs(x []float32) float32 {
	var largest float32
	for _, v := range x {
		if v = math.Float32frombits(math.Float32bits(v) &^ (1 << 31)); v > largest {
			largest = v
		}
	}
	return largest
}

func quantize(dst []uint8, x []float32, inverse float32, zero int32) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = 0
		if r := float32(v * inverse); r == r {
			dst[i] = uint8(max(roundToEven(r)+zero, 0))
		}
	}
}

// roundToEven rounds |v| < 2^22: adding 1.5 * 2^23 leaves the integer in the low bits.
func roundToEven(v float32) int32 {
	const rounder = 0x1.8p23
	return int32(math.Float32bits(v+rounder)) - int32(math.Float32bits(rounder))
}
