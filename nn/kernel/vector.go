package kernel

import "sync"

// Dot is the sum of x[i]*y[i], in an order that depends on their length alone. It panics where y is shorter than x.
func Dot(x, y []float32) float32 { return active.dot(x, y[:len(x)]) }

// Axpy adds alpha*x to y. It panics where y is shorter than x.
func Axpy(alpha float32, x, y []float32) { active.axpy(alpha, x, y[:len(x)]) }

// Scale sets dst to alpha*src. dst may be src. It panics where dst is shorter than src.
func Scale(dst, src []float32, alpha float32) { active.scale(dst[:len(src)], src, alpha) }

// Blend sets dst to a*x + b*y. dst may be x or y. It panics where x or y is
// shorter than dst.
func Blend(dst []float32, a float32, x []float32, b float32, y []float32) {
	active.blend(dst, a, x[:len(dst)], b, y[:len(dst)])
}

// sumGrain is the number of elements whose squares are summed together; the
// sums of the grains are then added in order. It takes 10 microseconds of AVX2.
const sumGrain = 1 << 18

// SumSquares is the sum of x[i]², accumulated in float64, so that a norm over
// millions of gradients neither overflows nor loses the small ones.
func SumSquares(x []float32) float64 {
	if len(x) <= sumGrain {
		return active.sumSquares(x)
	}
	a := sumSquaresPool.Get().(*sumSquaresArgs)
	defer sumSquaresPool.Put(a)
	a.x, a.sums = x, append(a.sums[:0], make([]float64, ceilDiv(len(x), sumGrain))...)
	Parallel(len(x), sumGrain, a.run)
	a.x = nil
	var total float64
	for _, s := range a.sums {
		total += s
	}
	return total
}

// sumSquaresArgs is one SumSquares that threads share.
type sumSquaresArgs struct {
	x    []float32
	sums []float64 // one per grain
	run  func(lo, hi int)
}

var sumSquaresPool = sync.Pool{New: func() any {
	a := new(sumSquaresArgs)
	a.run = func(lo, hi int) { a.sums[lo/sumGrain] = active.sumSquares(a.x[lo:hi]) }
	return a
}}

// dot sums in four strands, since one addition takes longer than it takes to
// start the next, and joins them pairwise.
func dot(x, y []float32) float32 {
	var s0, s1, s2, s3 float32
	for len(x) >= 8 && len(y) >= 8 {
		a, b := (*[8]float32)(x), (*[8]float32)(y)
		s0, s1, s2, s3 = s0+a[0]*b[0], s1+a[1]*b[1], s2+a[2]*b[2], s3+a[3]*b[3]
		s0, s1, s2, s3 = s0+a[4]*b[4], s1+a[5]*b[5], s2+a[6]*b[6], s3+a[7]*b[7]
		x, y = x[8:], y[8:]
	}
	y = y[:len(x)]
	for i, v := range x {
		s0 += v * y[i]
	}
	return (s0 + s1) + (s2 + s3)
}

func axpy(alpha float32, x, y []float32) {
	for len(x) >= 4 && len(y) >= 4 {
		a, b := (*[4]float32)(x), (*[4]float32)(y)
		b[0], b[1], b[2], b[3] = b[0]+float32(alpha*a[0]), b[1]+float32(alpha*a[1]), b[2]+float32(alpha*a[2]), b[3]+float32(alpha*a[3])
		x, y = x[4:], y[4:]
	}
	y = y[:len(x)]
	for i, v := range x {
		y[i] += float32(alpha * v)
	}
}

func scale(dst, src []float32, alpha float32) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = alpha * v
	}
}

func blend(dst []float32, a float32, x []float32, b float32, y []float32) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = a*x[i] + b*y[i]
	}
}

func sumSquares(x []float32) float64 {
	var s0, s1, s2, s3 float64
	for len(x) >= 4 {
		a := (*[4]float32)(x)
		v0, v1, v2, v3 := float64(a[0]), float64(a[1]), float64(a[2]), float64(a[3])
		s0, s1, s2, s3 = s0+v0*v0, s1+v1*v1, s2+v2*v2, s3+v3*v3
		x = x[4:]
	}
	for _, v := range x {
		s0 += float64(v) * float64(v)
	}
	return (s0 + s1) + (s2 + s3)
}
