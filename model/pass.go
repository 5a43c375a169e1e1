package model

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
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

	raw, unit, norms []float32 // tower output, over its norm, and the norms, per reel
	gruIn            []float32 // [rows, EventWidth]
	gru              []nn.GRUTape
	attention        nn.AttentionTape
	user             []float32 // [rows, Hidden] state before each exposure
	recall           recallTape
	rank             rankTape

	dUnit, dRaw, dUser, dPooled, dHidden, dBelow []float32
	Logits                                       []float32 // [rows, NumHeads] of the last Forward
}

// NewPass returns a pass over m.
func NewPass(m *Model) *Pass { return &Pass{m: m, gru: make([]nn.GRUTape, len(m.GRU))} }

// Forward computes the losses of a batch and, in Logits, every row's heads.
func (p *Pass) Forward(batch *Batch, obj Objective) Losses {
	p.batch, p.obj = batch, obj
	p.forwardTower()
	p.forwardUser()
	var l Losses
	if p.m.Query != nil {
		p.project() // retrieval searches by it, and the ranker reads its cosine
	}
	if p.m.Query != nil && obj.RetrievalWeight > 0 {
		l.Retrieval = p.forwardRecall()
		l.Total += obj.RetrievalWeight * l.Retrieval
	}
	l.Heads = p.forwardRank()
	for h, v := range l.Heads {
		l.Total += obj.HeadWeights[h] * v
	}
	return l
}

// forwardTower computes the distinct reels' vectors.
func (p *Pass) forwardTower() {
	m, n := p.m, p.batch.Reels()
	if m.Tower == nil {
		return
	}
	d := m.Config.Tower
	p.raw, p.unit, p.norms = nn.Grow(p.raw, n*d), nn.Grow(p.unit, n*d), nn.Grow(p.norms, n)
	m.Tower.Forward(p.raw, p.batch.Content, n)
	m.addIdentity(p.raw, p.batch.IDs, p.batch.Makers)
	nn.Normalize(p.unit, p.norms, p.raw, n, d)
}

// addIdentity adds the embeddings of reels and creators to tower outputs.
func (m *Model) addIdentity(raw []float32, ids, makers []int32) {
	if m.IDs != nil {
		m.IDs.Add(raw, ids)
	}
	if m.Creators != nil {
		m.Creators.Add(raw, makers)
	}
}

// forwardUser runs the user encoder and shifts its output by one step: row
// (t, b) of p.user is the state after the exposures 0..t-1, zero for t = 0.
func (p *Pass) forwardUser() {
	m, seq := p.m, p.batch.Seq
	rows, h := seq.Rows(), m.Config.Hidden
	p.gruIn = nn.Grow(p.gruIn, rows*m.Config.EventWidth())
	for row := range rows {
		p.m.eventInput(p.gruInput(row), p.reelInput(p.batch.Reel[row]), p.event(row))
	}
	in := p.gruIn
	for i, g := range m.GRU {
		g.Forward(&p.gru[i], in, seq)
		in = p.gru[i].H
	}
	m.Attention.Forward(&p.attention, in, seq)
	p.user = nn.Grow(p.user, rows*h)
	clear(p.user[:seq.Active(0)*h])
	for t := 1; t < seq.Steps(); t++ {
		lo := seq.Offsets[t] * h
		copy(p.user[lo:lo+seq.Active(t)*h], p.attention.Pooled[seq.Offsets[t-1]*h:])
	}
}

// eventInput writes one history entry as the GRU reads it.
func (m *Model) eventInput(dst, reelVector, event []float32) {
	if m.Tower == nil {
		copy(dst, reelVector)
		copy(dst[feature.ReelDim-feature.EventDim:], event)
		return
	}
	m.scaledUnit(dst[:m.Config.Tower], reelVector)
	copy(dst[m.Config.Tower:], event)
}

// scaledUnit writes a unit vector stretched so that its values have a variance
// of about one, which is what the layers behind it expect.
func (m *Model) scaledUnit(dst, unit []float32) {
	s := m.unitScale()
	for i, v := range unit {
		dst[i] = v * s
	}
}

func (m *Model) unitScale() float32 { return float32(math.Sqrt(float64(m.Config.Tower))) }

// reelInput is a distinct reel's vector: the tower's unit vector, or the raw one.
func (p *Pass) reelInput(i int32) []float32 {
	if p.m.Tower == nil {
		return p.batch.Content[int(i)*feature.ReelDim : (int(i)+1)*feature.ReelDim]
	}
	d := p.m.Config.Tower
	return p.unit[int(i)*d : (int(i)+1)*d]
}

func (p *Pass) gruInput(row int) []float32 {
	w := p.m.Config.EventWidth()
	return p.gruIn[row*w : (row+1)*w]
}

func (p *Pass) event(row int) []float32 {
	return p.batch.Event[row*feature.EventDim : (row+1)*feature.EventDim]
}

// Backward adds the gradients of the last Forward's total loss to the
// parameters.
func (p *Pass) Backward() {
	m, seq := p.m, p.batch.Seq
	rows, h := seq.Rows(), m.Config.Hidden
	p.dUser = nn.Grow(p.dUser, rows*h)
	if m.Tower != nil {
		p.dUnit = nn.Grow(p.dUnit, p.batch.Reels()*m.Config.Tower)
		clear(p.dUnit)
	}
	p.backwardRank()
	if m.Query != nil && p.obj.RetrievalWeight > 0 {
		p.backwardRecall()
	}
	p.backwardUser()
	if m.Tower != nil {
		p.backwardTower()
	}
}

func (p *Pass) backwardUser() {
	m, seq := p.m, p.batch.Seq
	rows, h := seq.Rows(), m.Config.Hidden
	p.dPooled, p.dHidden = nn.Grow(p.dPooled, rows*h), nn.Grow(p.dHidden, rows*h)
	clear(p.dPooled)
	for t := 1; t < seq.Steps(); t++ {
		lo := seq.Offsets[t] * h
		copy(p.dPooled[seq.Offsets[t-1]*h:], p.dUser[lo:lo+seq.Active(t)*h])
	}
	top := len(m.GRU) - 1
	m.Attention.Backward(&p.attention, p.dHidden, p.dPooled, p.gru[top].H, seq)
	for i := top; i > 0; i-- {
		p.dBelow = nn.Grow(p.dBelow, rows*h)
		m.GRU[i].Backward(&p.gru[i], p.dBelow, p.dHidden, p.gru[i-1].H, seq)
		p.dHidden, p.dBelow = p.dBelow, p.dHidden
	}
	if m.Tower == nil {
		m.GRU[0].Backward(&p.gru[0], nil, p.dHidden, p.gruIn, seq)
		return
	}
	w, d := m.Config.EventWidth(), m.Config.Tower
	p.dBelow = nn.Grow(p.dBelow, rows*w)
	m.GRU[0].Backward(&p.gru[0], p.dBelow, p.dHidden, p.gruIn, seq)
	p.spreadEnjoyed()
	for row, r := range p.batch.Reel {
		kernel.Axpy(m.unitScale(), p.dBelow[row*w:row*w+d], p.dUnit[int(r)*d:(int(r)+1)*d])
	}
}

func (p *Pass) backwardTower() {
	m, n := p.m, p.batch.Reels()
	p.dRaw = nn.Grow(p.dRaw, n*m.Config.Tower)
	nn.NormalizeBackward(p.dRaw, p.dUnit, p.unit, p.norms, n, m.Config.Tower)
	m.Tower.Backward(nil, p.dRaw, p.batch.Content, n)
	if m.IDs != nil {
		m.IDs.AddBackward(p.dRaw, p.batch.IDs)
	}
	if m.Creators != nil {
		m.Creators.AddBackward(p.dRaw, p.batch.Makers)
	}
}

// FirstNonFinite names the first layer, in the order of computation, whose
// output in the last Forward holds a NaN or an infinity, or else "targets" if
// what the heads are held to does; "" if all is finite.
func (p *Pass) FirstNonFinite() string {
	if !nn.Finite(p.batch.Content) || !nn.Finite(p.batch.Context) || !nn.Finite(p.batch.Event) {
		return "input features"
	}
	if p.m.Tower != nil && !nn.Finite(p.unit[:p.batch.Reels()*p.m.Config.Tower]) {
		return "tower"
	}
	for i := range p.gru {
		if !nn.Finite(p.gru[i].H) {
			return fmt.Sprintf("gru%d", i+1)
		}
	}
	if !nn.Finite(p.attention.Pooled) {
		return "attention"
	}
	if p.m.Query != nil && !nn.Finite(p.recall.query) {
		return "query"
	}
	if p.m.Query != nil && p.obj.RetrievalWeight > 0 && !nn.Finite(p.recall.logits) {
		return "retrieval"
	}
	for i := range p.rank.out {
		if !nn.Finite(p.rank.out[i]) {
			return fmt.Sprintf("dense%d", i+1)
		}
	}
	if !nn.Finite(p.Logits) {
		return "heads"
	}
	for h := range reel.NumHeads {
		if !nn.Finite(p.batch.Targets[h]) || !nn.Finite(p.batch.Weights[h]) {
			return "targets"
		}
	}
	return ""
}
