package main

// vector writes the loops over one or two vectors.
func vector() {
	for _, l := range []lanes{zmmLanes, ymmLanes} {
		dot(l)
		scale(l)
		blend(l)
		elementwiseFunctions(l)
		adam(l)
	}
	// These gain nothing from wider registers: on Zen 4 a store of 64 bytes
	// takes two cycles, and so does a conversion to float64 that fills one.
	axpy(ymmLanes)
	sumSquares(ymmLanes)
}
