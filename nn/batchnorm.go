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

// BatchNormTape keeps what the backward pass needs.
type BatchNormTape struct {
	xhat   []float32 // normalised input [rows, Width]
	invStd []float32 // [Width]
	sums   []float64 // two sums per column, of either pass [2, Width]
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
	tape.xhat, tape.invStd, tape.sums = Grow(tape.xhat, rows*w), Grow(tape.invStd, w), Grow(tape.sums, 2*w)
	kernel.Parallel(w, columnGrain(rows), func(lo, hi int) { bn.forwardColumns(tape, x, rows, lo, hi) })
}

// columnGrain is how many columns make a piece of work: about 16k values, but
// at least four cache lines of each row.
func columnGrain(rows int) int { return max(64, (1<<14)/rows) }

func (bn *BatchNorm) forwardColumns(tape *BatchNormTape, x []float32, rows, lo, hi int) {
	w := bn.Width
	mean, variance := tape.sums[lo:hi], tape.sums[w+lo:w+hi]
	columnMoments(x, rows, w, lo, mean, variance)
	invStd, gamma, beta := tape.invStd[lo:hi], bn.Gamma.Value[lo:hi], bn.Beta.Value[lo:hi]
	for c, v := range variance {
		invStd[c] = float32(1 / math.Sqrt(v+float64(bn.Epsilon)))
		unbiased := v * float64(rows) / float64(max(rows-1, 1))
		bn.Mean[lo+c] += bn.Momentum * (float32(mean[c]) - bn.Mean[lo+c])
		bn.Var[lo+c] += bn.Momentum * (float32(unbiased) - bn.Var[lo+c])
	}
	for r := range rows {
		row, xhat := x[r*w+lo:r*w+hi], tape.xhat[r*w+lo:r*w+hi]
		for c, v := range row {
			h := float32(float64(v)-mean[c]) * invStd[c]
			xhat[c] = h
			row[c] = h*gamma[c] + beta[c]
		}
	}
}

// columnMoments sets mean and (biased) variance of the columns that start at
// lo, in one pass: with float32 values the difference of the float64 moments
// keeps nine digits even where the mean is a thousand deviations from zero.
func columnMoments(x []float32, rows, w, lo int, mean, variance []float64) {
	clear(mean)
	clear(variance)
	variance = variance[:len(mean)]
	for r := range rows {
		for c, v := range x[r*w+lo:][:len(mean)] {
			d := float64(v)
			mean[c] += d
			variance[c] += d * d
		}
	}
	for c := range mean {
		mean[c] /= float64(rows)
		variance[c] = max(0, variance[c]/float64(rows)-mean[c]*mean[c])
	}
}

// Backward adds the gradients of gamma and beta and turns dy into dx, in place:
// dx = gamma/std * (dy - mean(dy) - xhat*mean(dy*xhat)).
func (bn *BatchNorm) Backward(tape *BatchNormTape, dy []float32, rows int) {
	if rows == 0 {
		return
	}
	kernel.Parallel(bn.Width, columnGrain(rows), func(lo, hi int) { bn.backwardColumns(tape, dy, rows, lo, hi) })
}

func (bn *BatchNorm) backwardColumns(tape *BatchNormTape, dy []float32, rows, lo, hi int) {
	w := bn.Width
	s, sx := tape.sums[lo:hi], tape.sums[w+lo:w+hi] // of dy, and of dy*xhat
	clear(s)
	clear(sx)
	for r := range rows {
		row, xhat := dy[r*w+lo:r*w+hi], tape.xhat[r*w+lo:r*w+hi]
		for c, v := range row {
			s[c] += float64(v)
			sx[c] += float64(v) * float64(xhat[c])
		}
	}
	for c := range s {
		bn.Beta.Grad[lo+c] += float32(s[c])
		bn.Gamma.Grad[lo+c] += float32(sx[c])
		s[c] /= float64(rows)
		sx[c] /= float64(rows)
	}
	invStd, gamma := tape.invStd[lo:hi], bn.Gamma.Value[lo:hi]
	for r := range rows {
		row, xhat := dy[r*w+lo:r*w+hi], tape.xhat[r*w+lo:r*w+hi]
		for c, v := range row {
			row[c] = gamma[c] * invStd[c] * (v - float32(s[c]) - xhat[c]*float32(sx[c]))
		}
	}
}

// Infer normalises x[rows, Width] in place by the running statistics.
func (bn *BatchNorm) Infer(x []float32, rows int) {
	scale, shift := bn.Affine()
	for r := range rows {
		row := x[r*bn.Width : (r+1)*bn.Width]
		for c := range row {
			row[c] = row[c]*scale[c] + shift[c]
		}
	}
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
