package kernel

// layerLoops are the element-wise parts of layers, each in one walk. Their
// lengths have been checked, and where there are rows there is at least one.
type layerLoops struct {
	gruStep         func(gates, projected, before, after []float32)
	gruStepBackward func(gates, projected, before, up, carry []float32)

	columnMoments            func(sums, squares []float64, x []float32, ld, rows int)
	columnProducts           func(sums, products []float64, x, y []float32, ld, rows int)
	addColumnSums            func(sums, x []float32, ld, rows int)
	normalizeColumns         func(x, xhat []float32, ld, rows int, mean, rest, invStd, gamma, beta []float32)
	normalizeColumnsBackward func(dy, xhat []float32, ld, rows int, scale, mean, along []float32)
	affineColumns            func(x []float32, ld, rows int, scale, shift []float32)

	relu         func(y, x []float32)
	reluBackward func(dy, y []float32, scale float32)
	// reluDropout takes Dropout.constants, for the values of a vector from
	// number 2*first on. It draws the same in every set.
	reluDropout func(x []float32, first uint32, c [4]uint32)

	maximum func(x []float32) float32
	expSum  func(dst, src []float32, shift float32) float64
}

var portableLayer = layerLoops{
	gruStep: gruStep, gruStepBackward: gruStepBackward,
	columnMoments: columnMoments, columnProducts: columnProducts, addColumnSums: addColumnSums,
	normalizeColumns: normalizeColumns, normalizeColumnsBackward: normalizeColumnsBackward, affineColumns: affineColumns,
	relu: relu, reluBackward: reluBackward, reluDropout: reluDropout,
	maximum: maximum, expSum: expSum,
}
