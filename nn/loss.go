package nn

import (
	"math"
	"sync"

	"github.com/reelrank/reelrank/nn/kernel"
)

// SoftmaxLoss is the weighted mean cross entropy of each row's target among the
// columns, Σ weight[r] * -log softmax(logits[r])[target[r]] / Σ weight, or 0
// where all weights are. Where the columns are a sample, the caller has taken
// log Q of each column off its logits (Bengio & Senécal 2008). A logit of -Inf
// leaves its column out. logits [rows, cols] are replaced by their gradients.
func SoftmaxLoss(logits []float32, target []int32, weight []float32, rows, cols int) float64 {
	var total float64
	for _, w := range weight[:rows] {
		total += float64(w)
	}
	return SoftmaxLossPart(logits, target, weight, rows, cols, total, 0)
}

// SoftmaxLossPart is SoftmaxLoss for some rows of a batch whose weights sum to
// total, so that the logits of all need not be held at once. With smoothing ε
// a row's target is known but for ε, which all columns share (Szegedy et al.
// 2016); no logit may be infinite then:
//
//	Σ weight[r] (log Σ exp(z) - (1-ε) z[target] - ε mean(z)) / total
func SoftmaxLossPart(logits []float32, target []int32, weight []float32, rows, cols int, total, smoothing float64) float64 {
	if total == 0 {
		clear(logits[:rows*cols])
		return 0
	}
	p := softmaxPasses.Get().(*softmaxPass)
	defer softmaxPasses.Put(p)
	p.losses = Grow(p.losses, rows)
	p.job.do(rows, softmaxGrain(cols), softmaxRows{logits, target, weight, p.losses, cols, total, smoothing}, (*softmaxRows).run)
	var loss float64
	for _, l := range p.losses {
		loss += l
	}
	return loss
}

// softmaxPass is what a SoftmaxLoss keeps for the next one.
type softmaxPass struct {
	losses []float64
	job    job[softmaxRows]
}

var softmaxPasses = sync.Pool{New: func() any { return new(softmaxPass) }}

// softmaxRows is one SoftmaxLoss, whose rows threads share.
type softmaxRows struct {
	logits []float32
	target []int32
	weight []float32
	losses []float64
	cols   int
	total  float64

	smoothing float64
}

// softmaxGrain is how many rows make a piece of work: some 64k logits, 20
// microseconds.
func softmaxGrain(cols int) int { return 1 + (1<<16)/max(cols, 1) }

func (s *softmaxRows) run(lo, hi int) {
	for r := lo; r < hi; r++ {
		s.losses[r] = softmaxRow(s.logits[r*s.cols:(r+1)*s.cols], s.target[r], float64(s.weight[r])/s.total, s.smoothing)
	}
}

// softmaxRow returns the row's share of the loss and replaces the logits by
// share * (softmax - (1-smoothing) onehot(target) - smoothing/cols).
func softmaxRow(row []float32, target int32, share, smoothing float64) float64 {
	if share == 0 {
		clear(row)
		return 0
	}
	top := kernel.Max(row) // a NaN shows in the sum
	at := float64(row[target] - top)
	if smoothing > 0 {
		var sum float32
		for _, z := range row {
			sum += z - top
		}
		at += smoothing * (float64(sum)/float64(len(row)) - at)
	}
	sum := kernel.ExpSum(row, row, top)
	kernel.Scale(row, row, float32(share/sum))
	if smoothing > 0 {
		each := float32(share * smoothing / float64(len(row)))
		for i := range row {
			row[i] -= each
		}
	}
	row[target] -= float32(share * (1 - smoothing))
	return share * (math.Log(sum) - at)
}

// LogisticLoss is the binary cross entropy of logits against targets in 0..1,
// summed with the weights over total. A target between 0 and 1 makes it the
// quasi-likelihood of a fraction (Papke & Wooldridge 1996). It sets grad to
// weight*(σ(logit)-target)/total. With a total of 0 loss and gradients are 0.
func LogisticLoss(grad, logits, targets, weights []float32, total float64) float64 {
	clear(grad[:len(weights)])
	if total == 0 {
		return 0
	}
	var loss float64
	for i, w := range weights {
		if w == 0 {
			continue
		}
		x, y := float64(logits[i]), float64(targets[i])
		// log(1+e^x) - xy and σ(x), both by e^-|x|, which cannot overflow.
		e := math.Exp(-math.Abs(x))
		loss += float64(w) * (math.Max(x, 0) - x*y + math.Log1p(e))
		sigmoid := 1 / (1 + e)
		if x < 0 {
			sigmoid *= e
		}
		grad[i] = float32(float64(w) * (sigmoid - y) / total)
	}
	return loss / total
}
