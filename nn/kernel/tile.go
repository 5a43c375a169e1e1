package kernel

// stripPortable computes a strip tile by tile.
func stripPortable(s *strip) {
	whole := s.cols == 4 && s.bias == nil && !s.relu
	for i := 0; i < s.rows; i += 2 {
		x := s.x[i*s.depth:]
		switch {
		case i+1 == s.rows:
			tile1x4(s.depth, x, s.y, (*[4]float32)(s.edge[:]))
			s.keep(i, 1, 4)
		case whole:
			tile2x4(s.depth, x, s.y, s.c[i*s.ldc:], s.ldc, s.add)
		default:
			tile2x4(s.depth, x, s.y, s.edge[:], 4, false)
			s.keep(i, 2, 4)
		}
	}
}

// tile1x4 is the last row of an odd number, alone in a panel of two lanes.
func tile1x4(depth int, a, b []float32, sums *[4]float32) {
	var c0, c1, c2, c3 float32
	a, b = a[:2*depth], b[:4*depth]
	for len(a) >= 4 && len(b) >= 8 {
		x, y := (*[4]float32)(a), (*[8]float32)(b)
		c0, c1, c2, c3 = c0+float32(x[0]*y[0]), c1+float32(x[0]*y[1]), c2+float32(x[0]*y[2]), c3+float32(x[0]*y[3])
		c0, c1, c2, c3 = c0+float32(x[2]*y[4]), c1+float32(x[2]*y[5]), c2+float32(x[2]*y[6]), c3+float32(x[2]*y[7])
		a, b = a[4:], b[8:]
	}
	if len(a) >= 2 && len(b) >= 4 {
		x, y := (*[2]float32)(a), (*[4]float32)(b)
		c0, c1, c2, c3 = c0+float32(x[0]*y[0]), c1+float32(x[0]*y[1]), c2+float32(x[0]*y[2]), c3+float32(x[0]*y[3])
	}
	*sums = [4]float32{c0, c1, c2, c3}
}

// tile2x4 is the portable tile. Eight sums leave half of the sixteen registers
// to the operands; 3x4 and 4x4 spill and run at half the speed. Each statement
// is one step of two columns, the order in which the compiler copies least;
// eight steps to a turn hide the moves that it places at the turn's end.
func tile2x4(depth int, a, b, c []float32, ldc int, add bool) {
	var c00, c01, c02, c03 float32
	var c10, c11, c12, c13 float32
	a, b = a[:2*depth], b[:4*depth]
	for len(a) >= 16 && len(b) >= 32 {
		x, y := (*[16]float32)(a), (*[32]float32)(b)
		c00, c10, c01, c11 = c00+float32(x[0]*y[0]), c10+float32(x[1]*y[0]), c01+float32(x[0]*y[1]), c11+float32(x[1]*y[1])
		c02, c12, c03, c13 = c02+float32(x[0]*y[2]), c12+float32(x[1]*y[2]), c03+float32(x[0]*y[3]), c13+float32(x[1]*y[3])
		c00, c10, c01, c11 = c00+float32(x[2]*y[4]), c10+float32(x[3]*y[4]), c01+float32(x[2]*y[5]), c11+float32(x[3]*y[5])
		c02, c12, c03, c13 = c02+float32(x[2]*y[6]), c12+float32(x[3]*y[6]), c03+float32(x[2]*y[7]), c13+float32(x[3]*y[7])
		c00, c10, c01, c11 = c00+float32(x[4]*y[8]), c10+float32(x[5]*y[8]), c01+float32(x[4]*y[9]), c11+float32(x[5]*y[9])
		c02, c12, c03, c13 = c02+float32(x[4]*y[10]), c12+float32(x[5]*y[10]), c03+float32(x[4]*y[11]), c13+float32(x[5]*y[11])
		c00, c10, c01, c11 = c00+float32(x[6]*y[12]), c10+float32(x[7]*y[12]), c01+float32(x[6]*y[13]), c11+float32(x[7]*y[13])
		c02, c12, c03, c13 = c02+float32(x[6]*y[14]), c12+float32(x[7]*y[14]), c03+float32(x[6]*y[15]), c13+float32(x[7]*y[15])
		c00, c10, c01, c11 = c00+float32(x[8]*y[16]), c10+float32(x[9]*y[16]), c01+float32(x[8]*y[17]), c11+float32(x[9]*y[17])
		c02, c12, c03, c13 = c02+float32(x[8]*y[18]), c12+float32(x[9]*y[18]), c03+float32(x[8]*y[19]), c13+float32(x[9]*y[19])
		c00, c10, c01, c11 = c00+float32(x[10]*y[20]), c10+float32(x[11]*y[20]), c01+float32(x[10]*y[21]), c11+float32(x[11]*y[21])
		c02, c12, c03, c13 = c02+float32(x[10]*y[22]), c12+float32(x[11]*y[22]), c03+float32(x[10]*y[23]), c13+float32(x[11]*y[23])
		c00, c10, c01, c11 = c00+float32(x[12]*y[24]), c10+float32(x[13]*y[24]), c01+float32(x[12]*y[25]), c11+float32(x[13]*y[25])
		c02, c12, c03, c13 = c02+float32(x[12]*y[26]), c12+float32(x[13]*y[26]), c03+float32(x[12]*y[27]), c13+float32(x[13]*y[27])
		c00, c10, c01, c11 = c00+float32(x[14]*y[28]), c10+float32(x[15]*y[28]), c01+float32(x[14]*y[29]), c11+float32(x[15]*y[29])
		c02, c12, c03, c13 = c02+float32(x[14]*y[30]), c12+float32(x[15]*y[30]), c03+float32(x[14]*y[31]), c13+float32(x[15]*y[31])
		a, b = a[16:], b[32:]
	}
	for len(a) >= 2 && len(b) >= 4 {
		x, y := (*[2]float32)(a), (*[4]float32)(b)
		c00, c10, c01, c11 = c00+float32(x[0]*y[0]), c10+float32(x[1]*y[0]), c01+float32(x[0]*y[1]), c11+float32(x[1]*y[1])
		c02, c12, c03, c13 = c02+float32(x[0]*y[2]), c12+float32(x[1]*y[2]), c03+float32(x[0]*y[3]), c13+float32(x[1]*y[3])
		a, b = a[2:], b[4:]
	}
	r0, r1 := (*[4]float32)(c), (*[4]float32)(c[ldc:])
	if add {
		r0[0], r0[1], r0[2], r0[3] = r0[0]+c00, r0[1]+c01, r0[2]+c02, r0[3]+c03
		r1[0], r1[1], r1[2], r1[3] = r1[0]+c10, r1[1]+c11, r1[2]+c12, r1[3]+c13
		return
	}
	r0[0], r0[1], r0[2], r0[3] = c00, c01, c02, c03
	r1[0], r1[1], r1[2], r1[3] = c10, c11, c12, c13
}
