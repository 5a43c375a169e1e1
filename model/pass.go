package model

import (
	"math/rand/v2"

	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/reel"
)

// Objective weighs the parts of the loss and supplies training's randomness.
type Objective struct {
	RetrievalWeight float64
	HeadWeights     [reel.NumHeads]float64
	Dropout         *rand.Rand // nil: inference, with running statistics and no dropout
}

// Pass is one forward and backward walk over batches. It keeps its buffers
// from call to call; one goroutine uses it at a time.
type Pass struct {
	m     *Model
	batch *Batch
	obj   Objective

	tower  towerTape
	user   userTape
	recall recallTape
	rank   rankTape
	work   work

	dUser  []float32 // gradient of the states before each exposure [rows, Hidden]
	Logits []float32 // [rows, NumHeads] of the last Forward
}

// NewPass returns a pass over m.
func NewPass(m *Model) *Pass {
	p := &Pass{m: m}
	p.user.sequence = m.Users.NewTape()
	p.rank.RankPass = NewRankPass(&m.Ranker, m.Config.Dropout)
	p.work = newWork(p)
	return p
}

// Forward computes the losses of a batch and, in Logits, every row's heads.
func (p *Pass) Forward(batch *Batch, obj Objective) Losses {
	p.batch, p.obj = batch, obj
	p.forwardTower()
	p.forwardUser()
	var l Losses
	if p.m.Query != nil {
		p.project() // retrieval searches by it, and the ranker reads its cosine
	}
	if p.searches() {
		l.Retrieval = p.forwardRecall()
		l.Total += obj.RetrievalWeight * l.Retrieval
	}
	l.Heads = p.forwardRank()
	for h, v := range l.Heads {
		l.Total += obj.HeadWeights[h] * v
	}
	return l
}

// searches tells whether the retrieval loss is part of the objective.
func (p *Pass) searches() bool { return p.m.Query != nil && p.obj.RetrievalWeight > 0 }

// Backward adds the gradients of the last Forward's total loss to the
// parameters.
func (p *Pass) Backward() {
	p.dUser = nn.Grow(p.dUser, p.batch.Rows()*p.m.Config.Hidden)
	p.backwardRank()
	if p.searches() {
		p.backwardRecall()
	}
	p.backwardUser()
	if p.m.Tower != nil {
		p.backwardTower()
	}
}
