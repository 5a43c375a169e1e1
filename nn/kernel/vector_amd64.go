package kernel

// The loops of vector_loops.go in assembly.
var (
	avx512Vector = portableVector
	avx2Vector   = portableVector
)
