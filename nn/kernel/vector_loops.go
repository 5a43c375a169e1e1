package kernel

// vectorLoops are the loops over one or two vectors.
type vectorLoops struct {
	dot                func(x, y []float32) float32
	axpy               func(alpha float32, x, y []float32)
	exp, sigmoid, tanh func(dst, src []float32)
	sumSquares         func(x []float32) float64
	// scale sets dst to alpha*src, of the same length.
	scale func(dst, src []float32, alpha float32)
	// blend sets dst to a*x + b*y, all of the same length.
	blend func(dst []float32, a float32, x []float32, b float32, y []float32)
	// adam takes AdamStep.constants.
	adam func(p, g, m, v []float32, c [9]float32)
}

var portableVector = vectorLoops{
	dot: dot, axpy: axpy,
	exp: expLoop, sigmoid: sigmoidLoop, tanh: tanhLoop,
	sumSquares: sumSquares, scale: scale, blend: blend, adam: adam,
}
