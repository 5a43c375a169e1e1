package model

import (
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
)

// meanEnjoyed computes, for every row, Σ v / (n + 1) over the n reels that the
// user enjoyed before it: the straight way from what was enjoyed to what is
// searched, beside the one through the recurrent layers. The one more in the
// divisor lets the mean grow with the evidence.
func (p *Pass) meanEnjoyed() {
	t, d, seq := &p.recall, p.m.Config.Tower, p.batch.Seq
	t.enjoyed, t.share = nn.Grow(t.enjoyed, seq.Rows()*d), nn.Grow(t.share, seq.Rows())
	t.sums = nn.Grow(t.sums, len(seq.Lengths)*d)
	kernel.Parallel(len(seq.Lengths), sequenceGrain, p.work.enjoyed)
}

// sequenceGrain is how many sequences of some ten rows make a piece of work.
const sequenceGrain = 4

// enjoyedOf walks the sequences lo..hi.
func (p *Pass) enjoyedOf(lo, hi int) {
	t, d, seq := &p.recall, p.m.Config.Tower, p.batch.Seq
	for b := lo; b < hi; b++ {
		sum, n := t.sums[b*d:(b+1)*d], float32(1)
		clear(sum)
		for step := range seq.Lengths[b] {
			row := seq.Row(step, b)
			t.share[row] = 1 / n
			kernel.Scale(t.enjoyed[row*d:(row+1)*d], sum, t.share[row])
			if p.batch.Enjoyed[row] > 0 {
				kernel.Axpy(1, p.unitVector(p.batch.Reel[row]), sum)
				n++
			}
		}
	}
}

// backEnjoyedOf turns the gradients of the sequences' means, from the last
// step to the first, into those of the reels enjoyed at each row: a reel is
// part of every mean behind it.
func (p *Pass) backEnjoyedOf(lo, hi int) {
	t, d, seq := &p.recall, p.m.Config.Tower, p.batch.Seq
	for b := lo; b < hi; b++ {
		sum := t.sums[b*d : (b+1)*d]
		clear(sum)
		for step := seq.Lengths[b] - 1; step >= 0; step-- {
			row := seq.Row(step, b)
			share, g := t.share[row], t.dEnjoyed[row*d:(row+1)*d]
			for c, behind := range sum {
				sum[c], g[c] = behind+share*g[c], behind
			}
		}
	}
}
