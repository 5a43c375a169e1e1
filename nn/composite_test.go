package nn_test

import (
	"math"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/nn"
)

// network chains the layers as the model does: two GRUs, causal pooling, a
// dense layer, and on its outputs the softmax loss plus a logistic loss of the
// first column.
type network struct {
	gru1, gru2 *nn.GRU
	attention  *nn.Attention
	dense      *nn.Linear

	target         []int32
	weight, labels []float32
}

const networkIn, networkHidden, networkOut = 3, 4, 5

func newNetwork(seed uint64, rows int) *network {
	rng := seeded(seed)
	n := &network{
		gru1:      nn.NewGRU("gru1", networkIn, networkHidden, rng),
		gru2:      nn.NewGRU("gru2", networkHidden, networkHidden, rng),
		attention: nn.NewAttention("attention", networkHidden, rng),
		dense:     nn.NewLinear("dense", networkHidden, networkOut, rng),
	}
	for range rows {
		n.target = append(n.target, int32(rng.IntN(networkOut)))
		n.weight = append(n.weight, rng.Float32())
		n.labels = append(n.labels, rng.Float32())
	}
	return n
}

func (n *network) params() []*nn.Param {
	return slices.Concat(n.gru1.Params(), n.gru2.Params(), n.attention.Params(), n.dense.Params())
}

// step returns the loss and the gradient of x, and adds the parameters' gradients.
func (n *network) step(x []float32, seq nn.Packed) (loss float64, dx []float32) {
	var tape1, tape2 nn.GRUTape
	var pooling nn.AttentionTape
	rows := seq.Rows()
	y := unset(rows * networkOut)
	n.gru1.Forward(&tape1, x, seq)
	n.gru2.Forward(&tape2, tape1.H, seq)
	n.attention.Forward(&pooling, tape2.H, seq)
	n.dense.Forward(y, pooling.Pooled, rows)

	first, dFirst := make([]float32, rows), unset(rows)
	for r := range rows {
		first[r] = y[r*networkOut]
	}
	loss = nn.LogisticLoss(dFirst, first, n.labels, n.weight, float64(rows))
	loss += nn.SoftmaxLoss(y, n.target, n.weight, rows, networkOut)
	for r := range rows {
		y[r*networkOut] += dFirst[r]
	}

	dPooled, dH2, dH1 := unset(rows*networkHidden), unset(rows*networkHidden), unset(rows*networkHidden)
	dx = unset(len(x))
	n.dense.Backward(dPooled, y, pooling.Pooled, rows)
	n.attention.Backward(&pooling, dH2, dPooled, tape2.H, seq)
	n.gru2.Backward(&tape2, dH1, dH2, tape1.H, seq)
	n.gru1.Backward(&tape1, dx, dH1, x, seq)
	return loss, dx
}

// reference is step's loss in float64, over the tensors of input and params in
// the order of params.
func (n *network) reference(x tensor, seq nn.Packed) (loss func() float64, tensors []tensor) {
	gru1, gru2 := newGRURef(n.gru1), newGRURef(n.gru2)
	aw, ab := paramTensor(n.attention.W), paramTensor(n.attention.B)
	dw, db := paramTensor(n.dense.W), paramTensor(n.dense.B)
	loss = func() float64 {
		h := gru2.forward(gru1.forward(x.ref, seq), seq)
		y := refLinear(dw.ref, db.ref, refAttention(aw.ref, ab.ref, h, seq), networkHidden)
		var first []float64
		for at := 0; at < len(y); at += networkOut {
			first = append(first, y[at])
		}
		return refSoftmaxLoss(y, n.target, n.weight) + refLogisticLoss(first, n.labels, n.weight, float64(len(first)))
	}
	return loss, append(slices.Concat(gru1.tensors(), gru2.tensors()), x, aw, ab, dw, db)
}

func TestGradientsFlowThroughTheWholeChain(t *testing.T) {
	for i, lengths := range [][]int{{1}, {6, 3, 3, 1}, {9, 8}} {
		seq := mustPack(t, lengths)
		n := newNetwork(uint64(i), seq.Rows())
		x := normals(seeded(uint64(100+i)), seq.Rows()*networkIn)
		got, dx := n.step(x, seq)
		loss, tensors := n.reference(tensor{"x", widen(x), dx}, seq)
		if want := loss(); math.Abs(got-want) > 1e-6*(1+want) {
			t.Errorf("lengths %v: loss %.8f, want %.8f", lengths, got, want)
		}
		checkGradients(t, loss, tensors...)
	}
}

// The chain learns: a few steps of Adam on one batch take its loss well below
// where it began, down to what the soft labels leave.
func TestTheChainLearnsABatchByHeart(t *testing.T) {
	seq := mustPack(t, []int{5, 4, 2})
	n := newNetwork(1, seq.Rows())
	for i := range n.labels {
		n.labels[i] = float32(i % 2)
		if n.labels[i] == 1 {
			n.target[i] = 0
		} else {
			n.target[i] = int32(1 + i%4)
		}
	}
	x := normals(seeded(2), seq.Rows()*networkIn)
	adam := nn.NewAdam(n.params(), 0)
	first, _ := n.step(x, seq)
	adam.Update(0.02, 1)
	last := first
	for range 400 {
		last, _ = n.step(x, seq)
		adam.Update(0.02, 1)
	}
	if !(last < first/10) {
		t.Errorf("the loss went from %.4f to %.4f", first, last)
	}
}
