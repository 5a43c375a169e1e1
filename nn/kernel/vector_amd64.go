package kernel

// The loops of vector_loops.go in assembly. Those that AVX-512 has no form of
// are no faster with it; see the generator.
var (
	avx512Vector = vectorLoops{
		dot: dotAVX512, axpy: axpyAVX2,
		exp: expAVX512, sigmoid: sigmoidAVX512, tanh: tanhAVX512,
		sumSquares: sumSquaresAVX2, scale: scaleAVX512, blend: blendAVX512, adam: adamAVX512,
	}
	avx2Vector = vectorLoops{
		dot: dotAVX2, axpy: axpyAVX2,
		exp: expAVX2, sigmoid: sigmoidAVX2, tanh: tanhAVX2,
		sumSquares: sumSquaresAVX2, scale: scaleAVX2, blend: blendAVX2, adam: adamAVX2,
	}
)
