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
	mask [][]float32
	norm []nn.BatchNormTape
	d    [][]float32 // gradients of out
	dIn  []float32

	logits, dLogits [reel.NumHeads][]float32
	dHeads          []float32
}

// forwardRank scores every row: the state before the exposure meets the reel.
func (p *Pass) forwardRank() [reel.NumHeads]float64 {
	m, t, rows := p.m, &p.rank, p.batch.Rows()
	p.rankInput()
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
			nn.ReLU(y, y)
			nn.Dropout(y, t.mask[i], m.Config.Dropout, p.obj.Dropout)
		}
		x = y
	}
	p.Logits = nn.Grow(p.Logits, rows*reel.NumHeads)
	m.Heads.Forward(p.Logits, x, rows)
	return p.headLosses()
}

func (t *rankTape) grow(m *Model, rows int) {
	if t.out == nil {
		n := len(m.Dense)
		t.out, t.mask, t.d = make([][]float32, n), make([][]float32, n), make([][]float32, n)
		t.norm = make([]nn.BatchNormTape, n)
	}
	for i, b := range m.Dense {
		size := rows * b.Linear.Out
		for _, buf := range []*[]float32{&t.out[i], &t.mask[i], &t.d[i]} {
			*buf = nn.Grow(*buf, size)
		}
	}
}

// rankInput lays reel, user and context side by side.
func (p *Pass) rankInput() {
	m, t, rows := p.m, &p.rank, p.batch.Rows()
	rw, h, w := m.Config.ReelWidth(), m.Config.Hidden, m.Config.RankWidth()
	t.in = nn.Grow(t.in, rows*w)
	for row := range rows {
		in := t.in[row*w : (row+1)*w]
		vector := p.reelInput(p.batch.Reel[row])
		if m.Tower != nil {
			m.scaledUnit(in[:rw], vector)
		} else {
			copy(in, vector)
		}
		copy(in[rw:], p.user[row*h:(row+1)*h])
		copy(in[rw+h:], p.batch.Context[row*feature.ContextDim:(row+1)*feature.ContextDim])
		if m.Query != nil {
			d := m.Config.Tower
			in[rw+h+feature.TowerDot] = m.towerDot(p.recall.query[row*d:(row+1)*d], vector)
		}
	}
}

// towerDot is the cross of user and reel in the context: their cosine over
// half the usual spread, so that it is of the size of the other features. The
// ranking loss does not flow through it: retrieval alone shapes the towers.
func (m *Model) towerDot(query, unit []float32) float32 { return 2 * kernel.Dot(query, unit) }

func (p *Pass) headLosses() (losses [reel.NumHeads]float64) {
	t, rows := &p.rank, p.batch.Rows()
	for h := range reel.NumHeads {
		t.logits[h], t.dLogits[h] = nn.Grow(t.logits[h], rows), nn.Grow(t.dLogits[h], rows)
		var total float64
		for row := range rows {
			t.logits[h][row] = p.Logits[row*reel.NumHeads+h]
			total += float64(p.batch.Weights[h][row])
		}
		if total == 0 {
			clear(t.dLogits[h])
			continue
		}
		losses[h] = nn.LogisticLoss(t.dLogits[h], t.logits[h], p.batch.Targets[h], p.batch.Weights[h], total)
	}
	return losses
}

// backwardRank sets dUser and adds to dUnit.
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
		nn.DropoutBackward(dy, t.mask[i])
		nn.ReLUBackward(dy, t.out[i]) // a dropped value has no gradient either way
		m.Dense[i].Norm.Backward(&t.norm[i], dy, rows)
		if i > 0 {
			m.Dense[i].Linear.Backward(t.d[i-1], dy, t.out[i-1], rows)
		}
	}
	t.dIn = nn.Grow(t.dIn, rows*m.Config.RankWidth())
	m.Dense[0].Linear.Backward(t.dIn, t.d[0], t.in, rows)
	p.spreadRankInput()
}

// spreadRankInput hands the gradient of the ranker's input to user and reel.
func (p *Pass) spreadRankInput() {
	m, t := p.m, &p.rank
	rw, h, w := m.Config.ReelWidth(), m.Config.Hidden, m.Config.RankWidth()
	for row, r := range p.batch.Reel {
		d := t.dIn[row*w : (row+1)*w]
		copy(p.dUser[row*h:(row+1)*h], d[rw:rw+h])
		if m.Tower != nil {
			kernel.Axpy(m.unitScale(), d[:rw], p.dUnit[int(r)*rw:(int(r)+1)*rw])
		}
	}
}
