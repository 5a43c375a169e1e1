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
	sums   []float64
	scratch
}

type scratch struct{ sumDy, sumDyXhat []float64 }

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
// and moves the running statistics towards them.
func (bn *BatchNorm) Forward(tape *BatchNormTape, x []float32, rows int) {
	w := bn.Width
	tape.xhat, tape.invStd, tape.sums = Grow(tape.xhat, rows*w), Grow(tape.invStd, w), Grow(tape.sums, 2*w)
	kernel.Parallel(w, 1+(1<<16)/max(rows, 1), func(lo, hi int) {
		mean, variance := tape.sums[:w], tape.sums[w:]
		columnMoments(x, rows, w, lo, hi, mean, variance)
		for c := lo; c < hi; c++ {
			tape.invStd[c] = float32(1 / math.Sqrt(variance[c]+float64(bn.Epsilon)))
			unbiased := variance[c] * float64(rows) / float64(max(rows-1, 1))
			bn.Mean[c] += bn.Momentum * (float32(mean[c]) - bn.Mean[c])
			bn.Var[c] += bn.Momentum * (float32(unbiased) - bn.Var[c])
		}
		for r := range rows {
			for c := lo; c < hi; c++ {
				i := r*w + c
				h := (x[i] - float32(mean[c])) * tape.invStd[c]
				tape.xhat[i] = h
				x[i] = h*bn.Gamma.Value[c] + bn.Beta.Value[c]
			}
		}
	})
}

// columnMoments sets mean and (biased) variance of the columns lo..hi.
func columnMoments(x []float32, rows, w, lo, hi int, mean, variance []float64) {
	clear(mean[lo:hi])
	clear(variance[lo:hi])
	for r := range rows {
		for c := lo; c < hi; c++ {
			mean[c] += float64(x[r*w+c])
		}
	}
	for c := lo; c < hi; c++ {
		mean[c] /= float64(rows)
	}
	for r := range rows {
		for c := lo; c < hi; c++ {
			d := float64(x[r*w+c]) - mean[c]
			variance[c] += d * d
		}
	}
	for c := lo; c < hi; c++ {
		variance[c] /= float64(rows)
	}
}

// Backward adds the gradients of gamma and beta and turns dy into dx, in place:
// dx = gamma/std * (dy - mean(dy) - xhat*mean(dy*xhat)).
func (bn *BatchNorm) Backward(tape *BatchNormTape, dy []float32, rows int) {
	w := bn.Width
	tape.sumDy, tape.sumDyXhat = Grow(tape.sumDy, w), Grow(tape.sumDyXhat, w)
	kernel.Parallel(w, 1+(1<<16)/max(rows, 1), func(lo, hi int) {
		s, sx := tape.sumDy, tape.sumDyXhat
		clear(s[lo:hi])
		clear(sx[lo:hi])
		for r := range rows {
			for c := lo; c < hi; c++ {
				d := float64(dy[r*w+c])
				s[c] += d
				sx[c] += d * float64(tape.xhat[r*w+c])
			}
		}
		for c := lo; c < hi; c++ {
			bn.Beta.Grad[c] += float32(s[c])
			bn.Gamma.Grad[c] += float32(sx[c])
		}
		n := float32(rows)
		for r := range rows {
			for c := lo; c < hi; c++ {
				i := r*w + c
				dy[i] = bn.Gamma.Value[c] * tape.invStd[c] * (dy[i] - float32(s[c])/n - tape.xhat[i]*float32(sx[c])/n)
			}
		}
	})
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
