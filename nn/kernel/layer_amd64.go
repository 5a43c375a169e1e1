package kernel

// The loops of layer_loops.go in assembly.
var (
	avx512Layer = layerLoops{gruStep: gruStepAVX512, gruStepBackward: gruStepBackwardAVX512}
	avx2Layer   = layerLoops{gruStep: gruStepAVX2, gruStepBackward: gruStepBackwardAVX2}
)
