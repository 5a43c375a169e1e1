package kuairand

import (
	"math"
	"math/rand/v2"

	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/nn"
)

// network is the project's ranker over the dense inputs, and where asked for
// over embeddings of the fields' labels beside them.
type network struct {
	shape
	width  int // of the ranker's input
	ids    [numFields]*nn.Embedding
	ranker model.Ranker
	pass   *model.RankPass

	// Of the batch at hand.
	in, dIn []float32 // [rows, width]
	part    []float32 // of an embedding [rows, its width]
	labels  [numFields][]int32
	targets [][]float32
	weights [][]float32
}

// shape is what the network can be made with and without, each to measure what it
// is for.
type shape struct {
	Wide bool // the ranker's wide part
	IDs  bool // the embeddings
}

// The network's sizes and what is dropped in training, chosen on validation.
const (
	dropout   = 0.3
	idDropout = 0.3 // share of rows whose label is hidden: one that was never seen is none
	idStart   = 0.05
)

var dense = []int{256, 128, 64}

func newNetwork(s shape, inputs int, seed uint64) *network {
	rng := rand.New(rand.NewPCG(seed, 0x2a9d))
	n := &network{shape: s, width: inputs}
	for i, f := range fields {
		if !s.IDs {
			break
		}
		n.ids[i] = nn.NewEmbedding(f.name, f.buckets, f.width)
		n.ids[i].Table.InitUniform(rng, idStart)
		n.width += f.width
	}
	n.ranker = model.NewRanker(model.RankerConfig{In: n.width, Dense: dense, Heads: numHeads, Wide: s.Wide}, rng)
	n.pass = model.NewRankPass(&n.ranker, dropout)
	n.targets, n.weights = make([][]float32, numHeads), make([][]float32, numHeads)
	return n
}

func (n *network) params() []*nn.Param {
	ps := n.ranker.Params()
	for _, e := range n.ids {
		if e != nil {
			ps = append(ps, e.Params()...)
		}
	}
	return ps
}

// startAt sets the heads' biases to the logits of the mean targets.
func (n *network) startAt(in *Inputs, rows []int32) {
	for h := range numHeads {
		var sum float64
		for _, r := range rows {
			sum += float64(in.Targets[h][r])
		}
		p := min(max(sum/float64(len(rows)), 1e-4), 1-1e-4)
		n.ranker.Heads.B.Value[h] = float32(math.Log(p / (1 - p)))
	}
}

// forward computes the logits [rows, numHeads]; without rng it is inference.
func (n *network) forward(in *Inputs, rows []int32, rng *rand.Rand) []float32 {
	n.in = nn.Grow(n.in, len(rows)*n.width)
	for i, r := range rows {
		copy(n.in[i*n.width:], in.Dense[int(r)*in.Width:int(r+1)*in.Width])
	}
	at := in.Width
	for f, e := range n.ids {
		if e == nil {
			continue
		}
		n.labels[f] = nn.Grow(n.labels[f], len(rows))
		for i, r := range rows {
			n.labels[f][i] = in.Labels[f][r]
			if rng != nil && rng.Float64() < idDropout {
				n.labels[f][i] = -1
			}
		}
		n.part = nn.Grow(n.part, len(rows)*e.Width)
		clear(n.part)
		e.Add(n.part, n.labels[f])
		for i := range rows {
			copy(n.in[i*n.width+at:][:e.Width], n.part[i*e.Width:])
		}
		at += e.Width
	}
	n.pass.Forward(n.in, len(rows), rng)
	return n.pass.Logits
}

// losses are the heads' cross entropies of the rows of the last forward.
func (n *network) losses(in *Inputs, rows []int32) []float64 {
	for h := range numHeads {
		n.targets[h], n.weights[h] = nn.Grow(n.targets[h], len(rows)), nn.Grow(n.weights[h], len(rows))
		for i, r := range rows {
			n.targets[h][i], n.weights[h][i] = in.Targets[h][r], 1
		}
	}
	return n.pass.Losses(n.targets, n.weights)
}

// backward adds the gradients of the last losses to the parameters.
func (n *network) backward(in *Inputs, rows int, headWeights []float64) {
	n.dIn = nn.Grow(n.dIn, rows*n.width)
	n.pass.Backward(n.dIn, headWeights)
	at := in.Width
	for f, e := range n.ids {
		if e == nil {
			continue
		}
		n.part = nn.Grow(n.part, rows*e.Width)
		for i := range rows {
			copy(n.part[i*e.Width:][:e.Width], n.dIn[i*n.width+at:])
		}
		e.AddBackward(n.part, n.labels[f])
		at += e.Width
	}
}

// weightsNow copies all that the network's answers depend on.
func (n *network) weightsNow() [][]float32 {
	var all [][]float32
	for _, x := range n.memory() {
		all = append(all, append([]float32(nil), x...))
	}
	return all
}

// restore puts copied weights back.
func (n *network) restore(all [][]float32) {
	for i, x := range n.memory() {
		copy(x, all[i])
	}
}

func (n *network) memory() [][]float32 {
	var all [][]float32
	for _, p := range n.params() {
		all = append(all, p.Value)
	}
	for _, b := range n.ranker.Dense {
		all = append(all, b.Norm.Mean, b.Norm.Var)
	}
	return all
}
