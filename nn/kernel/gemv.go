package kernel

// vectorChunk is the number of outputs that are summed at a time: few enough
// to stay in the first-level cache. The last chunk is up to twice as long, so
// that a set that works on many at once never meets a few.
const vectorChunk = 256

// rowLoop is the loop that reads the operand as it lies in memory.
func (o operand) rowLoop() *rowLoop {
	if o.deep {
		return &active.dots
	}
	return &active.combine
}

// byVectors tells whether the product is of so few lanes of x that packing y
// does not pay, and the set can read y as it lies.
func (p *product) byVectors() bool {
	loop := p.y.rowLoop()
	return p.weights == nil && p.m <= loop.most && p.n >= loop.least
}

// multiplyVectors computes the product lane of x by lane of x. It sums in the
// same order as the tiles do.
func (p *product) multiplyVectors() {
	p.rows, p.cols = 1, vectorChunk
	p.across = max(p.n/vectorChunk, 1)
	p.vectors = true
	p.share(p.m*p.across, p.threads())
}

// vectorBlock computes the outputs of one lane of x from lane col of y on.
func (p *product) vectorBlock(row, col int) {
	w := workspaces.Get().(*workspace)
	cols := p.cols
	if rest := p.n - col; rest < 2*vectorChunk {
		cols = rest
	}
	sums := w.sums[:cols]
	for from := 0; from < p.k; from += depthBlock {
		v := p.x.part(w.part[:min(depthBlock, p.k-from)], row, from)
		at := from*p.y.ld + col
		if p.y.deep {
			at = col*p.y.ld + from
		}
		p.y.rowLoop().run(sums, v, p.y.x[at:], p.y.ld)
		p.keep(sums, row, col, from)
	}
	workspaces.Put(w)
}

// dotRows sets sums[i] to the product of v with row i of x. Four rows at a
// time keep the adders busy, since each sum must wait for its last addition.
func dotRows(sums, v, x []float32, ld int) {
	i := 0
	for ; i+4 <= len(sums); i += 4 {
		dot4((*[4]float32)(sums[i:]), v, x[i*ld:], x[(i+1)*ld:], x[(i+2)*ld:], x[(i+3)*ld:])
	}
	for ; i < len(sums); i++ {
		row := x[i*ld:][:len(v)]
		var s float32
		for l, w := range v {
			s += float32(w * row[l])
		}
		sums[i] = s
	}
}

func dot4(sums *[4]float32, v, r0, r1, r2, r3 []float32) {
	r0, r1, r2, r3 = r0[:len(v)], r1[:len(v)], r2[:len(v)], r3[:len(v)]
	var s0, s1, s2, s3 float32
	l := 0
	for ; l < len(v)-3; l += 4 {
		w := (*[4]float32)(v[l:])
		y0, y1, y2, y3 := (*[4]float32)(r0[l:]), (*[4]float32)(r1[l:]), (*[4]float32)(r2[l:]), (*[4]float32)(r3[l:])
		s0, s1, s2, s3 = s0+float32(w[0]*y0[0]), s1+float32(w[0]*y1[0]), s2+float32(w[0]*y2[0]), s3+float32(w[0]*y3[0])
		s0, s1, s2, s3 = s0+float32(w[1]*y0[1]), s1+float32(w[1]*y1[1]), s2+float32(w[1]*y2[1]), s3+float32(w[1]*y3[1])
		s0, s1, s2, s3 = s0+float32(w[2]*y0[2]), s1+float32(w[2]*y1[2]), s2+float32(w[2]*y2[2]), s3+float32(w[2]*y3[2])
		s0, s1, s2, s3 = s0+float32(w[3]*y0[3]), s1+float32(w[3]*y1[3]), s2+float32(w[3]*y2[3]), s3+float32(w[3]*y3[3])
	}
	for ; l < len(v); l++ {
		w := v[l]
		s0, s1, s2, s3 = s0+float32(w*r0[l]), s1+float32(w*r1[l]), s2+float32(w*r2[l]), s3+float32(w*r3[l])
	}
	*sums = [4]float32{s0, s1, s2, s3}
}

// combineAll sets sums to the rows of x, times v[l] each, added up.
func combineAll(sums, v, x []float32, ld int) {
	clear(sums)
	combineRows(sums, v, x, ld)
}

// combineRows adds to sums the rows of x, times v[l] each. Four rows at a time
// save loads and stores of the sums.
func combineRows(sums, v, x []float32, ld int) {
	l := 0
	for ; l+4 <= len(v); l += 4 {
		combine4(sums, (*[4]float32)(v[l:]), x[l*ld:], x[(l+1)*ld:], x[(l+2)*ld:], x[(l+3)*ld:])
	}
	for ; l < len(v); l++ {
		axpy(v[l], x[l*ld:][:len(sums)], sums)
	}
}

func combine4(sums []float32, w *[4]float32, r0, r1, r2, r3 []float32) {
	n := len(sums)
	r0, r1, r2, r3 = r0[:n], r1[:n], r2[:n], r3[:n]
	w0, w1, w2, w3 := w[0], w[1], w[2], w[3]
	for j, s := range sums {
		s += float32(w0 * r0[j])
		s += float32(w1 * r1[j])
		s += float32(w2 * r2[j])
		s += float32(w3 * r3[j])
		sums[j] = s
	}
}
