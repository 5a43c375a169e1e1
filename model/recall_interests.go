package model

import (
	"math"

	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
)

// interestTape keeps what the retrieval loss computes of interests. The enjoyed
// are the rows whose reel was enjoyed, in the order of the batch. Of a sequence,
// a row's sum is a running one over the enjoyed rows before it, so that all rows
// together cost one product of the enjoyed reels with the columns.
type interestTape struct {
	enjoyed []int32 // rows of the batch
	place   []int32 // [all rows] among the enjoyed, -1 for none
	learned []int32 // [all rows] among the rows of the loss, -1 for none

	vectors []float32 // [enjoyed, Tower] s times their reels
	terms   []float32 // [enjoyed, reels] exp(b + s cos), then the gradients of their logarithms
	alone   []float32 // [rows, reels] exp(cos(q, v)/T)
	total   []float32 // [rows, reels] the same and the sum over the enjoyed before
	sums    []float32 // [sequences, reels] what a walk over them adds up
	odds    []float32 // [reels] 1/Q
	losses  []float64 // [rows]
	weights float64   // of all rows

	dVectors []float32 // [enjoyed, Tower]
	shown    []float32 // [all rows] sum for the row's own reel
}

// forwardInterests goes on from logits that are cos(q, v)/T. It returns the loss
// and leaves in the logits its gradients by the logarithms of the totals, the
// ages' part included.
func (p *Pass) forwardInterests() float64 {
	t, x := &p.recall, &p.recall.interests
	cols, d := p.batch.Reels(), p.m.Config.Tower
	x.list(p.batch, t.rows)
	x.odds = nn.Grow(x.odds, cols)
	kernel.Exp(x.odds, t.notLogQ)

	enjoyed, n := len(x.enjoyed), len(t.rows)
	x.vectors, x.terms = nn.Grow(x.vectors, enjoyed*d), nn.Grow(x.terms, enjoyed*cols)
	if enjoyed > 0 {
		_, sharpness := p.m.interest()
		for i, row := range x.enjoyed {
			kernel.Scale(x.vectors[i*d:(i+1)*d], p.unitVector(p.batch.Reel[row]), sharpness)
		}
		kernel.Gemm(false, true, enjoyed, cols, d, x.vectors, d, p.tower.unit, d, false, x.terms, cols)
		kernel.Parallel(enjoyed, grain(cols), p.work.interestTerms)
	}
	x.alone, x.total, x.losses = nn.Grow(x.alone, n*cols), nn.Grow(x.total, n*cols), nn.Grow(x.losses, n)
	x.sums = nn.Grow(x.sums, len(p.batch.Seq.Lengths)*cols)
	x.weights = 0
	for _, w := range t.weight {
		x.weights += float64(w)
	}
	kernel.Parallel(len(p.batch.Seq.Lengths), sequenceGrain, p.work.interestTotals)
	var loss float64
	for _, l := range x.losses {
		loss += l
	}
	return loss
}

// list notes the enjoyed rows, and where the rows of the loss stand.
func (x *interestTape) list(b *Batch, rows []int32) {
	x.enjoyed, x.place, x.learned = x.enjoyed[:0], nn.Grow(x.place, b.Rows()), nn.Grow(x.learned, b.Rows())
	for row, enjoyed := range b.Enjoyed {
		x.place[row], x.learned[row] = -1, -1
		if enjoyed > 0 {
			x.place[row] = int32(len(x.enjoyed))
			x.enjoyed = append(x.enjoyed, int32(row))
		}
	}
	for i, row := range rows {
		x.learned[row] = int32(i)
	}
}

// interestTerms takes the terms of the enjoyed lo..hi from s cos to their size.
func (p *Pass) interestTerms(lo, hi int) {
	x, cols := &p.recall.interests, p.batch.Reels()
	bias, _ := p.m.interest()
	terms := x.terms[lo*cols : hi*cols]
	kernel.ExpSum(terms, terms, -bias)
}

// interestTotals walks the sequences lo..hi from the first step to the last.
func (p *Pass) interestTotals(lo, hi int) {
	t, x, seq, cols := &p.recall, &p.recall.interests, p.batch.Seq, p.batch.Reels()
	for s := lo; s < hi; s++ {
		sum := x.sums[s*cols : (s+1)*cols]
		clear(sum)
		for step := range seq.Lengths[s] {
			row := seq.Row(step, s)
			if i := int(x.learned[row]); i >= 0 {
				alone, total := x.alone[i*cols:(i+1)*cols], x.total[i*cols:(i+1)*cols]
				kernel.ExpSum(alone, t.logits[i*cols:(i+1)*cols], 0)
				kernel.Blend(total, 1, alone, 1, sum)
				x.losses[i] = p.interestLoss(i)
			}
			if at := int(x.place[row]); at >= 0 {
				kernel.Axpy(1, x.terms[at*cols:(at+1)*cols], sum)
			}
		}
	}
}

// interestLoss is the softmax's part of the i-th row of the loss, by its totals
// in the place of exponentials of logits: there is no logarithm to be taken but
// that of the target. It leaves the gradients in the row's logits.
func (p *Pass) interestLoss(i int) float64 {
	t, x, cols, inv := &p.recall, &p.recall.interests, p.batch.Reels(), p.inverseTemperature()
	chance, total, target := t.logits[i*cols:(i+1)*cols], x.total[i*cols:(i+1)*cols], t.target[i]
	odds := x.odds[:len(chance)]
	for c, v := range total {
		chance[c] = v * odds[c]
	}
	s := &t.spans[i]
	*s = findAges(p.batch.Upload, p.batch.Now[t.rows[i]])
	shown := chance[target]
	clear(chance[s[0]:])
	if target >= s[0] { // as in addAges
		chance[target] = shown * float32(math.Exp(float64(inv*p.m.Age.Value[0])))
	}
	for bucket, term := range p.m.Age.Value {
		if from, to := s.span(bucket); from < to {
			kernel.Scale(chance[from:to], chance[from:to], float32(math.Exp(float64(inv*term))))
		}
	}
	var all float64
	for _, v := range chance {
		all += float64(v)
	}
	weight := float64(t.weight[i]) / x.weights
	loss := weight * (math.Log(all) - math.Log(float64(chance[target])))
	kernel.Scale(chance, chance, float32(weight/all))
	chance[target] -= float32(weight)
	return loss
}

// interestGradients walks the sequences lo..hi back: it takes the logits' gradients
// from the totals' logarithms to cos(q, v)/T, and the terms to the gradients of
// their logarithms. A term is part of every total behind it.
func (p *Pass) interestGradients(lo, hi int) {
	t, x, seq, cols := &p.recall, &p.recall.interests, p.batch.Seq, p.batch.Reels()
	for s := lo; s < hi; s++ {
		sum := x.sums[s*cols : (s+1)*cols]
		clear(sum)
		for step := seq.Lengths[s] - 1; step >= 0; step-- {
			row := seq.Row(step, s)
			if at := int(x.place[row]); at >= 0 {
				terms := x.terms[at*cols : (at+1)*cols]
				for c, behind := range sum {
					terms[c] *= behind
				}
			}
			if i := int(x.learned[row]); i >= 0 {
				g, alone, total := t.logits[i*cols:(i+1)*cols], x.alone[i*cols:(i+1)*cols], x.total[i*cols:(i+1)*cols]
				for c, v := range g {
					v /= total[c]
					sum[c] += v
					g[c] = v * alone[c]
				}
			}
		}
	}
}

// backwardTerms adds what the terms' gradients come to: to the columns, to the
// enjoyed reels, and to b and s.
func (p *Pass) backwardTerms() {
	t, x := &p.recall, &p.recall.interests
	cols, d, enjoyed := p.batch.Reels(), p.m.Config.Tower, len(x.enjoyed)
	if enjoyed == 0 {
		return
	}
	x.dVectors = nn.Grow(x.dVectors, enjoyed*d)
	kernel.Gemm(false, false, enjoyed, d, cols, x.terms, cols, p.tower.unit, d, false, x.dVectors, d)
	p.weigh(x.vectors)
	kernel.Gemm(true, false, cols, d, enjoyed, x.terms, cols, x.vectors, d, true, p.tower.d, d)
	p.weigh(x.dVectors)
	_, sharpness := p.m.interest()
	var dSharpness, dBias float64
	for i, row := range x.enjoyed {
		g := x.dVectors[i*d : (i+1)*d]
		dSharpness += float64(kernel.Dot(g, p.unitVector(p.batch.Reel[row])))
		kernel.Axpy(sharpness, g, t.dEnjoyed[int(row)*d:][:d])
		for _, v := range x.terms[i*cols : (i+1)*cols] {
			dBias += float64(v)
		}
	}
	g := p.m.Interest.Grad
	g[interestBias] += float32(p.obj.RetrievalWeight * dBias)
	g[interestLogSharpness] += sharpness * float32(dSharpness)
}

// shownSums sums up, for the rows of the sequences lo..hi, the terms of the
// row's own reel with what was enjoyed before it.
func (p *Pass) shownSums(lo, hi int) {
	x, seq := &p.recall.interests, p.batch.Seq
	bias, sharpness := p.m.interest()
	for s := lo; s < hi; s++ {
		for step := range seq.Lengths[s] {
			row := seq.Row(step, s)
			v := p.unitVector(p.batch.Reel[row])
			var sum float64
			for before := range step {
				if at := seq.Row(before, s); p.batch.Enjoyed[at] > 0 {
					sum += math.Exp(float64(bias + sharpness*kernel.Dot(v, p.unitVector(p.batch.Reel[at]))))
				}
			}
			x.shown[row] = float32(sum)
		}
	}
}
