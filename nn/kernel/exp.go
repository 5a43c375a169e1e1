package kernel

import "math"

// elementGrain is the number of elements of an element-wise function that are
// worth a thread: 15 microseconds of AVX-512, 400 of portable Go.
const elementGrain = 1 << 16

// Exp sets dst[i] to e^src[i]. dst may be src. It panics where dst is shorter than src.
// Like Sigmoid and Tanh it is within two units in the last place of the rounded
// result, subnormal ones included (within one in portable Go), treats infinities
// and NaN as package math does, and gives an element the same bits in any place.
func Exp(dst, src []float32) { elementwise(active.exp, dst, src, elementGrain) }

// Sigmoid sets dst[i] to 1/(1+e^-src[i]). dst may be src. It panics where dst is shorter than src.
func Sigmoid(dst, src []float32) { elementwise(active.sigmoid, dst, src, elementGrain) }

// Tanh sets dst[i] to the hyperbolic tangent of src[i]. dst may be src. It panics where dst is shorter than src.
func Tanh(dst, src []float32) { elementwise(active.tanh, dst, src, elementGrain) }

// elementwise shares dst = fn(src) among threads, grain elements at a time.
func elementwise(fn func(dst, src []float32), dst, src []float32, grain int) {
	dst = dst[:len(src)]
	if len(src) <= grain {
		fn(dst, src)
		return
	}
	elementwiseWork.do(len(src), grain, elementwiseArgs{fn, dst, src}, (*elementwiseArgs).run)
}

type elementwiseArgs struct {
	fn       func(dst, src []float32)
	dst, src []float32
}

var elementwiseWork sharer[elementwiseArgs]

func (a *elementwiseArgs) run(lo, hi int) { a.fn(a.dst[lo:hi], a.src[lo:hi]) }

// The exponential is taken in float64, which costs a scalar unit no more than
// float32 and leaves no error worth counting: x = n ln 2 + r with |r| <= ln(2)/2,
// e^r by its Taylor series up to r^7/7!, whose rest is below 2e-8 of r.
const (
	log2E = 1 / math.Ln2
	// Adding 1.5 * 2^52 leaves the nearest integer in the low bits.
	rounder     = 0x1.8p52
	doubleBias  = 1023
	doubleShift = 52
)

// Beyond these a float32 result is 0 or infinite.
const (
	expFloor   = -104.0 // e^-104 is below half of the least subnormal
	expCeiling = 89.0   // e^89 is above the largest float32
)

// reduce returns 2^n and r with e^x = 2^n e^r. x is within expFloor..-expFloor.
// It and series are apart because each is small enough to be inlined.
func reduce(x float64) (power, r float64) {
	t := x*log2E + rounder
	// The shift drops all but n's low bits and the bias, which make the exponent.
	power = math.Float64frombits((math.Float64bits(t) + doubleBias) << doubleShift)
	return power, x - (t-rounder)*math.Ln2
}

// series is e^r - 1, without the cancellation of a subtraction.
func series(r float64) float64 {
	r2 := r * r
	low := 1 + r*(1.0/2)
	mid := 1.0/6 + r*(1.0/24)
	high := 1.0/120 + r*(1.0/720) + r2*(1.0/5040)
	return r * (low + r2*(mid+r2*high))
}

func expLoop(dst, src []float32) {
	dst = dst[:len(src)]
	for i, v := range src {
		x := float64(v)
		if !(x >= expFloor && x <= expCeiling) {
			dst[i] = expBeyond(v)
			continue
		}
		power, r := reduce(x)
		dst[i] = float32(power + power*series(r))
	}
}

// expBeyond is e^v where v is NaN or out of range.
func expBeyond(v float32) float32 {
	switch {
	case v < 0:
		return 0
	case v > 0:
		return float32(math.Inf(1))
	}
	return v
}

func sigmoidLoop(dst, src []float32) {
	dst = dst[:len(src)]
	for i, v := range src {
		if v != v {
			dst[i] = v
			continue
		}
		power, r := reduce(-max(min(float64(v), -expFloor), expFloor))
		dst[i] = float32(1 / (1 + (power + power*series(r))))
	}
}

// tanhCeiling is above the arguments whose tanh rounds to 1.
const tanhCeiling = 10.0

// tanhLoop computes tanh x = -m/(m+2) with m = e^(-2|x|) - 1, which keeps its
// relative precision down to the smallest x.
func tanhLoop(dst, src []float32) {
	dst = dst[:len(src)]
	for i, v := range src {
		if v != v || v == 0 {
			dst[i] = v // keeps NaN and the sign of zero
			continue
		}
		power, r := reduce(-2 * min(math.Abs(float64(v)), tanhCeiling))
		m := power*series(r) + (power - 1)
		dst[i] = float32(math.Copysign(m/(m+2), float64(v)))
	}
}
