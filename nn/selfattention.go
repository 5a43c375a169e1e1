package nn

import (
	"math"
	"math/rand/v2"
	"sync"

	"github.com/reelrank/reelrank/nn/kernel"
)

// SelfAttention lets every step of a sequence read the steps up to itself
// (Vaswani et al. 2017), in several heads of Width/Heads numbers each:
//
//	q, k, v = In x;  e_ts = q_t·k_s / sqrt(Width/Heads) + Bias[t-s]
//	y_t = Out Σ_s softmax_s(e_ts) v_s  over t-Reach < s <= t
//
// Positions enter by how many steps a step lies back alone (Shaw et al. 2018),
// one learned number per head and distance, so that a window of a sequence is
// encoded as the sequence is. Steps that lie further back than Reach, later
// ones and other sequences have weight zero.
type SelfAttention struct {
	Width, Heads, Reach int
	In, Out             *Linear // Width to 3*Width, Width to Width
	Bias                *Param  // [Heads, Reach]; a distance d stands at Reach-1-d
}

// SelfAttentionTape keeps what the backward pass needs besides the input.
type SelfAttentionTape struct {
	qkv   []float32 // [rows, 3*Width], then its gradient
	heads []float32 // what Out reads [rows, Width]
	dHead []float32 // its gradient
	dBias []float32 // per sequence [batch, Heads, Reach]
	rate  float64   // of dropout
	seed  uint64

	scratch      sync.Pool // *attentionScratch
	onward, back job[selfAttentionWalk]
}

// selfAttentionWalk is one pass over the sequences, which threads share.
type selfAttentionWalk struct {
	l    *SelfAttention
	tape *SelfAttentionTape
	seq  Packed
}

// NewSelfAttention returns a layer whose heads divide the width.
func NewSelfAttention(name string, width, heads, reach int, rng *rand.Rand) *SelfAttention {
	l := &SelfAttention{
		Width: width, Heads: heads, Reach: reach,
		In: NewLinear(name+".in", width, 3*width, rng), Out: NewLinear(name+".out", width, width, rng),
		Bias: NewParam(name+".bias", heads, reach),
	}
	bound := math.Sqrt(3 / float64(width)) // keeps the variance: no ReLU follows
	l.In.W.InitUniform(rng, bound)
	l.Out.W.InitUniform(rng, bound)
	l.Bias.Decay = false
	return l
}

// Params lists the layer's parameters.
func (l *SelfAttention) Params() []*Param {
	return append(append(l.In.Params(), l.Out.Params()...), l.Bias)
}

// Forward sets y[rows, Width] from x[rows, Width] laid out by seq. With rng the
// weights of the sums are dropped at the given rate.
func (l *SelfAttention) Forward(tape *SelfAttentionTape, y, x []float32, seq Packed, rate float64, rng *rand.Rand) {
	rows := seq.Rows()
	tape.rate = 0
	if rng != nil && rate > 0 {
		tape.rate, tape.seed = rate, rng.Uint64()
	}
	l.In.Forward(l.Projected(tape, rows), x, rows)
	l.Out.Forward(y, l.attend(tape, seq), rows)
}

// Projected returns the tape's buffer for queries, keys and values, In x, for
// Attend to read: [rows, 3*Width].
func (l *SelfAttention) Projected(tape *SelfAttentionTape, rows int) []float32 {
	tape.qkv = Grow(tape.qkv, rows*3*l.Width)
	return tape.qkv
}

// Attend returns what Out reads [rows, Width], from the projections in the
// tape and without dropout.
func (l *SelfAttention) Attend(tape *SelfAttentionTape, seq Packed) []float32 {
	tape.rate = 0
	return l.attend(tape, seq)
}

func (l *SelfAttention) attend(tape *SelfAttentionTape, seq Packed) []float32 {
	tape.heads = Grow(tape.heads, seq.Rows()*l.Width)
	tape.onward.do(len(seq.Lengths), 1, selfAttentionWalk{l, tape, seq}, (*selfAttentionWalk).forward)
	return tape.heads
}

// Backward takes dy[rows, Width], adds the gradients of the parameters and sets
// dx[rows, Width]. It overwrites the tape.
func (l *SelfAttention) Backward(tape *SelfAttentionTape, dx, dy, x []float32, seq Packed) {
	rows, batch := seq.Rows(), len(seq.Lengths)
	tape.dHead = Grow(tape.dHead, rows*l.Width)
	l.Out.Backward(tape.dHead, dy, tape.heads, rows)
	tape.dBias = Grow(tape.dBias, batch*len(l.Bias.Value))
	tape.back.do(batch, 1, selfAttentionWalk{l, tape, seq}, (*selfAttentionWalk).backward)
	kernel.AddColumnSums(l.Bias.Grad, tape.dBias, len(l.Bias.Value), batch)
	l.In.Backward(dx, tape.qkv, x, rows)
}

// AttendLast sets heads[Width] to what Out reads of the last of n steps, given
// its query q[Width] and the keys and values kv[n, 2*Width] of all: the last
// row of Attend. scores holds n numbers for a while.
func (l *SelfAttention) AttendLast(heads, scores, q, kv []float32, n int) {
	ld, width := 2*l.Width, l.Width/l.Heads
	from := max(0, n-l.Reach)
	s := scores[:n-from]
	for h := range l.Heads {
		k, v := kv[from*ld+h*width:], kv[from*ld+l.Width+h*width:]
		kernel.Gemm(false, true, 1, len(s), width, q[h*width:], l.Width, k, ld, false, s, len(s))
		l.softmax(s, h, 0, len(s)-1)
		kernel.Gemm(false, false, 1, width, len(s), s, len(s), v, ld, false, heads[h*width:], l.Width)
	}
}

// softmax turns the products of step t with the steps from..t in row[:t-from+1]
// into weights.
func (l *SelfAttention) softmax(row []float32, head, from, t int) {
	bias := l.Bias.Value[head*l.Reach:][:l.Reach]
	scale := float32(1 / math.Sqrt(float64(l.Width/l.Heads)))
	row = row[:t-from+1]
	kernel.Blend(row, scale, row, 1, bias[l.Reach-len(row):])
	sum := kernel.ExpSum(row, row, kernel.Max(row))
	kernel.Scale(row, row, float32(1/sum))
}
