package kernel

// codeLoops are the loops over numbers of fewer bits than float32. Those over
// integers and those that convert give the same bits in every set.
type codeLoops struct {
	// toHalf, fromHalf and addHalf are ToHalf, FromHalf and AddHalf of slices
	// of one length.
	toHalf   func(dst []uint16, src []float32)
	fromHalf func(dst []float32, src []uint16)
	addHalf  func(dst []float32, x []uint16, y []float32)

	// toInt16 and toInt8 set dst[i] to x[i]*inverse, rounded to even in float64.
	toInt16 func(dst []int16, x []float32, inverse float64)
	toInt8  func(dst []int8, x []float32, inverse float64)
	// addInt16 and addInt8 are AddInt16 and AddInt8 of slices of one length.
	addInt16 func(dst []float32, codes []int16, scale float32, y []float32)
	addInt8  func(dst []float32, codes []int8, scale float32, y []float32)

	// mulHalf is HalfWeights.MulVec over the panels that Pack lays out, the
	// last one filled up. A set without it multiplies widened numbers by combine.
	mulHalf func(y, x []float32, panels []uint16)

	// dotInt8 and dotsInt8 are DotInt8 and DotsInt8, with the lengths checked.
	dotInt8  func(x, y []int8) int32
	dotsInt8 func(dst []int32, query, codes []int8)

	// maxAbs is the largest |x[i]|, NaN aside, and 0 where there is none.
	maxAbs func(x []float32) float32
	// quantize sets dst[i] to x[i]*inverse rounded to even, plus zero, and to 0
	// where that is negative or NaN. |x[i]*inverse| is below 128, the sum too.
	quantize func(dst []uint8, x []float32, inverse float32, zero int32)
	// mulInt8 is the product of an int8Product's rows and columns.
	mulInt8 func(p int8Product)

	// bitDot and bitDots are BitDot and BitDots, with the lengths checked.
	bitDot  func(code, planes []uint64) int32
	bitDots func(dst []int32, codes []uint64, words int, planes []uint64)
}

var portableCode = codeLoops{
	toHalf: toHalf, fromHalf: fromHalf, addHalf: addHalf,
	toInt16: toCodes[int16], toInt8: toCodes[int8],
	addInt16: addCodes[int16], addInt8: addCodes[int8],
	dotInt8: dotInt8, dotsInt8: dotsInt8,
	maxAbs: maxAbs, quantize: quantize, mulInt8: mulInt8,
	bitDot: bitDot, bitDots: bitDots,
}
