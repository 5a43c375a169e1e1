package kernel

import (
	"fmt"
	"math"
)

// A panel of Int8Weights holds panelCols outputs, and of each the weights in
// groups of panelGroup inputs: [ceil(k/4)][16][4]. One 32-bit lane of a vector
// register thus holds what one output adds up in one step.
const (
	panelCols  = 16
	panelGroup = 4
)

// int8Limit is the largest size of a weight's code.
const int8Limit = 127

// int8Depth is the largest k: more products of codes might overflow a sum.
const int8Depth = 1 << 17

// Int8Weights is the right operand of products of 8-bit numbers, op(W)[k,n]
// with one scale per output: w is about scale*code, scale = max |w| / 127 over
// the output's weights. Sums are exact integers, so that every set of kernels
// gives the same bits, and it may be packed in one and used in another. In
// portable Go it is slower than the product in float32: processors multiply
// single bytes no faster. Reading it is safe for concurrent use. The zero value
// is an empty operand.
type Int8Weights struct {
	k, n   int
	panels []int8
	scales []float32 // [n rounded up to panels], like the next two
	zeros  []int32
	signed []int32   // what the zero of QuantizeSigned adds to a sum, negated
	noBias []float32 // zeros
}

// Pack quantises op(W)[k,n] in the place of what w held: W stored [k,n] with
// rows ldb apart, or with trans [n,k]. The weights must be finite. It reuses
// w's memory where it can.
func (w *Int8Weights) Pack(trans bool, k, n int, b []float32, ldb int) {
	checkMatrix("B", trans, k, n, len(b), ldb)
	if k > int8Depth {
		panic(fmt.Sprintf("kernel.Int8Weights: %d inputs may overflow a sum; at most %d", k, int8Depth))
	}
	w.k, w.n = k, n
	cols := roundUp(n, panelCols)
	w.panels = resized(w.panels, cols*roundUp(k, panelGroup))
	clear(w.panels)
	w.scales, w.noBias = resized(w.scales, cols), resized(w.noBias, cols)
	w.zeros, w.signed = resized(w.zeros, cols), resized(w.signed, cols)
	clear(w.scales)
	clear(w.noBias)
	clear(w.zeros)
	clear(w.signed)
	lane, step := 1, ldb
	if trans {
		lane, step = ldb, 1
	}
	for j := range n {
		w.packOutput(j, b[min(j*lane, len(b)):], step)
	}
}

// packOutput quantises the weights of output j, which lie step apart in b.
func (w *Int8Weights) packOutput(j int, b []float32, step int) {
	var largest float64
	for l := range w.k {
		largest = max(largest, math.Abs(float64(b[l*step])))
	}
	scale := float32(largest / int8Limit)
	if scale == 0 {
		return
	}
	w.scales[j] = scale
	panel := w.panels[j/panelCols*panelCols*roundUp(w.k, panelGroup):]
	var sum int32
	for l := range w.k {
		code := int8(min(max(math.RoundToEven(float64(b[l*step])/float64(scale)), -int8Limit), int8Limit))
		panel[(l/panelGroup*panelCols+j%panelCols)*panelGroup+l%panelGroup] = code
		sum += int32(code)
	}
	w.signed[j] = -signedZero * sum
}

// Gemm computes C[m,n] = A op(W) and then the epilogue, where row i of A[m,k]
// is scales[i] times the codes a[i*lda:][:k] of QuantizeRow. Codes above 127
// give wrong sums. Rows of C are ldc apart.
func (w *Int8Weights) Gemm(m int, a []uint8, lda int, scales []float32, c []float32, ldc int, e Epilogue) {
	w.multiply(m, a, lda, scales, w.zeros, c, ldc, e)
}

// GemmSigned is Gemm with the codes of QuantizeSigned.
func (w *Int8Weights) GemmSigned(m int, a []uint8, lda int, scales []float32, c []float32, ldc int, e Epilogue) {
	w.multiply(m, a, lda, scales, w.signed, c, ldc, e)
}

func (w *Int8Weights) multiply(m int, a []uint8, lda int, scales []float32, start []int32, c []float32, ldc int, e Epilogue) {
	checkMatrix("A", false, m, w.k, len(a), lda)
	checkMatrix("C", false, m, w.n, len(c), ldc)
	if len(scales) < m {
		panic(fmt.Sprintf("kernel.Int8Weights: %d scales for %d rows", len(scales), m))
	}
	bias := w.noBias[:w.n]
	if e.Bias != nil {
		bias = e.Bias[:w.n]
	}
	if m == 0 || w.n == 0 {
		return
	}
	active.mulInt8(int8Product{
		rows: m, cols: w.n, depth: w.k,
		a: a, lda: lda, rowScales: scales[:m],
		panels: w.panels, start: start, colScales: w.scales, bias: bias,
		c: c, ldc: ldc, relu: e.ReLU,
	})
}

// int8Product is one call of Gemm: with s = start[j] + the sum over l of
// a[i*lda+l] * weight (l, j),
//
//	c[i*ldc+j] = float32(s)*colScales[j]*rowScales[i] + bias[j]
//
// rounded after each operation, and 0 where relu is set and that is negative.
type int8Product struct {
	rows, cols, depth int
	a                 []uint8
	lda               int
	rowScales         []float32
	panels            []int8
	start             []int32 // whole panels, as colScales
	colScales, bias   []float32
	c                 []float32
	ldc               int
	relu              bool
}

func mulInt8(p int8Product) {
	size := panelCols * roundUp(p.depth, panelGroup)
	for i := range p.rows {
		row := p.a[min(i*p.lda, len(p.a)):][:p.depth]
		for j := 0; j < p.cols; j += panelCols {
			sums := [panelCols]int32(p.start[j:])
			mulPanel(&sums, row, p.panels[j*size/panelCols:][:size])
			out := p.c[i*p.ldc+j:][:min(panelCols, p.cols-j)]
			for jj := range out {
				out[jj] = p.output(sums[jj], i, j+jj)
			}
		}
	}
}

// mulPanel adds to sums the products of a row and a panel.
func mulPanel(sums *[panelCols]int32, row []uint8, panel []int8) {
	for len(row) >= panelGroup {
		x := (*[panelGroup]uint8)(row)
		x0, x1, x2, x3 := int32(x[0]), int32(x[1]), int32(x[2]), int32(x[3])
		w := (*[panelCols * panelGroup]int8)(panel)
		for j := range sums {
			g := (*[panelGroup]int8)(w[j*panelGroup:])
			sums[j] += x0*int32(g[0]) + x1*int32(g[1]) + x2*int32(g[2]) + x3*int32(g[3])
		}
		row, panel = row[panelGroup:], panel[panelCols*panelGroup:]
	}
	for l, x := range row {
		for j := range sums {
			sums[j] += int32(x) * int32(panel[j*panelGroup+l])
		}
	}
}

// output is what becomes of a sum. The conversions keep a compiler from fusing.
func (p *int8Product) output(sum int32, i, j int) float32 {
	v := float32(float32(float32(sum)*p.colScales[j])*p.rowScales[i]) + p.bias[j]
	if p.relu && v < 0 {
		v = 0
	}
	return v
}
