package kernel

// The loops of vector_loops.go in assembly.
var (
	avx512Vector = vectorLoops{
		dot: dot, axpy: axpy,
		exp: expAVX512, sigmoid: sigmoidAVX512, tanh: tanhAVX512,
		sumSquares: sumSquares, adam: adam,
	}
	avx2Vector = vectorLoops{
		dot: dot, axpy: axpy,
		exp: expAVX2, sigmoid: sigmoidAVX2, tanh: tanhAVX2,
		sumSquares: sumSquares, adam: adam,
	}
)
