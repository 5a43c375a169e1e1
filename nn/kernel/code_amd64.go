package kernel

// The loops of code_loops.go in assembly.
var (
	avx512Code = portableCode
	avx2Code   = portableCode
)
