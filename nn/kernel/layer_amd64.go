package kernel

// The loops of layer_loops.go in assembly.
var (
	avx512Layer = portableLayer
	avx2Layer   = portableLayer
)
