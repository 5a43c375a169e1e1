package nn

import (
	"math"

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
	if total == 0 {
		clear(logits[:rows*cols])
		return 0
	}
	losses := make([]float64, rows)
	kernel.Parallel(rows, 1+8192/max(cols, 1), func(lo, hi int) {
		for r := lo; r < hi; r++ {
			losses[r] = softmaxRow(logits[r*cols:(r+1)*cols], target[r], float64(weight[r])/total)
		}
	})
	var loss float64
	for _, l := range losses {
		loss += l
	}
	return loss
}

// softmaxRow returns the row's share of the loss and replaces the logits by
// share * (softmax - onehot(target)).
func softmaxRow(row []float32, target int32, share float64) float64 {
	if share == 0 {
		clear(row)
		return 0
	}
	top := float32(math.Inf(-1))
	for _, v := range row {
		if v > top { // twice as fast as max; a NaN shows in the sum
			top = v
		}
	}
	at := float64(row[target] - top)
	for i, v := range row {
		row[i] = v - top
	}
	kernel.Exp(row, row)
	sum := sum64(row)
	scale := float32(share / sum)
	for i := range row {
		row[i] *= scale
	}
	row[target] -= float32(share)
	return share * (math.Log(sum) - at)
}

// sum64 is the sum of x, in four chains that the processor runs side by side.
func sum64(x []float32) float64 {
	var a, b, c, d float64
	for ; len(x) >= 4; x = x[4:] {
		a, b, c, d = a+float64(x[0]), b+float64(x[1]), c+float64(x[2]), d+float64(x[3])
	}
	for _, v := range x {
		a += float64(v)
	}
	return (a + b) + (c + d)
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
		// log(1+e^x) - xy, without overflow.
		loss += float64(w) * (math.Max(x, 0) - x*y + math.Log1p(math.Exp(-math.Abs(x))))
		grad[i] = float32(float64(w) * (1/(1+math.Exp(-x)) - y) / total)
	}
	return loss / total
}
