package kernel

// The loops of gemm_loops.go in assembly.
var (
	avx512Gemm = portableGemm
	avx2Gemm   = portableGemm
)
