package model

import (
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/reel"
)

// rankTape keeps what goes into the ranker and what comes back.
type rankTape struct {
	*RankPass
	in  []float32 // reel, user, context [rows, RankWidth]
	dIn []float32
}

// forwardRank scores every row: the state before the exposure meets the reel.
func (p *Pass) forwardRank() [reel.NumHeads]float64 {
	t, rows, w := &p.rank, p.batch.Rows(), p.m.Config.RankWidth()
	t.in = nn.Grow(t.in, rows*w)
	if p.m.Interest != nil {
		x := &p.recall.interests
		x.shown = nn.Grow(x.shown, rows)
		kernel.Parallel(len(p.batch.Seq.Lengths), sequenceGrain, p.work.shownSums)
	}
	kernel.Parallel(rows, grain(w), p.work.rankInput)
	t.Forward(t.in, rows, p.obj.Dropout)
	p.Logits = t.Logits
	return [reel.NumHeads]float64(t.Losses(p.batch.Targets[:], p.batch.Weights[:]))
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
			similarity := kernel.Dot(p.recall.query[row*d:(row+1)*d], p.unitVector(shown))
			if m.Interest != nil {
				similarity = m.joined(similarity, p.recall.interests.shown[row])
			}
			in[rw+h+feature.TowerDot] = towerDotScale * similarity
		}
	}
}

// towerDotScale makes the cross of user and reel in the context, their
// similarity, of the size of the other features. The ranking loss does not flow
// through it: retrieval alone shapes the towers.
const towerDotScale = 2

// backwardRank sets dUser and dIn.
func (p *Pass) backwardRank() {
	t := &p.rank
	t.dIn = nn.Grow(t.dIn, len(t.in))
	t.Backward(t.dIn, p.obj.HeadWeights[:])
	kernel.Parallel(p.batch.Rows(), grain(p.m.Config.Hidden), p.work.userGradients)
}

// userGradients copies the states' part of the input's gradients of the rows
// lo..hi. The reels' part waits until all that a reel takes part in has one.
func (p *Pass) userGradients(lo, hi int) {
	rw, h, w := p.m.Config.ReelWidth(), p.m.Config.Hidden, p.m.Config.RankWidth()
	for row := lo; row < hi; row++ {
		copy(p.dUser[row*h:(row+1)*h], p.rank.dIn[row*w+rw:])
	}
}
