package kernel

// layerLoops are the element-wise parts of layers, each in one walk.
type layerLoops struct {
	gruStep         func(gates, projected, before, after []float32)
	gruStepBackward func(gates, projected, before, up, carry []float32)
}

var portableLayer = layerLoops{gruStep: gruStep, gruStepBackward: gruStepBackward}
