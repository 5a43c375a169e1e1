package kernel

import "math"

// Dot is the sum of x[i]*y[i]. It panics where y is shorter than x.
func Dot(x, y []float32) float32 {
	y = y[:len(x)]
	var s float32
	for i, v := range x {
		s += v * y[i]
	}
	return s
}

// Axpy adds alpha*x to y. It panics where y is shorter than x.
func Axpy(alpha float32, x, y []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += alpha * v
	}
}

// SumSquares is the sum of x[i]², accumulated in float64, so that a norm over
// millions of gradients neither overflows nor loses the small ones.
func SumSquares(x []float32) float64 {
	var s float64
	for _, v := range x {
		s += float64(v) * float64(v)
	}
	return s
}

// Exp sets dst[i] to e^src[i]. dst may be src. It panics where dst is shorter than src.
func Exp(dst, src []float32) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = float32(math.Exp(float64(v)))
	}
}

// Sigmoid sets dst[i] to 1/(1+e^-src[i]). dst may be src. It panics where dst is shorter than src.
func Sigmoid(dst, src []float32) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = float32(1 / (1 + math.Exp(-float64(v))))
	}
}

// Tanh sets dst[i] to the hyperbolic tangent of src[i]. dst may be src. It panics where dst is shorter than src.
func Tanh(dst, src []float32) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = float32(math.Tanh(float64(v)))
	}
}
