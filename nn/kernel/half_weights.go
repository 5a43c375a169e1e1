package kernel

import "fmt"

// halfPanel is the number of outputs that MulVec sums side by side.
const halfPanel = 96

// HalfWeights is the right operand of products with one vector, op(B)[k,n],
// in half precision: half the bytes to read, where reading them is what a
// product with one vector costs. A recurrent layer uses it while serving. It
// belongs to the set of kernels in use when it was packed. Reading it is safe
// for concurrent use. The zero value is an empty operand.
type HalfWeights struct {
	k, n  int
	exact bool
	set   string
	// Panels of halfPanel outputs, the last one filled up with zeros; a panel
	// holds [k, halfPanel]. Widened once where the set cannot do it in passing.
	panels []uint16
	wide   []float32
}

// Pack lays out op(B)[k,n] in the place of what w held: B stored [k,n] with
// rows ldb apart, or with trans [n,k]. Each number is rounded as ToHalf does.
// It reuses w's memory where it can.
func (w *HalfWeights) Pack(trans bool, k, n int, b []float32, ldb int) {
	checkMatrix("B", trans, k, n, len(b), ldb)
	w.k, w.n, w.set, w.exact = k, n, active.name, true
	size := k * roundUp(n, halfPanel)
	w.panels = resized(w.panels, size)
	clear(w.panels)
	lane, step := 1, ldb
	if trans {
		lane, step = ldb, 1
	}
	for j := range n {
		panel := w.panels[j/halfPanel*halfPanel*k:]
		for l := range k {
			v := b[j*lane+l*step]
			h := halfOf(v)
			panel[l*halfPanel+j%halfPanel] = h
			w.exact = w.exact && halfValue(h) == v
		}
	}
	if active.mulHalf == nil {
		w.wide = resized(w.wide, size)
		fromHalf(w.wide, w.panels)
	}
}

// resized returns a slice of n elements with any content, s itself if it has room.
func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// Exact tells whether every packed number equals the one it was made from, as
// it does where a model's weights were rounded when the model was saved.
func (w *HalfWeights) Exact() bool { return w.exact }

// MulVec adds to y[n] the product of x[k] and op(B), in float32: every half is
// widened before it is multiplied. The order of summation is that of Gemm with
// acc, so exact weights give the bits that Gemm gives in the same set.
func (w *HalfWeights) MulVec(y, x []float32) {
	if len(y) != w.n || len(x) != w.k {
		panic(fmt.Sprintf("kernel.HalfWeights: x has %d and y %d elements; the operand is [%d,%d]", len(x), len(y), w.k, w.n))
	}
	if w.n == 0 || w.k == 0 {
		return
	}
	if w.set != active.name {
		panic(fmt.Sprintf("kernel.HalfWeights: packed for %s, used by %s", w.set, active.name))
	}
	if active.mulHalf == nil {
		w.mulWide(y, x)
		return
	}
	active.mulHalf(y, x, w.panels)
}

// mulWide is MulVec over the widened panels.
func (w *HalfWeights) mulWide(y, x []float32) {
	work := workspaces.Get().(*workspace)
	sums := work.sums[:halfPanel]
	for at := 0; at < len(y); at += halfPanel {
		panel, out := w.wide[at*w.k:][:halfPanel*w.k], y[at:min(at+halfPanel, len(y))]
		for from := 0; from < len(x); from += depthBlock {
			part := x[from:min(from+depthBlock, len(x))]
			active.combine.run(sums, part, panel[from*halfPanel:], halfPanel)
			for j := range out {
				out[j] += sums[j]
			}
		}
	}
	workspaces.Put(work)
}
