package nn

import (
	"math"

	"github.com/reelrank/reelrank/nn/kernel"
)

// attentionBlock is how many steps ask at once: their weights of a sequence of
// 200 stay in a core's first caches, and what lies behind the last of them is
// not computed.
const attentionBlock = 64

// attentionScratch is one sequence, its rows one after the other, and the
// weights of a block.
type attentionScratch struct {
	qkv, dQKV    []float32 // [n, 3*Width]
	heads, dHead []float32 // [n, Width]
	weights      []float32 // [attentionBlock, n]
	dropped      []float32 // the weights after dropout
	d            []float32 // their gradients
}

func (tape *SelfAttentionTape) take() *attentionScratch {
	if s, ok := tape.scratch.Get().(*attentionScratch); ok {
		return s
	}
	return new(attentionScratch)
}

// gather copies the rows of sequence b, each of the given width, to dst.
func gather(dst, src []float32, seq Packed, b, width int) {
	for t := range seq.Lengths[b] {
		copy(dst[t*width:(t+1)*width], src[seq.Row(t, b)*width:])
	}
}

// scatter copies them back.
func scatter(dst, src []float32, seq Packed, b, width int) {
	for t := range seq.Lengths[b] {
		copy(dst[seq.Row(t, b)*width:][:width], src[t*width:])
	}
}

// block is the steps lo..hi asking the steps from..hi.
type block struct{ lo, hi, from int }

// block is the one that starts at step lo of n.
func (l *SelfAttention) block(lo, n int) block {
	return block{lo, min(lo+attentionBlock, n), max(0, lo-l.Reach+1)}
}

func (w *selfAttentionWalk) forward(lo, hi int) {
	l, s := w.l, w.tape.take()
	for b := lo; b < hi; b++ {
		n := w.seq.Lengths[b]
		s.qkv, s.heads = Grow(s.qkv, n*3*l.Width), Grow(s.heads, n*l.Width)
		s.weights, s.dropped = Grow(s.weights, attentionBlock*n), Grow(s.dropped, attentionBlock*n)
		gather(s.qkv, w.tape.qkv, w.seq, b, 3*l.Width)
		for h := range l.Heads {
			for at := 0; at < n; at += attentionBlock {
				w.read(s, h, b, l.block(at, n))
			}
		}
		scatter(w.tape.heads, s.heads, w.seq, b, l.Width)
	}
	w.tape.scratch.Put(s)
}

// read sets the outputs of a head for the steps of a block.
func (w *selfAttentionWalk) read(s *attentionScratch, h, b int, at block) {
	l := w.l
	width, ld := l.Width/l.Heads, 3*l.Width
	m, n := at.hi-at.lo, at.hi-at.from
	weights := w.weigh(s, h, b, at)
	v := s.qkv[at.from*ld+2*l.Width+h*width:]
	kernel.Gemm(false, false, m, width, n, weights, n, v, ld, false, s.heads[at.lo*l.Width+h*width:], l.Width)
}

// weigh leaves the softmax in s.weights [hi-lo, hi-from], zero where a step
// reads nothing, and returns what is left of it after dropout.
func (w *selfAttentionWalk) weigh(s *attentionScratch, h, b int, at block) []float32 {
	l := w.l
	width, ld := l.Width/l.Heads, 3*l.Width
	m, n := at.hi-at.lo, at.hi-at.from
	q, k := s.qkv[at.lo*ld+h*width:], s.qkv[at.from*ld+l.Width+h*width:]
	weights := s.weights[:m*n]
	kernel.Gemm(false, true, m, n, width, q, ld, k, ld, false, weights, n)
	for i := range m {
		row, first, end := weights[i*n:(i+1)*n], l.first(at, i), at.lo+i+1-at.from
		clear(row[:first])
		l.softmax(row[first:end], h, first, end-1)
		clear(row[end:])
	}
	if w.tape.rate == 0 {
		return weights
	}
	dropped := s.dropped[:m*n]
	copy(dropped, weights)
	kernel.ReLUDropout(dropped, kernel.Dropout{Rate: w.tape.rate, Seed: w.seed(h, b, at)})
	return dropped
}

// first is the column of the first step that step lo+i of a block reads.
func (l *SelfAttention) first(at block, i int) int {
	return max(0, at.lo+i-l.Reach+1-at.from)
}

// seed is the randomness of one block of one head and sequence.
func (w *selfAttentionWalk) seed(h, b int, at block) uint64 {
	return w.tape.seed + uint64(b*w.l.Heads+h)<<20 + uint64(at.lo)
}

func (w *selfAttentionWalk) backward(lo, hi int) {
	l, s := w.l, w.tape.take()
	for b := lo; b < hi; b++ {
		n := w.seq.Lengths[b]
		s.qkv, s.dQKV = Grow(s.qkv, n*3*l.Width), Grow(s.dQKV, n*3*l.Width)
		s.heads, s.dHead = Grow(s.heads, n*l.Width), Grow(s.dHead, n*l.Width)
		s.weights, s.dropped, s.d = Grow(s.weights, attentionBlock*n), Grow(s.dropped, attentionBlock*n), Grow(s.d, attentionBlock*n)
		gather(s.qkv, w.tape.qkv, w.seq, b, 3*l.Width)
		gather(s.heads, w.tape.heads, w.seq, b, l.Width)
		gather(s.dHead, w.tape.dHead, w.seq, b, l.Width)
		clear(s.dQKV)
		dBias := w.tape.dBias[b*len(l.Bias.Value):][:len(l.Bias.Value)]
		clear(dBias)
		for h := range l.Heads {
			for at := 0; at < n; at += attentionBlock {
				w.readBackward(s, dBias[h*l.Reach:][:l.Reach], h, b, l.block(at, n))
			}
		}
		scatter(w.tape.qkv, s.dQKV, w.seq, b, 3*l.Width)
	}
	w.tape.scratch.Put(s)
}

// readBackward adds what the steps of a block hand back. With p the softmax,
// p' what dropout left of it and o the output,
//
//	dv = p'ᵀ do;  dp' = do vᵀ;  de = p ∘ (dp - do·o), where dp is dp' of what was kept;
//	dq = de k / sqrt(width);  dk = deᵀ q / sqrt(width)
func (w *selfAttentionWalk) readBackward(s *attentionScratch, dBias []float32, h, b int, at block) {
	l := w.l
	width, ld := l.Width/l.Heads, 3*l.Width
	m, n := at.hi-at.lo, at.hi-at.from
	left := w.weigh(s, h, b, at)
	do := s.dHead[at.lo*l.Width+h*width:]
	head := func(x []float32, which, step int) []float32 { return x[step*ld+which*l.Width+h*width:] }

	kernel.Gemm(true, false, n, width, m, left, n, do, l.Width, true, head(s.dQKV, 2, at.from), ld)
	d := s.d[:m*n]
	kernel.Gemm(false, true, m, n, width, do, l.Width, head(s.qkv, 2, at.from), ld, false, d, n)
	if w.tape.rate > 0 {
		kernel.ReLUBackward(d, left, kernel.Dropout{Rate: w.tape.rate}.Scale())
	}
	scale := float32(1 / math.Sqrt(float64(width)))
	for i := range m {
		step := (at.lo + i) * l.Width
		along := kernel.Dot(s.dHead[step+h*width:][:width], s.heads[step+h*width:][:width])
		first, end := l.first(at, i), at.lo+i+1-at.from
		row, p := d[i*n:(i+1)*n], s.weights[i*n:(i+1)*n]
		for j := range row {
			row[j] = p[j] * (row[j] - along)
		}
		kernel.Axpy(1, row[first:end], dBias[l.Reach-(end-first):])
	}
	kernel.Scale(d, d, scale)
	kernel.Gemm(false, false, m, width, n, d, n, head(s.qkv, 1, at.from), ld, true, head(s.dQKV, 0, at.lo), ld)
	kernel.Gemm(true, false, n, width, m, d, n, head(s.qkv, 0, at.lo), ld, true, head(s.dQKV, 1, at.from), ld)
}
