package kernel

// Packing in assembly. In-register transposes serve lanes whose numbers are
// adjacent, copies of rows the others; what is left over at an edge is filled
// with the last lane or with zeros, and never read from beyond the operand.

// packX8 packs a panel of 8 lanes.
func packX8(panel []float32, src operand, lane, lanes, from, depth int) {
	packLanes8(panel, 8, src, lane, lanes, from, depth)
}

// packY16 packs a panel of 16 lanes.
func packY16(panel []float32, src operand, lane, lanes, from, depth int) {
	if lanes == 16 && !src.deep {
		copyPanelAVX2(&panel[:16*depth][0], src.wide(lane, lanes, from, depth), src.ld*sizeOfFloat, depth)
		return
	}
	packGroups8(panel, 16, src, lane, lanes, from, depth)
}

// packY32 packs a panel of 32 lanes.
func packY32(panel []float32, src operand, lane, lanes, from, depth int) {
	if lanes == 32 && !src.deep {
		copyPanelAVX512(&panel[:32*depth][0], src.wide(lane, lanes, from, depth), src.ld*sizeOfFloat, depth)
		return
	}
	packGroups8(panel, 32, src, lane, lanes, from, depth)
}

// wide is where lanes [lane, lane+lanes) begin at depth `from`, in an operand
// whose lanes are adjacent. The last number that follows must exist too.
func (o operand) wide(lane, lanes, from, depth int) *float32 {
	at := from*o.ld + lane
	_ = o.x[at+(depth-1)*o.ld+lanes-1]
	return &o.x[at]
}

// long is the same in an operand whose lanes are ld apart.
func (o operand) long(lane, lanes, from, depth int) *float32 {
	at := lane*o.ld + from
	_ = o.x[at+(lanes-1)*o.ld+depth-1]
	return &o.x[at]
}

// packGroups8 packs a panel in groups of 8 lanes. Groups beyond the last lane
// repeat it, so that the panel holds nothing left over.
func packGroups8(panel []float32, width int, src operand, lane, lanes, from, depth int) {
	for i := 0; i < width; i += 8 {
		first := min(i, lanes-1)
		packLanes8(panel[i:], width, src, lane+first, min(8, lanes-first), from, depth)
	}
}

// packLanes8 packs up to 8 lanes as 8 columns of a panel.
func packLanes8(panel []float32, width int, src operand, lane, lanes, from, depth int) {
	_ = panel[(depth-1)*width+7]
	step, ld := width*sizeOfFloat, src.ld*sizeOfFloat
	if !src.deep {
		copy8AVX2(&panel[0], step, src.wide(lane, lanes, from, depth), ld, lanes, depth)
		return
	}
	if depth < 8 {
		packFew(panel, width, 8, src, lane, lanes, from, depth)
		return
	}
	transpose8AVX2(&panel[0], step, src.long(lane, lanes, from, depth), ld, lanes, depth&^7)
	if depth%8 > 0 { // the last 8 numbers, some of them again
		at := depth - 8
		transpose8AVX2(&panel[at*width], step, src.long(lane, lanes, from+at, 8), ld, lanes, 8)
	}
}

// packFew packs lanes that are too short for a transpose; the last is repeated.
func packFew(panel []float32, width, group int, src operand, lane, lanes, from, depth int) {
	for i := range group {
		row := src.x[(lane+min(i, lanes-1))*src.ld+from:][:depth]
		for l, v := range row {
			panel[l*width+i] = v
		}
	}
}

// packX4 packs a panel of 4 lanes.
func packX4(panel []float32, src operand, lane, lanes, from, depth int) {
	if !src.deep {
		pack4(panel, src, lane, lanes, from, depth)
		return
	}
	packLanes4(panel, 4, src, lane, lanes, from, depth)
}

// packY8 packs a panel of 8 lanes.
func packY8(panel []float32, src operand, lane, lanes, from, depth int) {
	if src.deep {
		packLanes4(panel, 8, src, lane, min(4, lanes), from, depth)
		second := min(4, lanes-1)
		packLanes4(panel[4:], 8, src, lane+second, min(4, lanes-second), from, depth)
		return
	}
	if lanes < 8 {
		packEdge(panel[:8*depth], src, lane, lanes, 8, from, depth)
		return
	}
	copyPanelSSE2(&panel[:8*depth][0], src.wide(lane, lanes, from, depth), src.ld*sizeOfFloat, depth)
}

// packLanes4 packs up to 4 lanes, each of adjacent numbers, as 4 columns.
func packLanes4(panel []float32, width int, src operand, lane, lanes, from, depth int) {
	_ = panel[(depth-1)*width+3]
	if depth < 4 {
		packFew(panel, width, 4, src, lane, lanes, from, depth)
		return
	}
	step, ld := width*sizeOfFloat, src.ld*sizeOfFloat
	transpose4SSE2(&panel[0], step, src.long(lane, lanes, from, depth), ld, lanes, depth&^3)
	if depth%4 > 0 {
		at := depth - 4
		transpose4SSE2(&panel[at*width], step, src.long(lane, lanes, from+at, 4), ld, lanes, 4)
	}
}
