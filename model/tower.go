package model

import (
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
)

// towerTape keeps the distinct reels' vectors, [reels, Tower], and which rows
// show each reel.
type towerTape struct {
	unit, norms []float32
	stretched   []float32 // unit times unitScale, as the layers behind read it
	d           []float32 // gradient of unit, then of the tower's output

	shown []int32 // rows, reel by reel, those of one in rising order
	ends  []int32 // per reel: where its rows in shown end
}

// forwardTower computes the distinct reels' vectors.
func (p *Pass) forwardTower() {
	m, t, n := p.m, &p.tower, p.batch.Reels()
	if m.Tower == nil {
		return
	}
	d := m.Config.Tower
	t.unit, t.stretched, t.norms = nn.Grow(t.unit, n*d), nn.Grow(t.stretched, n*d), nn.Grow(t.norms, n)
	m.Tower.Forward(t.unit, p.batch.Content, n)
	kernel.Parallel(n, grain(d), p.work.units)
}

// units turns the tower's outputs of the reels lo..hi into unit vectors.
func (p *Pass) units(lo, hi int) {
	t, d := &p.tower, p.m.Config.Tower
	unit := t.unit[lo*d : hi*d]
	p.m.addIdentity(unit, p.batch.IDs[lo:hi], p.batch.Makers[lo:hi])
	nn.Normalize(unit, t.norms[lo:hi], unit, hi-lo, d)
	p.m.scaledUnit(t.stretched[lo*d:hi*d], unit)
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

// reelVector is a distinct reel as ranker and user encoder read it: the
// tower's stretched vector, or the raw one.
func (p *Pass) reelVector(i int32) []float32 {
	if p.m.Tower == nil {
		return p.batch.Content[int(i)*feature.ReelDim : (int(i)+1)*feature.ReelDim]
	}
	d := p.m.Config.Tower
	return p.tower.stretched[int(i)*d : (int(i)+1)*d]
}

// unitVector is a distinct reel as retrieval reads it.
func (p *Pass) unitVector(i int32) []float32 {
	d := p.m.Config.Tower
	return p.tower.unit[int(i)*d : (int(i)+1)*d]
}

func (p *Pass) backwardTower() {
	m, t, n := p.m, &p.tower, p.batch.Reels()
	d := m.Config.Tower
	if !p.searches() {
		t.d = nn.Grow(t.d, n*d)
		clear(t.d)
	}
	t.listRows(p.batch.Reel, n)
	kernel.Parallel(n, grain(d), p.work.reelGradients)
	m.Tower.Backward(nil, t.d, p.batch.Content, n)
	if m.IDs != nil {
		m.IDs.AddBackward(t.d, p.batch.IDs)
	}
	if m.Creators != nil {
		m.Creators.AddBackward(t.d, p.batch.Makers)
	}
}

// listRows sorts the rows by the reel that they show, by counting.
func (t *towerTape) listRows(shown []int32, reels int) {
	t.shown, t.ends = nn.Grow(t.shown, len(shown)), nn.Grow(t.ends, reels)
	clear(t.ends)
	for _, r := range shown {
		t.ends[r]++
	}
	var at int32
	for r, n := range t.ends {
		t.ends[r] = at
		at += n
	}
	for row, r := range shown {
		t.shown[t.ends[r]] = int32(row)
		t.ends[r]++ // in the end where the reel's rows end
	}
}

// rows lists the rows that show a reel.
func (t *towerTape) rows(reel int) []int32 {
	if reel == 0 {
		return t.shown[:t.ends[0]]
	}
	return t.shown[t.ends[reel-1]:t.ends[reel]]
}

// reelGradients adds to the retrieval loss's gradients of the reels lo..hi
// those of every row that shows them, and takes them back to the tower's
// outputs.
func (p *Pass) reelGradients(lo, hi int) {
	t, d, scale := &p.tower, p.m.Config.Tower, p.m.unitScale()
	ranked, event := p.m.Config.RankWidth(), p.m.Config.EventWidth()
	for r := lo; r < hi; r++ {
		g := t.d[r*d : (r+1)*d]
		for _, row := range t.rows(r) {
			row := int(row)
			kernel.Axpy(scale, p.rank.dIn[row*ranked:][:d], g)
			kernel.Axpy(scale, p.user.dIn[row*event:][:d], g)
			if p.searches() && p.batch.Enjoyed[row] > 0 {
				kernel.Axpy(1, p.recall.dEnjoyed[row*d:][:d], g)
			}
		}
	}
	nn.NormalizeBackward(t.d[lo*d:hi*d], t.d[lo*d:hi*d], t.unit[lo*d:hi*d], t.norms[lo:hi], hi-lo, d)
}
