package nn

import (
	"math"

	"github.com/reelrank/reelrank/nn/kernel"
)

// BatchNorm normalises each column over the rows of a batch and then scales
// and shifts it (Ioffe & Szegedy 2015). While serving it uses the running
// mean and variance, so that it is one multiply-add per value.
type BatchNorm struct {
	Width       int
	Momentum    float32 // share of the newest batch in the running statistics
	Epsilon     float32 // added to the variance
	Gamma, Beta *Param  // [Width]
	Mean, Var   []float32
}

// BatchNormTape keeps what the backward pass needs. Its buffers are reused from
// batch to batch.
type BatchNormTape struct {
	xhat         []float32 // normalised input [rows, Width]
	sums         []float64 // two sums per column, of either pass [2, Width]
	invStd       []float32 // [Width]
	scale        []float32 // gamma/std [Width]
	first, later []float32 // the means of x in two parts, then of dy and of dy*xhat [Width]

	onward, back job[batchNormPass]
}

// batchNormPass is one pass over the columns of a batch, which threads share.
type batchNormPass struct {
	bn   *BatchNorm
	tape *BatchNormTape
	x    []float32 // or dy
	rows int
}

// NewBatchNorm returns a layer that at first changes nothing but the scale.
func NewBatchNorm(name string, width int) *BatchNorm {
	bn := &BatchNorm{
		Width: width, Momentum: 0.05, Epsilon: 1e-5,
		Gamma: NewParam(name+".gamma", width), Beta: NewParam(name+".beta", width),
		Mean: make([]float32, width), Var: make([]float32, width),
	}
	for i := range width {
		bn.Gamma.Value[i], bn.Var[i] = 1, 1
	}
	return bn
}

// Params lists the layer's parameters.
func (bn *BatchNorm) Params() []*Param { return []*Param{bn.Gamma, bn.Beta} }

// Forward normalises x[rows, Width] in place by the statistics of this batch
// and moves the running statistics towards them. A batch of one row comes out
// as Beta; an empty one changes nothing.
func (bn *BatchNorm) Forward(tape *BatchNormTape, x []float32, rows int) {
	if rows == 0 {
		return
	}
	w := bn.Width
	tape.xhat, tape.sums = Grow(tape.xhat, rows*w), Grow(tape.sums, 2*w)
	for _, v := range []*[]float32{&tape.invStd, &tape.scale, &tape.first, &tape.later} {
		*v = Grow(*v, w)
	}
	tape.onward.do(w, columnGrain(rows), batchNormPass{bn, tape, x, rows}, (*batchNormPass).forward)
}

// columnGrain is how many columns make a piece of work: about 64k values, 10
// microseconds, but at least eight cache lines of each row.
func columnGrain(rows int) int { return max(128, (1<<16)/rows) }

func (p *batchNormPass) forward(lo, hi int) {
	bn, t, w, rows := p.bn, p.tape, p.bn.Width, float64(p.rows)
	sums, squares := t.sums[lo:hi], t.sums[w+lo:w+hi]
	kernel.ColumnMoments(sums, squares, p.x[lo:], w, p.rows)
	n := kernel.ColumnNorm{
		Mean: t.first[lo:hi], Rest: t.later[lo:hi], InvStd: t.invStd[lo:hi],
		Gamma: bn.Gamma.Value[lo:hi], Beta: bn.Beta.Value[lo:hi],
	}
	for c := range sums {
		mean := sums[c] / rows
		// With float32 values the difference of the float64 moments keeps nine
		// digits even where the mean is a thousand deviations from zero.
		variance := max(0, squares[c]/rows-mean*mean)
		n.Mean[c] = float32(mean)
		n.Rest[c] = float32(mean - float64(n.Mean[c]))
		n.InvStd[c] = float32(1 / math.Sqrt(variance+float64(bn.Epsilon)))
		unbiased := variance * rows / max(rows-1, 1)
		bn.Mean[lo+c] += bn.Momentum * (n.Mean[c] - bn.Mean[lo+c])
		bn.Var[lo+c] += bn.Momentum * (float32(unbiased) - bn.Var[lo+c])
	}
	kernel.NormalizeColumns(p.x[lo:], t.xhat[lo:], w, p.rows, n)
}

// Backward adds the gradients of gamma and beta and turns dy into dx, in place:
// dx = gamma/std * (dy - mean(dy) - xhat*mean(dy*xhat)).
func (bn *BatchNorm) Backward(tape *BatchNormTape, dy []float32, rows int) {
	if rows == 0 {
		return
	}
	tape.back.do(bn.Width, columnGrain(rows), batchNormPass{bn, tape, dy, rows}, (*batchNormPass).backward)
}

func (p *batchNormPass) backward(lo, hi int) {
	bn, t, w, rows := p.bn, p.tape, p.bn.Width, float64(p.rows)
	sums, products := t.sums[lo:hi], t.sums[w+lo:w+hi]
	kernel.ColumnProducts(sums, products, p.x[lo:], t.xhat[lo:], w, p.rows)
	scale, mean, along := t.scale[lo:hi], t.first[lo:hi], t.later[lo:hi]
	for c := range sums {
		bn.Beta.Grad[lo+c] += float32(sums[c])
		bn.Gamma.Grad[lo+c] += float32(products[c])
		scale[c] = bn.Gamma.Value[lo+c] * t.invStd[lo+c]
		mean[c], along[c] = float32(sums[c]/rows), float32(products[c]/rows)
	}
	kernel.NormalizeColumnsBackward(p.x[lo:], t.xhat[lo:], w, p.rows, scale, mean, along)
}

// Infer normalises x[rows, Width] in place by the running statistics.
func (bn *BatchNorm) Infer(x []float32, rows int) {
	scale, shift := bn.Affine()
	kernel.AffineColumns(x, bn.Width, rows, scale, shift)
}

// Affine returns the scale and shift [Width] that the running statistics
// amount to; serving folds them into the dense layer before.
func (bn *BatchNorm) Affine() (scale, shift []float32) {
	scale, shift = make([]float32, bn.Width), make([]float32, bn.Width)
	for c := range scale {
		scale[c] = bn.Gamma.Value[c] / float32(math.Sqrt(float64(bn.Var[c]+bn.Epsilon)))
		shift[c] = bn.Beta.Value[c] - bn.Mean[c]*scale[c]
	}
	return scale, shift
}
