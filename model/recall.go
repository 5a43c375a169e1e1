package model

import (
	"math"
	"slices"

	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
)

// recallTape keeps the retrieval loss's intermediate values. Its rows are the
// exposures that have a weight in it.
type recallTape struct {
	enjoyed []float32 // [all rows, Tower] mean enjoyed reel before the exposure
	share   []float32 // [all rows] one over how many that were plus one
	sums    []float32 // [sequences, Tower] what a walk over them adds up
	query   []float32 // [all rows, Tower] unit length
	norms   []float32 // [all rows] length before

	rows   []int32    // rows of the batch
	target []int32    // column of each row's reel
	weight []float32  // of each row
	spans  []ageSpans // [rows] where the columns of each age are
	state  []float32  // [rows, Hidden]
	logits []float32  // [rows, reels], then their gradients

	notLogQ, ones, never []float32 // [reels] -logQ, 1, and the logit of a reel that is not there yet

	interests interestTape

	dQuery, dState []float32 // [rows, ...]
	dEnjoyed       []float32 // [all rows, Tower]
	dGain          []float32 // [blocks, Tower] gradient of Enjoyed by each block of rows
	dAge           []float64 // [blocks, ageBuckets]
}

// project computes every row's retrieval query.
func (p *Pass) project() {
	t, d, rows := &p.recall, p.m.Config.Tower, p.batch.Rows()
	t.query, t.norms = nn.Grow(t.query, rows*d), nn.Grow(t.norms, rows)
	p.meanEnjoyed()
	p.m.Query.Forward(t.query, p.user.state, rows)
	kernel.Parallel(rows, grain(d), p.work.queries)
}

// queriesOf joins the state's and the enjoyed reels' part of rows lo..hi.
func (p *Pass) queriesOf(lo, hi int) {
	t, d := &p.recall, p.m.Config.Tower
	gain := p.m.Enjoyed.Value
	for row := lo; row < hi; row++ {
		query, mean := t.query[row*d:(row+1)*d], t.enjoyed[row*d:(row+1)*d]
		mean, gain := mean[:len(query)], gain[:len(query)]
		for c := range query {
			query[c] += gain[c] * mean[c]
		}
	}
	query := t.query[lo*d : hi*d]
	nn.Normalize(query, t.norms[lo:hi], query, hi-lo, d)
}

// forwardRecall is the softmax over the batch's reels of similarity/temperature,
// corrected by the log chance of each reel to be among them (logQ: Bengio &
// Senécal 2008; Yi et al. 2019).
func (p *Pass) forwardRecall() float64 {
	t, d, h := &p.recall, p.m.Config.Tower, p.m.Config.Hidden
	if !slices.IsSorted(p.batch.Upload) {
		panic("model: the reels of a batch must stand in the order of their upload times")
	}
	t.list(p.batch)
	n, cols := len(t.rows), p.batch.Reels()
	t.logits = nn.Grow(t.logits, n*cols)
	if n == 0 {
		return 0
	}
	t.prepareColumns(p.batch.LogQ)
	t.state, t.dQuery, t.spans = nn.Grow(t.state, n*h), nn.Grow(t.dQuery, n*d), nn.Grow(t.spans, n)
	kernel.Parallel(n, grain(d), p.work.picks)
	scaled := t.dQuery // holds the queries over the temperature until Backward needs it
	if p.m.Interest != nil {
		kernel.Gemm(false, true, n, cols, d, scaled, d, p.tower.unit, d, false, t.logits, cols)
		return p.forwardInterests()
	}
	kernel.GemmEpilogue(false, true, n, cols, d, scaled, d, p.tower.unit, d, false, t.logits, cols, kernel.Epilogue{Bias: t.notLogQ})
	kernel.Parallel(n, grain(cols), p.work.ages)
	return nn.SoftmaxLoss(t.logits, t.target, t.weight, n, cols)
}

// list notes the rows that have a weight.
func (t *recallTape) list(b *Batch) {
	t.rows, t.target, t.weight = t.rows[:0], t.target[:0], t.weight[:0]
	for row, w := range b.Recall {
		if w > 0 {
			t.rows = append(t.rows, int32(row))
			t.target = append(t.target, b.Reel[row])
			t.weight = append(t.weight, w)
		}
	}
}

// prepareColumns fills what is the same for every row.
func (t *recallTape) prepareColumns(logQ []float32) {
	n := len(logQ)
	t.notLogQ, t.ones, t.never = nn.Grow(t.notLogQ, n), nn.Grow(t.ones, n), nn.Grow(t.never, n)
	for c, q := range logQ {
		t.notLogQ[c], t.ones[c], t.never[c] = -q, 1, float32(math.Inf(-1))
	}
}

// pick copies the states and, over the temperature, the queries of the rows
// lo..hi of the loss.
func (p *Pass) pick(lo, hi int) {
	t, d, h := &p.recall, p.m.Config.Tower, p.m.Config.Hidden
	inv := p.inverseTemperature()
	for i := lo; i < hi; i++ {
		row := int(t.rows[i])
		copy(t.state[i*h:(i+1)*h], p.user.state[row*h:])
		kernel.Scale(t.dQuery[i*d:(i+1)*d], t.query[row*d:(row+1)*d], inv)
	}
}

func (p *Pass) inverseTemperature() float32 { return float32(1 / p.m.Config.Temperature) }

// addAges adds the age terms to the logits of the rows lo..hi. A reel that was
// not uploaded yet could not have been chosen and is no alternative.
func (p *Pass) addAges(lo, hi int) {
	t, cols, inv := &p.recall, p.batch.Reels(), p.inverseTemperature()
	for i := lo; i < hi; i++ {
		row, target := t.logits[i*cols:(i+1)*cols], t.target[i]
		s := &t.spans[i]
		*s = findAges(p.batch.Upload, p.batch.Now[t.rows[i]])
		shown := row[target]
		copy(row[s[0]:], t.never)
		if target >= s[0] { // shown all the same: its clock or ours was wrong
			row[target] = shown + inv*p.m.Age.Value[0]
		}
		for bucket, term := range p.m.Age.Value {
			if from, to := s.span(bucket); from < to {
				kernel.Axpy(inv*term, t.ones[from:to], row[from:to])
			}
		}
	}
}
