package nn

import (
	"math"
	"math/rand/v2"

	"github.com/reelrank/reelrank/nn/kernel"
)

// Attention pools the states of a sequence into one vector per prefix: the
// pooled vector after step t is a softmax-weighted mean of the states 0..t,
//
//	e_s = w·h_s + b,  a_ts = exp(e_s) / Σ_{s'<=t} exp(e_s'),  p_t = Σ_{s<=t} a_ts h_s.
//
// States behind t and other sequences have weight zero, so no prefix sees its
// future. W is [Width], B is [1].
type Attention struct {
	Width int
	W, B  *Param
}

// AttentionTape keeps what the backward pass needs, and the outputs.
type AttentionTape struct {
	Pooled []float32 // [rows, Width]
	e      []float32 // scores [rows]
	a      []float32 // weights of each row's prefix, Steps each [rows, Steps]
	de     []float32 // gradients of the scores [rows]
	da     []float32 // scratch per sequence [batch, Steps]
}

// NewAttention returns a layer that at first pools almost uniformly.
func NewAttention(name string, width int, rng *rand.Rand) *Attention {
	l := &Attention{Width: width, W: NewParam(name+".weight", width), B: NewParam(name+".bias", 1)}
	l.W.InitUniform(rng, 1/math.Sqrt(float64(width)))
	return l
}

// Params lists the layer's parameters.
func (l *Attention) Params() []*Param { return []*Param{l.W, l.B} }

// Forward sets tape.Pooled[rows, Width] from h[rows, Width].
func (l *Attention) Forward(tape *AttentionTape, h []float32, seq Packed) {
	w, rows, steps := l.Width, seq.Rows(), seq.Steps()
	tape.Pooled, tape.e, tape.a = Grow(tape.Pooled, rows*w), Grow(tape.e, rows), Grow(tape.a, rows*steps)
	for row := range rows {
		tape.e[row] = kernel.Dot(l.W.Value, h[row*w:(row+1)*w]) + l.B.Value[0]
	}
	kernel.Parallel(len(seq.Lengths), 1, func(lo, hi int) {
		for b := lo; b < hi; b++ {
			for t := range seq.Lengths[b] {
				l.pool(tape, h, seq, t, b)
			}
		}
	})
}

// pool computes one prefix's weights and mean.
func (l *Attention) pool(tape *AttentionTape, h []float32, seq Packed, t, b int) {
	w, steps, row := l.Width, seq.Steps(), seq.Row(t, b)
	a := tape.a[row*steps : row*steps+t+1]
	top := float32(math.Inf(-1))
	for s := range a {
		a[s] = tape.e[seq.Row(s, b)]
		top = max(top, a[s])
	}
	var sum float32
	for s := range a {
		a[s] = float32(math.Exp(float64(a[s] - top)))
		sum += a[s]
	}
	p := tape.Pooled[row*w : (row+1)*w]
	clear(p)
	for s := range a {
		a[s] /= sum
		kernel.Axpy(a[s], h[seq.Row(s, b)*w:(seq.Row(s, b)+1)*w], p)
	}
}

// Last sets pooled[Width] to the pooled vector of the whole sequence h[n, Width].
func (l *Attention) Last(pooled, h []float32, n int) {
	w := l.Width
	e := make([]float32, n)
	top := float32(math.Inf(-1))
	for s := range e {
		e[s] = kernel.Dot(l.W.Value, h[s*w:(s+1)*w]) + l.B.Value[0]
		top = max(top, e[s])
	}
	var sum float32
	for s := range e {
		e[s] = float32(math.Exp(float64(e[s] - top)))
		sum += e[s]
	}
	clear(pooled)
	for s := range e {
		kernel.Axpy(e[s]/sum, h[s*w:(s+1)*w], pooled)
	}
}

// Backward takes dp[rows, Width], the gradient of tape.Pooled, adds the
// gradients of the parameters and sets dh[rows, Width].
func (l *Attention) Backward(tape *AttentionTape, dh, dp, h []float32, seq Packed) {
	w, rows := l.Width, seq.Rows()
	tape.de, tape.da = Grow(tape.de, rows), Grow(tape.da, len(seq.Lengths)*seq.Steps())
	clear(tape.de)
	clear(dh[:rows*w])
	kernel.Parallel(len(seq.Lengths), 1, func(lo, hi int) {
		for b := lo; b < hi; b++ {
			for t := range seq.Lengths[b] {
				l.poolBackward(tape, dh, dp, h, seq, t, b)
			}
		}
	})
	for row := range rows {
		l.B.Grad[0] += tape.de[row]
		kernel.Axpy(tape.de[row], h[row*w:(row+1)*w], l.W.Grad)
		kernel.Axpy(tape.de[row], l.W.Value, dh[row*w:(row+1)*w])
	}
}

// poolBackward spreads the gradient of one prefix over its states and scores:
// de_s = a_s (dp·h_s - Σ a dp·h).
func (l *Attention) poolBackward(tape *AttentionTape, dh, dp, h []float32, seq Packed, t, b int) {
	w, steps, row := l.Width, seq.Steps(), seq.Row(t, b)
	a, d := tape.a[row*steps:row*steps+t+1], dp[row*w:(row+1)*w]
	da := tape.da[b*steps : b*steps+t+1]
	var mean float32
	for s := range a {
		at := seq.Row(s, b) * w
		da[s] = kernel.Dot(d, h[at:at+w])
		mean += a[s] * da[s]
		kernel.Axpy(a[s], d, dh[at:at+w])
	}
	for s := range a {
		tape.de[seq.Row(s, b)] += a[s] * (da[s] - mean)
	}
}
