package model

import (
	"fmt"
	"math/rand/v2"

	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
)

// Ranker is the upper part of the network: dense blocks that all heads share,
// and the heads, each of which predicts one signal. Model holds one; another
// with inputs and heads of its own is made by NewRanker and trained by a
// RankPass.
type Ranker struct {
	Dense []Block
	Heads *nn.Linear // to the logits, one per head
	Wide  *nn.Linear // from the input straight to the logits, which adds to Heads; nil without
}

// Block is one dense layer of the ranker: linear, BatchNorm, ReLU, Dropout.
type Block struct {
	Linear *nn.Linear
	Norm   *nn.BatchNorm
}

// RankerConfig holds the sizes of a ranker.
type RankerConfig struct {
	In    int   // width of the input
	Dense []int // widths of the dense blocks, at least one
	Heads int   // number of logits
	Wide  bool  // whether the logits also are a linear function of the input (Cheng et al. 2016, "Wide & Deep")
}

// NewRanker returns a ranker with random weights, and a wide part of zeros.
func NewRanker(cfg RankerConfig, rng *rand.Rand) Ranker {
	var r Ranker
	in := cfg.In
	for i, w := range cfg.Dense {
		name := fmt.Sprintf("dense%d", i+1)
		r.Dense = append(r.Dense, Block{nn.NewLinear(name, in, w, rng), nn.NewBatchNorm(name+".norm", w)})
		in = w
	}
	r.Heads = nn.NewLinear("heads", in, cfg.Heads, rng)
	for i := range r.Heads.W.Value {
		r.Heads.W.Value[i] *= 0.1 // start near the heads' base rates
	}
	if cfg.Wide {
		r.Wide = nn.NewLinear("wide", cfg.In, cfg.Heads, rng)
		clear(r.Wide.W.Value)
	}
	return r
}

// Params lists the ranker's learned parameters in a fixed order.
func (r *Ranker) Params() []*nn.Param {
	var ps []*nn.Param
	for _, b := range r.Dense {
		ps = append(ps, b.Linear.Params()...)
		ps = append(ps, b.Norm.Params()...)
	}
	ps = append(ps, r.Heads.Params()...)
	if r.Wide != nil {
		ps = append(ps, r.Wide.Params()...)
	}
	return ps
}

// RankPass is one forward and backward walk of a ranker over rows. It keeps
// its buffers from call to call; one goroutine uses it at a time.
type RankPass struct {
	Logits []float32 // [rows, Heads.Out] of the last Forward

	r       *Ranker
	dropout float64
	rows    int
	in      []float32   // of the last Forward [rows, In]
	out     [][]float32 // of each block, after ReLU and dropout [rows, Out]
	norm    []nn.BatchNormTape
	d       [][]float32 // gradients of out
	wide    []float32   // [rows, Heads.Out]

	// Of the losses, by head.
	targets, weights [][]float32
	logits, dLogits  [][]float32 // [heads][rows]
	losses           []float64
	lossesOf         func(lo, hi int)
	dHeads           []float32 // [rows, Heads.Out]
}

// NewRankPass returns a pass over r that drops the given share of each
// block's outputs in training.
func NewRankPass(r *Ranker, dropout float64) *RankPass {
	n, heads := len(r.Dense), r.Heads.Out
	p := &RankPass{
		r: r, dropout: dropout, out: make([][]float32, n), d: make([][]float32, n), norm: make([]nn.BatchNormTape, n),
		logits: make([][]float32, heads), dLogits: make([][]float32, heads), losses: make([]float64, heads),
	}
	p.lossesOf = p.lossOfHeads
	return p
}

// Forward computes the logits of in [rows, In], which must not change until
// Backward. Without rng it is inference: running statistics, no dropout.
func (p *RankPass) Forward(in []float32, rows int, rng *rand.Rand) {
	p.in, p.rows = in, rows
	x := in
	for i, b := range p.r.Dense {
		p.out[i] = nn.Grow(p.out[i], rows*b.Linear.Out)
		y := p.out[i]
		b.Linear.Forward(y, x, rows)
		if rng == nil {
			b.Norm.Infer(y, rows)
			nn.ReLU(y, y)
		} else {
			b.Norm.Forward(&p.norm[i], y, rows)
			nn.ReLUDropout(y, p.dropout, rng)
		}
		x = y
	}
	p.Logits = nn.Grow(p.Logits, rows*p.r.Heads.Out)
	p.r.Heads.Forward(p.Logits, x, rows)
	if p.r.Wide != nil {
		p.wide = nn.Grow(p.wide, len(p.Logits))
		p.r.Wide.Forward(p.wide, in, rows)
		kernel.Axpy(1, p.wide, p.Logits)
	}
}

// Losses returns the heads' mean cross entropies, in nats, of targets 0..1
// and weights, both [heads][rows], after Forward. A weight of 0 leaves a row out.
// The result is valid until the next call.
func (p *RankPass) Losses(targets, weights [][]float32) []float64 {
	p.targets, p.weights = targets, weights
	for h := range p.logits {
		p.logits[h], p.dLogits[h] = nn.Grow(p.logits[h], p.rows), nn.Grow(p.dLogits[h], p.rows)
	}
	kernel.Parallel(len(p.logits), 1, p.lossesOf)
	return p.losses
}

// lossOfHeads computes the losses of the heads lo..hi and the gradients of
// their logits.
func (p *RankPass) lossOfHeads(lo, hi int) {
	heads := len(p.logits)
	for h := lo; h < hi; h++ {
		var total float64
		for row, w := range p.weights[h] {
			p.logits[h][row] = p.Logits[row*heads+h]
			total += float64(w)
		}
		p.losses[h] = nn.LogisticLoss(p.dLogits[h], p.logits[h], p.targets[h], p.weights[h], total)
	}
}

// Backward adds to the parameters the gradients of the last Losses, each head's
// weighted by headWeights, and sets dIn [rows, In], the gradient of the input;
// a nil dIn is not computed.
func (p *RankPass) Backward(dIn []float32, headWeights []float64) {
	r, rows, heads := p.r, p.rows, p.r.Heads.Out
	p.dHeads = nn.Grow(p.dHeads, rows*heads)
	for h := range heads {
		w := float32(headWeights[h])
		for row, g := range p.dLogits[h] {
			p.dHeads[row*heads+h] = w * g
		}
	}
	last := len(r.Dense) - 1
	for i, b := range r.Dense {
		p.d[i] = nn.Grow(p.d[i], rows*b.Linear.Out)
	}
	r.Heads.Backward(p.d[last], p.dHeads, p.out[last], rows)
	for i := last; i >= 0; i-- {
		dy := p.d[i]
		nn.ReLUDropoutBackward(dy, p.out[i], p.dropout)
		r.Dense[i].Norm.Backward(&p.norm[i], dy, rows)
		if i > 0 {
			r.Dense[i].Linear.Backward(p.d[i-1], dy, p.out[i-1], rows)
		} else {
			r.Dense[i].Linear.Backward(dIn, dy, p.in, rows)
		}
	}
	if r.Wide != nil {
		p.backwardWide(dIn)
	}
}

// backwardWide adds the wide part's gradients, to dIn too.
func (p *RankPass) backwardWide(dIn []float32) {
	l := p.r.Wide
	l.Backward(nil, p.dHeads, p.in, p.rows)
	if dIn != nil {
		kernel.Gemm(false, false, p.rows, l.In, l.Out, p.dHeads, l.Out, l.W.Value, l.In, true, dIn, l.In)
	}
}
