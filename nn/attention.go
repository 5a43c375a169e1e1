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
//
// A prefix differs from the one before by one state, whose share in it is
// α_t = a_tt = σ(e_t - log Σ_{s<t} exp(e_s)), hence
//
//	p_t = (1-α_t) p_{t-1} + α_t h_t
//
// and all prefixes together cost one pass over the states.
type Attention struct {
	Width int
	W, B  *Param // B shifts all scores alike and cancels: its gradient is zero
}

// AttentionTape keeps what the backward pass needs, and the outputs.
type AttentionTape struct {
	Pooled []float32 // [rows, Width]
	share  []float32 // α of each row's state in its prefix [rows]
	de     []float32 // gradients of the scores [rows]
	carry  []float32 // gradient handed to the prefix before [batch, Width]

	onward, back job[attentionWalk]
}

// attentionWalk is one walk over the sequences of a batch, which threads share.
type attentionWalk struct {
	l         *Attention
	tape      *AttentionTape
	h, dh, dp []float32
	seq       Packed
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
	tape.Pooled, tape.share = Grow(tape.Pooled, seq.Rows()*l.Width), Grow(tape.share, seq.Rows())
	w := attentionWalk{l: l, tape: tape, h: h, seq: seq}
	tape.onward.do(len(seq.Lengths), 1+1024/l.Width, w, (*attentionWalk).forward)
}

func (w *attentionWalk) forward(lo, hi int) {
	for b := lo; b < hi; b++ {
		w.l.pool(w.tape, w.h, w.seq, b)
	}
}

// pool computes the pooled vectors of all prefixes of sequence b.
func (l *Attention) pool(tape *AttentionTape, h []float32, seq Packed, b int) {
	w, logSum := l.Width, math.Inf(-1)
	var before []float32
	for t := range seq.Lengths[b] {
		row := seq.Row(t, b)
		state, pooled := h[row*w:][:w], tape.Pooled[row*w:][:w]
		if t == 0 {
			clear(pooled)
			before = pooled
		}
		tape.share[row], logSum = l.admit(state, logSum)
		mix(pooled, before, state, tape.share[row])
		before = pooled
	}
}

// Last sets pooled[Width] to the pooled vector of the whole sequence
// h[n, Width], the same bits as Forward's last; zeros where n is 0.
func (l *Attention) Last(pooled, h []float32, n int) {
	w, logSum := l.Width, math.Inf(-1)
	clear(pooled)
	for s := range n {
		var share float32
		share, logSum = l.admit(h[s*w:][:w], logSum)
		mix(pooled, pooled, h[s*w:][:w], share)
	}
}

// admit returns the share of a state in the prefix that ends with it, given
// the log of the summed exp(score) of the states before, and that log with
// the state included.
func (l *Attention) admit(state []float32, logSum float64) (share float32, newLogSum float64) {
	e := float64(kernel.Dot(l.W.Value, state) + l.B.Value[0])
	share = float32(1 / (1 + math.Exp(logSum-e)))
	return share, math.Max(logSum, e) + math.Log1p(math.Exp(-math.Abs(logSum-e)))
}

// mix sets pooled = (1-share)*before + share*state; before may be pooled, and
// is not read where the state has the whole share, as in the first step of
// finite scores.
func mix(pooled, before, state []float32, share float32) {
	if share == 1 {
		copy(pooled, state)
		return
	}
	kernel.Scale(pooled, before, 1-share)
	kernel.Axpy(share, state, pooled)
}

// Backward takes dp[rows, Width], the gradient of tape.Pooled, adds the
// gradients of the parameters and sets dh[rows, Width].
func (l *Attention) Backward(tape *AttentionTape, dh, dp, h []float32, seq Packed) {
	w, rows := l.Width, seq.Rows()
	tape.de, tape.carry = Grow(tape.de, rows), Grow(tape.carry, len(seq.Lengths)*w)
	args := attentionWalk{l: l, tape: tape, h: h, dh: dh, dp: dp, seq: seq}
	tape.back.do(len(seq.Lengths), 1+1024/w, args, (*attentionWalk).backward)
	kernel.Gemm(false, false, 1, w, rows, tape.de, rows, h, w, true, l.W.Grad, w)
}

func (w *attentionWalk) backward(lo, hi int) {
	for b := lo; b < hi; b++ {
		w.l.poolBackward(w.tape, w.dh, w.dp, w.h, w.seq, b)
	}
}

// poolBackward walks the prefixes of sequence b from the last to the first.
// With g the whole gradient of p_t and dSum that of log Σ_{s<=t} exp(e_s):
//
//	dα_t = g·(h_t - p_{t-1}), of which α_t(1-α_t) reaches e_t and, negated, the log before;
//	of dSum the share α_t goes to e_t and the rest to the log before.
func (l *Attention) poolBackward(tape *AttentionTape, dh, dp, h []float32, seq Packed, b int) {
	w := l.Width
	g, weight := tape.carry[b*w:][:w], l.W.Value[:w]
	clear(g)
	var dSum float32
	for t := seq.Lengths[b] - 1; t >= 0; t-- {
		row := seq.Row(t, b)
		share, state := tape.share[row], h[row*w:][:w]
		kernel.Axpy(1, dp[row*w:][:w], g)
		var ds float32
		if t > 0 {
			dShare := kernel.Dot(g, state) - kernel.Dot(g, tape.Pooled[seq.Row(t-1, b)*w:][:w])
			ds = dShare * share * (1 - share)
		}
		de := ds + share*dSum
		dSum = (1-share)*dSum - ds
		tape.de[row] = de
		d := dh[row*w:][:w]
		kernel.Scale(d, g, share)
		kernel.Axpy(de, weight, d)
		kernel.Scale(g, g, 1-share)
	}
}
