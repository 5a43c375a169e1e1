package kernel

// The loops of gemm_loops.go in assembly.
var (
	avx512Gemm = gemmLoops{
		strip: stripAVX512, xLanes: 8, yLanes: 32, tileRows: 8,
		strided: true, thinCols: 8,
		packX: packX8, packY: packY32,
		dots: rowLoop{dotsByAVX2, 1, 8}, combine: rowLoop{combineByAVX512, 2, 128},
		serialWork: 1 << 21,
	}
	avx2Gemm = gemmLoops{
		strip: stripAVX2, xLanes: 8, yLanes: 16, tileRows: 6,
		strided: true, thinCols: 4, pairRows: 2,
		packX: packX8, packY: packY16,
		dots: rowLoop{dotsByAVX2, 1, 8}, combine: rowLoop{combineByAVX2, 2, 64},
		serialWork: 1 << 21,
	}
	sse2Gemm = gemmLoops{
		strip: stripSSE2, xLanes: 4, yLanes: 8, tileRows: 4,
		strided: true, thinCols: 2,
		packX: packX4, packY: packY8,
		combine:    rowLoop{combineBySSE2, 2, 32},
		serialWork: 1 << 20,
	}
)

// tileKernel computes C[i*ldc+j] = the sum over l < depth of x[l*xStep+i] times
// number j of row l of the panel y, for a fixed number of rows i and vectors of
// columns j. Steps are in bytes; depth is at least 1. flags are tileAdd and
// tileReLU; a bias that is not nil is added to each row.
//
// The last argument of an AVX-512 tile is the mask of the lanes of the last
// vector that exist. That of a tile which is wider than a panel is the distance
// to the next panel of y.
type tileKernel func(depth int, x *float32, xStep int, y, c *float32, ldc int, bias *float32, flags, last int)

const (
	tileAdd = 1 << iota
	tileReLU
)

// The tiles by vectors and rows, both from 1 on.
var (
	tiles512 = [][]tileKernel{
		{tile1x1AVX512, tile2x1AVX512, tile3x1AVX512, tile4x1AVX512, tile5x1AVX512, tile6x1AVX512, tile7x1AVX512, tile8x1AVX512},
		{tile1x2AVX512, tile2x2AVX512, tile3x2AVX512, tile4x2AVX512, tile5x2AVX512, tile6x2AVX512, tile7x2AVX512, tile8x2AVX512},
	}
	tiles256 = [][]tileKernel{
		{tile1x1AVX2, tile2x1AVX2, tile3x1AVX2, tile4x1AVX2, tile5x1AVX2, tile6x1AVX2},
		{tile1x2AVX2, tile2x2AVX2, tile3x2AVX2, tile4x2AVX2, tile5x2AVX2, tile6x2AVX2},
		nil, // taken as four
		{tile1x4AVX2, tile2x4AVX2},
	}
	tiles128 = [][]tileKernel{
		{tile1x1SSE2, tile2x1SSE2, tile3x1SSE2, tile4x1SSE2},
		{tile1x2SSE2, tile2x2SSE2, tile3x2SSE2, tile4x2SSE2},
	}
)

// sizeOfFloat turns elements into the bytes that assembly counts in.
const sizeOfFloat = 4

func stripAVX512(s *strip) {
	const lanes = 16
	vectors := ceilDiv(s.cols, lanes)
	mask := 1<<(s.cols-(vectors-1)*lanes) - 1
	bias, flags := s.asked()
	for i := 0; i < s.rows; i += s.height {
		rows := min(s.height, s.rows-i)
		tiles512[vectors-1][rows-1](s.depth, s.xAt(i), s.xStep*sizeOfFloat, &s.y[0], s.cAt(i, rows), s.ldc*sizeOfFloat, bias, flags, mask)
	}
}

func stripAVX2(s *strip) { s.wholeVectors(8, tiles256) }

func stripSSE2(s *strip) { s.wholeVectors(4, tiles128) }

// wholeVectors computes the strip with tiles that have no masks: what reaches
// beyond C is computed aside.
func (s *strip) wholeVectors(lanes int, tiles [][]tileKernel) {
	vectors := ceilDiv(s.cols, lanes)
	if tiles[vectors-1] == nil {
		vectors++
	}
	width := vectors * lanes
	bias, flags := s.asked()
	for i := 0; i < s.rows; i += s.height {
		rows := min(s.height, s.rows-i)
		tile := tiles[vectors-1][rows-1]
		if width == s.cols {
			tile(s.depth, s.xAt(i), s.xStep*sizeOfFloat, &s.y[0], s.cAt(i, rows), s.ldc*sizeOfFloat, bias, flags, s.yNext*sizeOfFloat)
			continue
		}
		tile(s.depth, s.xAt(i), s.xStep*sizeOfFloat, &s.y[0], &s.edge[0], width*sizeOfFloat, nil, 0, s.yNext*sizeOfFloat)
		s.keep(i, rows, width)
	}
}

// asked is what the tiles are to do beside summing products.
func (s *strip) asked() (bias *float32, flags int) {
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

// xAt is the panel of x that begins with row i.
func (s *strip) xAt(i int) *float32 { return &s.x[i/s.height*s.xStep*s.depth] }

// cAt is the first output of rows [i, i+rows), of which the last must exist too.
func (s *strip) cAt(i, rows int) *float32 {
	_ = s.c[(i+rows-1)*s.ldc+s.cols-1]
	return &s.c[i*s.ldc]
}

// dotsByAVX2 takes 32 rows at a time, then 8; the last turn computes some again
// where they do not come out even.
func dotsByAVX2(sums, v, x []float32, ld int) {
	_ = x[(len(sums)-1)*ld+len(v)-1]
	done := len(sums) &^ 31
	if done > 0 {
		dots32AVX2(&sums[0], &v[0], len(v), &x[0], ld*sizeOfFloat, done/32)
	}
	if turns := (len(sums) - done) / 8; turns > 0 {
		dots8AVX2(&sums[done], &v[0], len(v), &x[done*ld], ld*sizeOfFloat, turns)
	}
	if len(sums)%8 > 0 {
		at := len(sums) - 8
		dots8AVX2(&sums[at], &v[0], len(v), &x[at*ld], ld*sizeOfFloat, 1)
	}
}

func combineByAVX512(sums, v, x []float32, ld int) { combineTurns(combineAVX512, 128, sums, v, x, ld) }
func combineByAVX2(sums, v, x []float32, ld int)   { combineTurns(combineAVX2, 64, sums, v, x, ld) }
func combineBySSE2(sums, v, x []float32, ld int)   { combineTurns(combineSSE2, 32, sums, v, x, ld) }

// combineTurns takes lanes sums at a time; the last turn computes some again
// where they do not come out even.
func combineTurns(f func(sums, v *float32, depth int, x *float32, ld, turns int), lanes int, sums, v, x []float32, ld int) {
	_ = x[(len(v)-1)*ld+len(sums)-1]
	turns := len(sums) / lanes
	f(&sums[0], &v[0], len(v), &x[0], ld*sizeOfFloat, turns)
	if at := len(sums) - lanes; at > (turns-1)*lanes {
		f(&sums[at], &v[0], len(v), &x[at], ld*sizeOfFloat, 1)
	}
}
