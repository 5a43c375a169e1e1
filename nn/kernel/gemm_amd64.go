package kernel

// The loops of gemm_loops.go in assembly.
var (
	avx512Gemm = gemmLoops{
		strip: stripAVX512, xLanes: 8, yLanes: 32, tileRows: 8,
		strided: true, thinCols: 8,
		packX: packXAVX2, packY: packYAVX512,
		vectorLanes: 2, combine: combineRowsAVX512, combineLanes: 128,
		serialWork: 1 << 21,
	}
	avx2Gemm = gemmLoops{
		strip: stripAVX2, xLanes: 8, yLanes: 16, tileRows: 6,
		strided: true, thinCols: 4, pairRows: 2,
		packX: packXAVX2, packY: packYAVX2,
		vectorLanes: 2, combine: combineRowsAVX2, combineLanes: 64,
		serialWork: 1 << 21,
	}
)

// tileAVX computes C[i*ldc+j] = the sum over l < depth of x[l*xStep+i] times
// number j of row l of the panel y, for a fixed number of rows i and vectors of
// columns. flags are tileAdd and tileReLU; a bias that is not nil is added to
// each row. Steps are in bytes. depth is at least 1.
//
// The last argument of an AVX-512 tile is the mask of the lanes of the last
// vector that exist; that of an AVX2 tile is the distance to the next panel of
// y, for the tiles that are wider than one.
type tileAVX func(depth int, x *float32, xStep int, y, c *float32, ldc int, bias *float32, flags, last int)

const (
	tileAdd = 1 << iota
	tileReLU
)

var (
	gemmTilesAVX512 = [2][8]tileAVX{
		{tile1x1AVX512, tile2x1AVX512, tile3x1AVX512, tile4x1AVX512, tile5x1AVX512, tile6x1AVX512, tile7x1AVX512, tile8x1AVX512},
		{tile1x2AVX512, tile2x2AVX512, tile3x2AVX512, tile4x2AVX512, tile5x2AVX512, tile6x2AVX512, tile7x2AVX512, tile8x2AVX512},
	}
	gemmTilesAVX2 = [4][6]tileAVX{
		{tile1x1AVX2, tile2x1AVX2, tile3x1AVX2, tile4x1AVX2, tile5x1AVX2, tile6x1AVX2},
		{tile1x2AVX2, tile2x2AVX2, tile3x2AVX2, tile4x2AVX2, tile5x2AVX2, tile6x2AVX2},
		{}, // three vectors are taken as four
		{tile1x4AVX2, tile2x4AVX2},
	}
)

// tileFlags are the strip's, and bias its bias.
func (s *strip) tileFlags() (bias *float32, flags int) {
	if s.bias != nil {
		bias = &s.bias[0]
	}
	if s.add {
		flags |= tileAdd
	}
	if s.relu {
		flags |= tileReLU
	}
	return bias, flags
}

func stripAVX512(s *strip) {
	const lanes, size = 16, 4
	vectors := ceilDiv(s.cols, lanes)
	mask := 1<<(s.cols-(vectors-1)*lanes) - 1
	bias, flags := s.tileFlags()
	y := &s.y[:s.depth*2*lanes][0]
	for i, x := 0, s.x; i < s.rows; i += s.height {
		rows := min(s.height, s.rows-i)
		c := s.c[i*s.ldc:]
		_ = c[(rows-1)*s.ldc+s.cols-1]
		gemmTilesAVX512[vectors-1][rows-1](s.depth, &x[0], s.xStep*size, y, &c[0], s.ldc*size, bias, flags, mask)
		if i+s.height < s.rows {
			x = x[s.xStep*s.depth:]
		}
	}
}

func stripAVX2(s *strip) {
	const lanes, size = 8, 4
	vectors := ceilDiv(s.cols, lanes)
	if vectors == 3 {
		vectors = 4
	}
	whole := vectors*lanes == s.cols
	bias, flags := s.tileFlags()
	y := &s.y[0]
	for i, x := 0, s.x; i < s.rows; i += s.height {
		rows := min(s.height, s.rows-i)
		f := gemmTilesAVX2[vectors-1][rows-1]
		if whole {
			c := s.c[i*s.ldc:]
			_ = c[(rows-1)*s.ldc+s.cols-1]
			f(s.depth, &x[0], s.xStep*size, y, &c[0], s.ldc*size, bias, flags, s.yNext*size)
		} else {
			f(s.depth, &x[0], s.xStep*size, y, &s.edge[0], vectors*lanes*size, nil, 0, s.yNext*size)
			s.keep(i, rows, vectors*lanes)
		}
		if i+s.height < s.rows {
			x = x[s.xStep*s.depth:]
		}
	}
}

// packXAVX2 packs a panel of 8 lanes.
func packXAVX2(panel []float32, src operand, lane, lanes, from, depth int) {
	packLanes8(panel, 8, src, lane, lanes, from, depth)
}

// packYAVX2 packs a panel of 16 lanes.
func packYAVX2(panel []float32, src operand, lane, lanes, from, depth int) {
	if lanes == 16 && !src.deep {
		x := src.x[from*src.ld+lane:]
		_ = x[(depth-1)*src.ld+lanes-1]
		copyPanelAVX2(&panel[:16*depth][0], &x[0], 4*src.ld, depth)
		return
	}
	packGroups(panel, 16, src, lane, lanes, from, depth)
}

// packYAVX512 packs a panel of 32 lanes.
func packYAVX512(panel []float32, src operand, lane, lanes, from, depth int) {
	if lanes == 32 && !src.deep {
		x := src.x[from*src.ld+lane:]
		_ = x[(depth-1)*src.ld+lanes-1]
		copyPanelAVX512(&panel[:32*depth][0], &x[0], 4*src.ld, depth)
		return
	}
	packGroups(panel, 32, src, lane, lanes, from, depth)
}

// packGroups packs a panel in groups of 8 lanes. Groups beyond the last lane
// repeat it, so that the panel holds nothing left over.
func packGroups(panel []float32, width int, src operand, lane, lanes, from, depth int) {
	for i := 0; i < width; i += 8 {
		first := min(i, lanes-1)
		packLanes8(panel[i:], width, src, lane+first, min(8, lanes-first), from, depth)
	}
}

// packLanes8 packs up to 8 lanes as 8 columns of a panel.
func packLanes8(panel []float32, width int, src operand, lane, lanes, from, depth int) {
	const size = 4
	_ = panel[(depth-1)*width+7]
	if !src.deep {
		x := src.x[from*src.ld+lane:]
		_ = x[(depth-1)*src.ld+lanes-1]
		copy8AVX2(&panel[0], width*size, &x[0], src.ld*size, lanes, depth)
		return
	}
	x := src.x[lane*src.ld+from:]
	_ = x[(lanes-1)*src.ld+depth-1]
	if depth < 8 {
		for i := range 8 {
			row := x[min(i, lanes-1)*src.ld:][:depth]
			for l, v := range row {
				panel[l*width+i] = v
			}
		}
		return
	}
	transpose8AVX2(&panel[0], width*size, &x[0], src.ld*size, lanes, depth&^7)
	if rest := depth & 7; rest > 0 { // the last 8 numbers, some of them again
		at := depth - 8
		transpose8AVX2(&panel[at*width], width*size, &x[at], src.ld*size, lanes, 8)
	}
}

func combineRowsAVX512(sums, v, x []float32, ld int) {
	combineTurns(combineAVX512, 128, sums, v, x, ld)
}

func combineRowsAVX2(sums, v, x []float32, ld int) { combineTurns(combineAVX2, 64, sums, v, x, ld) }

// combineTurns takes lanes sums at a time; the last turn computes some again
// where they do not come out even.
func combineTurns(f func(sums, v *float32, depth int, x *float32, ld, turns int), lanes int, sums, v, x []float32, ld int) {
	_ = x[(len(v)-1)*ld+len(sums)-1]
	turns := len(sums) / lanes
	f(&sums[0], &v[0], len(v), &x[0], 4*ld, turns)
	if at := len(sums) - lanes; at > (turns-1)*lanes {
		f(&sums[at], &v[0], len(v), &x[at], 4*ld, 1)
	}
}
