package main

// vector writes the loops over one or two vectors.
func vector() {
	for _, l := range []lanes{zmmLanes, ymmLanes} {
		elementwiseFunctions(l)
	}
}
