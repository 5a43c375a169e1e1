package main

// layer writes the element-wise parts of layers.
func layer() {
	for _, l := range []lanes{zmmLanes, ymmLanes} {
		gruStep(l)
		gruStepBackward(l)
		columnMoments(l)
		columnProducts(l)
		addColumnSums(l)
		normalizeColumns(l)
		normalizeColumnsBackward(l)
		affineColumns(l)
		relu(l)
		reluBackward(l)
		reluDropout(l)
		maximum(l)
		expSum(l)
	}
}
