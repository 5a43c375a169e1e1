package model

import (
	"math"

	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
)

// recallTape keeps the retrieval loss's intermediate values. Its rows are the
// exposures that have a weight in it.
type recallTape struct {
	rows          []int32   // rows of the batch
	target        []int32   // column of each row's reel
	weight        []float32 // of each row
	user          []float32 // [rows, Hidden]
	enjoyed       []float32 // [all rows, Tower] mean enjoyed reel before the exposure
	seen          []float32 // [all rows] how many that were, plus one
	projected     []float32 // [all rows, Tower]
	norms         []float32
	query         []float32 // [all rows, Tower] unit length
	logits        []float32 // [rows, reels], then their gradients
	dQuery, dUser []float32
	dEnjoyed      []float32
}

// forwardRecall is the softmax over the batch's reels of cosine/temperature,
// corrected by the log chance of each reel to be among them (logQ: Bengio &
// Senécal 2008; Yi et al. 2019).
func (p *Pass) forwardRecall() float64 {
	t, d, h := &p.recall, p.m.Config.Tower, p.m.Config.Hidden
	t.rows, t.target, t.weight = t.rows[:0], t.target[:0], t.weight[:0]
	for row, w := range p.batch.Recall {
		if w > 0 {
			t.rows = append(t.rows, int32(row))
			t.target = append(t.target, p.batch.Reel[row])
			t.weight = append(t.weight, w)
		}
	}
	n, cols := len(t.rows), p.batch.Reels()
	t.logits = nn.Grow(t.logits, n*cols)
	if n == 0 {
		return 0
	}
	t.user, t.dQuery = nn.Grow(t.user, n*h), nn.Grow(t.dQuery, n*d)
	picked := t.dQuery // holds the picked queries until Backward needs it
	for i, row := range t.rows {
		copy(t.user[i*h:(i+1)*h], p.user[int(row)*h:])
		copy(picked[i*d:(i+1)*d], t.query[int(row)*d:(int(row)+1)*d])
	}
	kernel.Gemm(false, true, n, cols, d, picked, d, p.unit, d, false, t.logits, cols)
	kernel.Parallel(n, 1+4096/max(cols, 1), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			p.recallLogits(t.logits[i*cols:(i+1)*cols], t.target[i], p.batch.Now[t.rows[i]])
		}
	})
	return nn.SoftmaxLoss(t.logits, t.target, t.weight, n, cols)
}

// recallLogits turns cosines into logits. A reel that was not uploaded yet
// could not have been chosen and is no alternative.
func (p *Pass) recallLogits(row []float32, target int32, now int64) {
	inv := float32(1 / p.m.Config.Temperature)
	for c, uploaded := range p.batch.Upload {
		if uploaded > now && int32(c) != target {
			row[c] = float32(math.Inf(-1))
			continue
		}
		row[c] = (row[c]+p.m.AgeTerm(now, uploaded))*inv - p.batch.LogQ[c]
	}
}

// spreadAge hands the logits' gradients to the ages of their reels.
func (p *Pass) spreadAge() {
	t, cols := &p.recall, p.batch.Reels()
	for i, r := range t.rows {
		now := p.batch.Now[r]
		for c, g := range t.logits[i*cols : (i+1)*cols] {
			p.m.Age.Grad[ageBucket(now, p.batch.Upload[c])] += g
		}
	}
}

// project computes every row's retrieval query.
func (p *Pass) project() {
	t, d, rows := &p.recall, p.m.Config.Tower, p.batch.Rows()
	t.projected, t.query, t.norms = nn.Grow(t.projected, rows*d), nn.Grow(t.query, rows*d), nn.Grow(t.norms, rows)
	p.meanEnjoyed()
	p.m.Query.Forward(t.projected, p.user, rows)
	for i, g := range t.enjoyed {
		t.projected[i] += p.m.Enjoyed.Value[i%d] * g
	}
	nn.Normalize(t.query, t.norms, t.projected, rows, d)
}

func (p *Pass) backwardRecall() {
	t, d, h := &p.recall, p.m.Config.Tower, p.m.Config.Hidden
	n, cols := len(t.rows), p.batch.Reels()
	t.dEnjoyed = nn.Grow(t.dEnjoyed, p.batch.Rows()*d)
	clear(t.dEnjoyed)
	if n == 0 {
		return
	}
	scale := float32(p.obj.RetrievalWeight / p.m.Config.Temperature)
	for i := range t.logits {
		t.logits[i] *= scale
	}
	p.spreadAge()
	kernel.Gemm(true, false, cols, d, n, t.logits, cols, t.dQuery, d, true, p.dUnit, d)
	kernel.Gemm(false, false, n, d, cols, t.logits, cols, p.unit, d, false, t.dQuery, d)
	for i, row := range t.rows { // back through the normalisation, row by row
		r := int(row)
		nn.NormalizeBackward(t.dQuery[i*d:(i+1)*d], t.dQuery[i*d:(i+1)*d], t.query[r*d:(r+1)*d], t.norms[r:r+1], 1, d)
	}
	t.dUser = nn.Grow(t.dUser, n*h)
	p.m.Query.Backward(t.dUser, t.dQuery, t.user, n)
	gain := p.m.Enjoyed
	for i, row := range t.rows {
		for c, g := range t.dQuery[i*d : (i+1)*d] {
			at := int(row)*d + c
			gain.Grad[c] += g * t.enjoyed[at]
			t.dEnjoyed[at] = g * gain.Value[c]
		}
		kernel.Axpy(1, t.dUser[i*h:(i+1)*h], p.dUser[int(row)*h:(int(row)+1)*h])
	}
}

// meanEnjoyed computes, for every row, Σ v / (n + 1) over the n reels that the
// user enjoyed before it: the straight way from what was enjoyed to what is
// searched, beside the one through the recurrent layers. The one more in the
// divisor lets the mean grow with the evidence.
func (p *Pass) meanEnjoyed() {
	t, d, seq := &p.recall, p.m.Config.Tower, p.batch.Seq
	t.enjoyed, t.seen = nn.Grow(t.enjoyed, seq.Rows()*d), nn.Grow(t.seen, seq.Rows())
	kernel.Parallel(len(seq.Lengths), 1, func(lo, hi int) {
		sum := make([]float32, d)
		for b := lo; b < hi; b++ {
			clear(sum)
			n := float32(1)
			for s := range seq.Lengths[b] {
				row := seq.Row(s, b)
				t.seen[row] = n
				for c, v := range sum {
					t.enjoyed[row*d+c] = v / n
				}
				if p.batch.Enjoyed[row] > 0 {
					kernel.Axpy(1, p.reelInput(p.batch.Reel[row]), sum)
					n++
				}
			}
		}
	})
}

// spreadEnjoyed hands the gradient of meanEnjoyed to the reels.
func (p *Pass) spreadEnjoyed() {
	if p.obj.RetrievalWeight <= 0 {
		return
	}
	t, d, seq := &p.recall, p.m.Config.Tower, p.batch.Seq
	sum := make([]float32, d)
	for b, length := range seq.Lengths {
		clear(sum)
		for s := length - 1; s >= 0; s-- {
			row := seq.Row(s, b)
			if p.batch.Enjoyed[row] > 0 {
				r := int(p.batch.Reel[row])
				kernel.Axpy(1, sum, p.dUnit[r*d:(r+1)*d])
			}
			kernel.Axpy(1/t.seen[row], t.dEnjoyed[row*d:(row+1)*d], sum)
		}
	}
}
