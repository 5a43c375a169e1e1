package ml1m

import (
	"math/rand/v2"

	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
)

// network predicts the next item of every prefix of a sequence. An item's
// vector is what the encoder reads of it and what its state is compared with:
//
//	logit of item i after step t = Out(state_t) · Items[i]
type network struct {
	items   *nn.Param // [n, width]
	encoder model.Sequence
	out     *nn.Linear // nil where the states have the items' width
	n       int
	width   int
	dropout float64 // of the entries
}

// itemScale is the standard deviation of an item's values at first, and
// entryScale what they are multiplied by on the way in.
const itemScale = 0.05

// newNetwork returns a network with random weights.
func newNetwork(s Settings, items int, seed uint64) (*network, error) {
	rng := rand.New(rand.NewPCG(seed, 0x3417))
	n := &network{items: nn.NewParam("items", items, s.Width), n: items, width: s.Width, dropout: s.Dropout}
	for i := range n.items.Value {
		n.items.Value[i] = float32(rng.NormFloat64() * itemScale)
	}
	var err error
	n.encoder, err = model.NewSequence(model.SequenceConfig{
		Kind: s.Encoder, In: s.Width, Width: s.Hidden, Layers: s.Layers, Heads: s.Heads, Inner: s.Inner, Reach: s.Length, Dropout: s.Dropout,
	}, rng)
	if err != nil {
		return nil, err
	}
	if s.Hidden != s.Width {
		n.out = nn.NewLinear("out", s.Hidden, s.Width, rng)
	}
	return n, nil
}

func (n *network) params() []*nn.Param {
	all := append([]*nn.Param{n.items}, n.encoder.Params()...)
	if n.out != nil {
		all = append(all, n.out.Params()...)
	}
	return all
}

// pass is one network's buffers for batches, one after the other.
type pass struct {
	n     *network
	tape  model.SequenceTape
	drop  nn.DropoutTape
	in    []float32 // [rows, width]
	query []float32 // [rows, width]

	projected      []float32 // [rows, width], query itself where there is an out layer
	states         []float32
	logits         []float32      // of some rows [lossRows, n]
	across, back   kernel.Weights // the items, as both products with them read them
	ones           []float32
	dQuery, dState []float32
	dIn            []float32
}

func newPass(n *network) *pass { return &pass{n: n, tape: n.encoder.NewTape()} }

// entryScale lets the entries start with a variance of about one.
const entryScale = 1 / itemScale

// encode leaves in p.query what is compared with the items after every step.
func (p *pass) encode(b *batch, dropout *rand.Rand) {
	n, rows := p.n, b.seq.Rows()
	p.in = nn.Grow(p.in, rows*n.width)
	for r, item := range b.item {
		kernel.Scale(p.in[r*n.width:][:n.width], n.items.Value[int(item)*n.width:][:n.width], entryScale)
	}
	p.drop.Forward(p.in, n.dropout, dropout)
	p.states = p.tape.Forward(p.in, b.seq, dropout)
	p.query = p.states
	if n.out != nil {
		p.projected = nn.Grow(p.projected, rows*n.width)
		p.query = p.projected
		n.out.Forward(p.query, p.states, rows)
	}
}

// lossRows is how many rows have their logits in memory at once: 7 MB of them
// stay in the last cache between the three products that read them.
const lossRows = 512

// learn computes the loss of a batch, its mean over the rows in nats, and adds
// the gradients.
func (p *pass) learn(b *batch, smoothing float64, dropout *rand.Rand) float64 {
	p.encode(b, dropout)
	n, rows := p.n, b.seq.Rows()
	p.dQuery, p.logits = nn.Grow(p.dQuery, rows*n.width), nn.Grow(p.logits, lossRows*n.n)
	for len(p.ones) < lossRows {
		p.ones = append(p.ones, 1)
	}
	p.across.Pack(true, n.width, n.n, n.items.Value, n.width)
	p.back.Pack(false, n.n, n.width, n.items.Value, n.width)
	var loss float64
	for lo := 0; lo < rows; lo += lossRows {
		m := min(lossRows, rows-lo)
		query, d := p.query[lo*n.width:], p.dQuery[lo*n.width:]
		p.across.Gemm(m, query, n.width, false, p.logits, n.n, kernel.Epilogue{})
		loss += nn.SoftmaxLossPart(p.logits[:m*n.n], b.next[lo:lo+m], p.ones[:m], m, n.n, float64(rows), smoothing)
		p.back.Gemm(m, p.logits, n.n, false, d, n.width, kernel.Epilogue{})
		kernel.Gemm(true, false, n.n, n.width, m, p.logits, n.n, query, n.width, true, n.items.Grad, n.width)
	}
	p.backward(b)
	return loss
}

// multiply leaves the logits of m queries in p.logits.
func (p *pass) multiply(query []float32, m int) {
	n := p.n
	kernel.Gemm(false, true, m, n.n, n.width, query, n.width, n.items.Value, n.width, false, p.logits, n.n)
}

// backward takes the gradient of the queries back to the items.
func (p *pass) backward(b *batch) {
	n, rows := p.n, b.seq.Rows()
	d := p.dQuery
	if n.out != nil {
		p.dState = nn.Grow(p.dState, rows*n.out.In)
		n.out.Backward(p.dState, d, p.states, rows)
		d = p.dState
	}
	p.dIn = nn.Grow(p.dIn, rows*n.width)
	p.tape.Backward(p.dIn, d)
	p.drop.Backward(p.dIn)
	for r, item := range b.item {
		kernel.Axpy(entryScale, p.dIn[r*n.width:][:n.width], n.items.Grad[int(item)*n.width:][:n.width])
	}
}
