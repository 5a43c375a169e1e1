package kernel

// Packing copies lanes of an operand into a panel, step by step, so that the
// tile reads memory in order.

func pack2(panel []float32, src operand, lane, lanes, from, depth int) {
	panel = panel[:2*depth]
	switch {
	case lanes < 2:
		packEdge(panel, src, lane, lanes, 2, from, depth)
	case src.deep:
		interleave2(panel, src.x[lane*src.ld+from:], src.x[(lane+1)*src.ld+from:])
	default:
		gather2(panel, src.x[from*src.ld+lane:], src.ld)
	}
}

func interleave2(panel, r0, r1 []float32) {
	depth := len(panel) / 2
	r0, r1 = r0[:depth], r1[:depth]
	for l, v := range r0 {
		p := (*[2]float32)(panel[2*l:])
		p[0], p[1] = v, r1[l]
	}
}

func gather2(panel, x []float32, ld int) {
	for at := 0; len(panel) >= 2; at += ld {
		p, s := (*[2]float32)(panel), (*[2]float32)(x[at:])
		p[0], p[1] = s[0], s[1]
		panel = panel[2:]
	}
}

func pack4(panel []float32, src operand, lane, lanes, from, depth int) {
	panel = panel[:4*depth]
	switch {
	case lanes < 4:
		packEdge(panel, src, lane, lanes, 4, from, depth)
	case src.deep:
		x := src.x[lane*src.ld+from:]
		interleave4(panel, x, x[src.ld:], x[2*src.ld:], x[3*src.ld:])
	default:
		gather4(panel, src.x[from*src.ld+lane:], src.ld)
	}
}

func interleave4(panel, r0, r1, r2, r3 []float32) {
	depth := len(panel) / 4
	r0, r1, r2, r3 = r0[:depth], r1[:depth], r2[:depth], r3[:depth]
	for l, v := range r0 {
		p := (*[4]float32)(panel[4*l:])
		p[0], p[1], p[2], p[3] = v, r1[l], r2[l], r3[l]
	}
}

func gather4(panel, x []float32, ld int) {
	for at := 0; len(panel) >= 4; at += ld {
		*(*[4]float32)(panel) = [4]float32(x[at:])
		panel = panel[4:]
	}
}

// packEdge packs a panel of which only some lanes exist; the others are zero.
func packEdge(panel []float32, src operand, lane, lanes, width, from, depth int) {
	clear(panel)
	laneStep, depthStep := 1, src.ld
	if src.deep {
		laneStep, depthStep = src.ld, 1
	}
	for i := range lanes {
		at := (lane+i)*laneStep + from*depthStep
		for l := range depth {
			panel[l*width+i] = src.x[at+l*depthStep]
		}
	}
}
