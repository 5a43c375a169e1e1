package kernel

import "math"

// Max is the largest value of x, NaN aside, and -Inf where there is none.
func Max(x []float32) float32 { return active.maximum(x) }

// ExpSum sets dst[i] to e^(src[i]-shift) and returns the sum, in float64 and in
// an order that depends on the length alone. dst may be src. It panics where
// dst is shorter than src.
func ExpSum(dst, src []float32, shift float32) float64 {
	return active.expSum(dst[:len(src)], src, shift)
}

func maximum(x []float32) float32 {
	top := float32(math.Inf(-1))
	for _, v := range x {
		if v > top { // twice as fast as max
			top = v
		}
	}
	return top
}

// expSum adds in four strands, as dot does.
func expSum(dst, src []float32, shift float32) float64 {
	for i, v := range src {
		dst[i] = v - shift
	}
	expLoop(dst, dst)
	var a, b, c, d float64
	x := dst
	for ; len(x) >= 4; x = x[4:] {
		a, b, c, d = a+float64(x[0]), b+float64(x[1]), c+float64(x[2]), d+float64(x[3])
	}
	for _, v := range x {
		a += float64(v)
	}
	return (a + b) + (c + d)
}
