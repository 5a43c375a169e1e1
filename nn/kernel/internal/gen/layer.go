package main

// layer writes the element-wise parts of layers.
func layer() {
	for _, l := range []lanes{zmmLanes, ymmLanes} {
		gruStep(l)
		gruStepBackward(l)
	}
}
