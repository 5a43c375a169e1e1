package model

import (
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
)

// recallBlock is how many rows of the loss add up what goes to all of them
// before the blocks are added in order: the sums are those of any number of
// threads.
const recallBlock = 32

func (p *Pass) backwardRecall() {
	t, d, h := &p.recall, p.m.Config.Tower, p.m.Config.Hidden
	n, cols := len(t.rows), p.batch.Reels()
	p.tower.d, t.dEnjoyed = nn.Grow(p.tower.d, cols*d), nn.Grow(t.dEnjoyed, p.batch.Rows()*d)
	clear(t.dEnjoyed)
	if n == 0 {
		clear(p.tower.d)
		return
	}
	blocks := (n + recallBlock - 1) / recallBlock
	t.dGain, t.dAge, t.dState = nn.Grow(t.dGain, blocks*d), nn.Grow(t.dAge, blocks*ageBuckets), nn.Grow(t.dState, n*h)

	kernel.Parallel(n, recallBlock, p.work.backAges)
	p.addAgeGradients()
	if p.m.Interest != nil {
		kernel.Parallel(len(p.batch.Seq.Lengths), sequenceGrain, p.work.interestGradients)
	}
	p.weigh(t.dQuery)
	kernel.Gemm(true, false, cols, d, n, t.logits, cols, t.dQuery, d, false, p.tower.d, d)
	kernel.Gemm(false, false, n, d, cols, t.logits, cols, p.tower.unit, d, false, t.dQuery, d)
	kernel.Parallel(n, recallBlock, p.work.backQueries)
	for b := range blocks {
		kernel.Axpy(1, t.dGain[b*d:(b+1)*d], p.m.Enjoyed.Grad)
	}
	p.m.Query.Backward(t.dState, t.dQuery, t.state, n)
	kernel.Parallel(n, grain(h), p.work.backStates)
	kernel.Parallel(len(p.batch.Seq.Lengths), sequenceGrain, p.work.backEnjoyed)
	if p.m.Interest != nil {
		p.backwardTerms()
	}
}

// weigh multiplies the queries by the loss's weight in the objective, so that
// its gradient by the reels need not be.
func (p *Pass) weigh(queries []float32) {
	if w := float32(p.obj.RetrievalWeight); w != 1 {
		kernel.Scale(queries, queries, w)
	}
}

// sumAges adds up the logits' gradients by the age of their reels, over the
// rows lo..hi of one block.
func (p *Pass) sumAges(lo, hi int) {
	t, cols := &p.recall, p.batch.Reels()
	sums := t.dAge[lo/recallBlock*ageBuckets:][:ageBuckets]
	clear(sums)
	for i := lo; i < hi; i++ {
		g, s := t.logits[i*cols:(i+1)*cols], &t.spans[i]
		for bucket := range sums {
			if from, to := s.span(bucket); from < to {
				sums[bucket] += float64(kernel.Dot(t.ones[from:to], g[from:to]))
			}
		}
		if target := t.target[i]; target >= s[0] {
			sums[0] += float64(g[target])
		}
	}
}

// addAgeGradients hands what the blocks came to to the ages.
func (p *Pass) addAgeGradients() {
	scale := p.obj.RetrievalWeight / p.m.Config.Temperature
	for i, g := range p.recall.dAge {
		p.m.Age.Grad[i%ageBuckets] += float32(scale * g)
	}
}

// backQueriesOf takes the gradients of the rows lo..hi of one block back
// through the normalisation, and to what the queries are made of.
func (p *Pass) backQueriesOf(lo, hi int) {
	t, d := &p.recall, p.m.Config.Tower
	scale := float32(p.obj.RetrievalWeight) * p.inverseTemperature()
	gain, dGain := p.m.Enjoyed.Value[:d], t.dGain[lo/recallBlock*d:][:d]
	clear(dGain)
	for i := lo; i < hi; i++ {
		row := int(t.rows[i])
		g, length := t.dQuery[i*d:(i+1)*d], [1]float32{t.norms[row] / scale}
		nn.NormalizeBackward(g, g, t.query[row*d:(row+1)*d], length[:], 1, d)
		mean, dMean := t.enjoyed[row*d:(row+1)*d], t.dEnjoyed[row*d:(row+1)*d]
		for c, v := range g {
			dGain[c] += v * mean[c]
			dMean[c] = v * gain[c]
		}
	}
}

// backStatesOf adds the gradients of the rows lo..hi of the loss to those of
// their states.
func (p *Pass) backStatesOf(lo, hi int) {
	t, h := &p.recall, p.m.Config.Hidden
	for i := lo; i < hi; i++ {
		row := int(t.rows[i])
		kernel.Axpy(1, t.dState[i*h:(i+1)*h], p.dUser[row*h:(row+1)*h])
	}
}
