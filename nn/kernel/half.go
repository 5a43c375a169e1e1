package kernel

import "math"

// A half is a number of IEEE 754's binary16 in a uint16: a sign, 5 bits of
// exponent, 10 of fraction. It keeps 11 significant bits, about three decimal
// digits, from 2^-14 to 65,504; smaller ones lose bits down to 2^-24.

// ToHalf sets dst[i] to the half nearest to src[i], to the even one of two:
// beyond 65,520 that is infinity. NaN stays NaN with its sign and the head of
// its payload. It panics where dst is shorter than src.
func ToHalf(dst []uint16, src []float32) { active.toHalf(dst[:len(src)], src) }

// FromHalf sets dst[i] to the half src[i], which float32 holds exactly; a
// signalling NaN turns quiet. It panics where dst is shorter than src.
func FromHalf(dst []float32, src []uint16) { active.fromHalf(dst[:len(src)], src) }

// AddHalf sets dst[i] to the half x[i] plus y[i], added in float32. dst may be
// y. It panics where dst or y is shorter than x.
func AddHalf(dst []float32, x []uint16, y []float32) {
	active.addHalf(dst[:len(x)], x, y[:len(x)])
}

// The parts of a half, and the distance to the same parts of a float32.
const (
	halfSign     = 1 << 15
	halfInfinity = 31 << 10
	halfQuiet    = 1 << 9 // tells a quiet NaN from a signalling one
	fractionGap  = 23 - 10
	exponentGap  = 127 - 15
)

func toHalf(dst []uint16, src []float32) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = halfOf(v)
	}
}

// halfOf leaves rounding to additions whose carry moves up into the exponent.
func halfOf(v float32) uint16 {
	const (
		infinity    = 0xff << 23
		tooLarge    = (127 + 16) << 23 // 2^16
		leastNormal = (127 - 14) << 23 // 2^-14
		belowHalf   = 1<<(fractionGap-1) - 1
	)
	bits := math.Float32bits(v)
	sign := uint16(bits >> 16 & halfSign)
	bits &= 1<<31 - 1
	switch {
	case bits > infinity:
		return sign | halfInfinity | halfQuiet | uint16(bits>>fractionGap)&(halfQuiet-1)
	case bits >= tooLarge:
		return sign | halfInfinity
	case bits < leastNormal:
		// A half's fixed point here is 2^-24, which is the last place of 0.5.
		return sign | uint16(math.Float32bits(math.Float32frombits(bits)+0.5)-math.Float32bits(0.5))
	}
	odd := bits >> fractionGap & 1
	return sign | uint16((bits+belowHalf+odd)>>fractionGap-exponentGap<<10)
}

func fromHalf(dst []float32, src []uint16) {
	dst = dst[:len(src)]
	for i, h := range src {
		dst[i] = halfValue(h)
	}
}

// halfValue puts the bits in their places and lets a multiplication move the
// exponent, which is exact and turns subnormal halves into normal numbers.
func halfValue(h uint16) float32 {
	const rescale = 1 << exponentGap
	bits := uint32(h&^halfSign) << fractionGap
	sign := uint32(h&halfSign) << 16
	if h&halfInfinity == halfInfinity {
		bits |= 0xff << 23
		if h&(1<<10-1) != 0 {
			bits |= halfQuiet << fractionGap
		}
		return math.Float32frombits(sign | bits)
	}
	return math.Float32frombits(sign | math.Float32bits(math.Float32frombits(bits)*rescale))
}

func addHalf(dst []float32, x []uint16, y []float32) {
	dst, y = dst[:len(x)], y[:len(x)]
	for i, h := range x {
		dst[i] = halfValue(h) + y[i]
	}
}
