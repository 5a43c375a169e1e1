package model

import (
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/reel"
)

// rankTape keeps the ranker's intermediate values, all [rows, width].
type rankTape struct {
	in   []float32   // reel, user, context
	out  [][]float32 // of each block, after ReLU and dropout
	norm []nn.BatchNormTape
	d    [][]float32 // gradients of out
	dIn  []float32

	logits, dLogits [reel.NumHeads][]float32
	dHeads          []float32
	losses          [reel.NumHeads]float64
}

// forwardRank scores every row: the state before the exposure meets the reel.
func (p *Pass) forwardRank() [reel.NumHeads]float64 {
	m, t, rows, w := p.m, &p.rank, p.batch.Rows(), p.m.Config.RankWidth()
	t.in = nn.Grow(t.in, rows*w)
	kernel.Parallel(rows, grain(w), p.work.rankInput)
	t.grow(m, rows)
	x := t.in
	for i, b := range m.Dense {
		y := t.out[i]
		b.Linear.Forward(y, x, rows)
		if p.obj.Dropout == nil {
			b.Norm.Infer(y, rows)
			nn.ReLU(y, y)
		} else {
			b.Norm.Forward(&t.norm[i], y, rows)
			nn.ReLUDropout(y, m.Config.Dropout, p.obj.Dropout)
		}
		x = y
	}
	p.Logits = nn.Grow(p.Logits, rows*reel.NumHeads)
	m.Heads.Forward(p.Logits, x, rows)
	for h := range reel.NumHeads {
		t.logits[h], t.dLogits[h] = nn.Grow(t.logits[h], rows), nn.Grow(t.dLogits[h], rows)
	}
	kernel.Parallel(reel.NumHeads, 1, p.work.headLosses)
	return t.losses
}

func (t *rankTape) grow(m *Model, rows int) {
	if t.out == nil {
		n := len(m.Dense)
		t.out, t.d = make([][]float32, n), make([][]float32, n)
		t.norm = make([]nn.BatchNormTape, n)
	}
	for i, b := range m.Dense {
		size := rows * b.Linear.Out
		t.out[i], t.d[i] = nn.Grow(t.out[i], size), nn.Grow(t.d[i], size)
	}
}

// rankInputs lays reel, user and context of the rows lo..hi side by side.
func (p *Pass) rankInputs(lo, hi int) {
	m, t := p.m, &p.rank
	rw, h, w, d := m.Config.ReelWidth(), m.Config.Hidden, m.Config.RankWidth(), m.Config.Tower
	for row := lo; row < hi; row++ {
		in, shown := t.in[row*w:(row+1)*w], p.batch.Reel[row]
		copy(in, p.reelVector(shown))
		copy(in[rw:], p.user.state[row*h:(row+1)*h])
		copy(in[rw+h:], p.batch.Context[row*feature.ContextDim:(row+1)*feature.ContextDim])
		if m.Query != nil {
			in[rw+h+feature.TowerDot] = m.towerDot(p.recall.query[row*d:(row+1)*d], p.unitVector(shown))
		}
	}
}

// towerDot is the cross of user and reel in the context: their cosine over
// half the usual spread, so that it is of the size of the other features. The
// ranking loss does not flow through it: retrieval alone shapes the towers.
func (m *Model) towerDot(query, unit []float32) float32 { return 2 * kernel.Dot(query, unit) }

// lossOfHeads computes the losses of the heads lo..hi and the gradients of
// their logits.
func (p *Pass) lossOfHeads(lo, hi int) {
	t, b := &p.rank, p.batch
	for h := lo; h < hi; h++ {
		var total float64
		for row, w := range b.Weights[h] {
			t.logits[h][row] = p.Logits[row*reel.NumHeads+h]
			total += float64(w)
		}
		t.losses[h] = nn.LogisticLoss(t.dLogits[h], t.logits[h], b.Targets[h], b.Weights[h], total)
	}
}

// backwardRank sets dUser and dIn.
func (p *Pass) backwardRank() {
	m, t, rows := p.m, &p.rank, p.batch.Rows()
	t.dHeads = nn.Grow(t.dHeads, rows*reel.NumHeads)
	for h := range reel.NumHeads {
		w := float32(p.obj.HeadWeights[h])
		for row, g := range t.dLogits[h] {
			t.dHeads[row*reel.NumHeads+h] = w * g
		}
	}
	last := len(m.Dense) - 1
	m.Heads.Backward(t.d[last], t.dHeads, t.out[last], rows)
	for i := last; i >= 0; i-- {
		dy := t.d[i]
		nn.ReLUDropoutBackward(dy, t.out[i], m.Config.Dropout)
		m.Dense[i].Norm.Backward(&t.norm[i], dy, rows)
		if i > 0 {
			m.Dense[i].Linear.Backward(t.d[i-1], dy, t.out[i-1], rows)
		}
	}
	t.dIn = nn.Grow(t.dIn, rows*m.Config.RankWidth())
	m.Dense[0].Linear.Backward(t.dIn, t.d[0], t.in, rows)
	kernel.Parallel(rows, grain(m.Config.Hidden), p.work.userGradients)
}

// userGradients copies the states' part of the input's gradients of the rows
// lo..hi. The reels' part waits until all that a reel takes part in has one.
func (p *Pass) userGradients(lo, hi int) {
	rw, h, w := p.m.Config.ReelWidth(), p.m.Config.Hidden, p.m.Config.RankWidth()
	for row := lo; row < hi; row++ {
		copy(p.dUser[row*h:(row+1)*h], p.rank.dIn[row*w+rw:])
	}
}
