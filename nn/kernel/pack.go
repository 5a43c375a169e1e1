package kernel

// Packing copies lanes [lane, lane+lanes) of an operand, from depth `from` on,
// into panels of the tile's width: panel by panel, and within a panel step by
// step, so that the tile reads memory in order. The last panel is filled up
// with zero lanes, whose outputs nobody keeps.

func pack2(dst []float32, src operand, lane, lanes, from, depth int) {
	for i := 0; i < lanes; i += 2 {
		panel := dst[i*depth:][:2*depth]
		if i+2 > lanes {
			packEdge(panel, src, lane+i, lanes-i, 2, from, depth)
		} else if src.deep {
			interleave2(panel, src.x[(lane+i)*src.ld+from:], src.x[(lane+i+1)*src.ld+from:])
		} else {
			gather2(panel, src.x[from*src.ld+lane+i:], src.ld)
		}
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

func pack4(dst []float32, src operand, lane, lanes, from, depth int) {
	for i := 0; i < lanes; i += 4 {
		panel := dst[i*depth:][:4*depth]
		if i+4 > lanes {
			packEdge(panel, src, lane+i, lanes-i, 4, from, depth)
		} else if src.deep {
			x := src.x[(lane+i)*src.ld+from:]
			interleave4(panel, x, x[src.ld:], x[2*src.ld:], x[3*src.ld:])
		} else {
			gather4(panel, src.x[from*src.ld+lane+i:], src.ld)
		}
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

// packEdge packs a panel of which only some lanes exist.
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
