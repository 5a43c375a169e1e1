package nn

import (
	"math"

	"github.com/reelrank/reelrank/nn/kernel"
)

// SoftmaxLoss is the mean cross entropy of each row's target among the
// columns, after the correction of Bengio & Senécal 2008 for sampled columns.
// logits [rows, cols] are replaced by their gradients. target[r] is the column
// of row r's target; weight[r] its share in the mean. Returned is the summed
// weighted loss over the summed weights.
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
		top = max(top, v)
	}
	at := float64(row[target] - top)
	for i, v := range row {
		row[i] = v - top
	}
	kernel.Exp(row, row)
	var sum float64
	for _, v := range row {
		sum += float64(v)
	}
	scale := float32(share / sum)
	for i := range row {
		row[i] *= scale
	}
	row[target] -= float32(share)
	return share * (math.Log(sum) - at)
}

// LogisticLoss is the binary cross entropy of logits against targets in 0..1,
// summed with the weights over total. A target between 0 and 1 makes it the
// quasi-likelihood of a fraction (Papke & Wooldridge 1996). It sets grad to
// weight*(σ(logit)-target)/total.
func LogisticLoss(grad, logits, targets, weights []float32, total float64) float64 {
	var loss float64
	for i, w := range weights {
		grad[i] = 0
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
