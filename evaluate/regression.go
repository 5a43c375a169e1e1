package evaluate

import "math"

// MAE is the mean absolute error. It is NaN without rows.
func MAE(predicted, actual []float64) float64 {
	return weightedMAE(predicted, actual, ones(len(predicted)))
}

func weightedMAE(predicted, actual, w []float64) float64 {
	var sum, rows float64
	for i, p := range predicted {
		sum += w[i] * math.Abs(p-actual[i])
		rows += w[i]
	}
	return sum / rows
}

// XAUC is the share of pairs of rows with different actual values that the
// predictions put in the same order, tied predictions counting half (Zhan et
// al., "Deconfounding Duration Bias in Watch-time Prediction", 2022). It is
// exact, in O(n log n), and NaN where all actual values are equal and where a
// value is NaN.
func XAUC(predicted, actual []float64) float64 {
	p, a := rank(predicted), rank(actual)
	return weightedXAUC(p, a, ones(len(predicted)), make([]float64, p.distinct+1))
}

// ranked is an order of values with dense ranks: equal values share one.
type ranked struct {
	order    []int32 // positions by ascending value; nil for values with NaN
	of       []int32 // dense rank of each position, from 0
	distinct int
}

func rank(values []float64) ranked {
	r := ranked{order: ascending(values), of: make([]int32, len(values))}
	for at, i := range r.order {
		if at == 0 || values[i] != values[r.order[at-1]] {
			r.distinct++
		}
		r.of[i] = int32(r.distinct - 1)
	}
	return r
}

// weightedXAUC is XAUC where row i counts w[i] times; copies of a row have
// equal actual values and make no pair. It goes through the rows by ascending
// actual value and counts, in a Fenwick tree over the ranks of the
// predictions, the rows already passed that were predicted lower. The tree is
// a buffer of predicted.distinct+1 values.
func weightedXAUC(predicted, actual ranked, w, tree []float64) float64 {
	if predicted.order == nil || actual.order == nil {
		return math.NaN()
	}
	clear(tree)
	var passed, concordant, pairs float64
	for at := 0; at < len(actual.order); {
		end := at
		for ; end < len(actual.order) && actual.of[actual.order[end]] == actual.of[actual.order[at]]; end++ {
			i := actual.order[end]
			if w[i] == 0 {
				continue
			}
			lower := prefixSum(tree, predicted.of[i])
			notHigher := prefixSum(tree, predicted.of[i]+1)
			concordant += w[i] * (lower + notHigher) / 2
			pairs += w[i] * passed
		}
		for ; at < end; at++ {
			i := actual.order[at]
			addAt(tree, predicted.of[i], w[i])
			passed += w[i]
		}
	}
	return concordant / pairs
}

// prefixSum is the sum of the first n values of a Fenwick tree.
func prefixSum(tree []float64, n int32) float64 {
	sum := 0.0
	for ; n > 0; n &= n - 1 {
		sum += tree[n]
	}
	return sum
}

// addAt adds v to value i (from 0) of a Fenwick tree.
func addAt(tree []float64, i int32, v float64) {
	for i++; int(i) < len(tree); i += i & -i {
		tree[i] += v
	}
}

// Spearman is the rank correlation, -1..1: the Pearson correlation of the
// ranks, with the mean rank for ties. It is NaN where either side is constant
// or holds a NaN.
func Spearman(predicted, actual []float64) float64 {
	n := len(predicted)
	return weightedSpearman(rank(predicted), rank(actual), ones(n), make([]float64, n), make([]float64, n))
}

// weightedSpearman is Spearman where row i counts w[i] times. The buffers x
// and y hold the rows' ranks.
func weightedSpearman(predicted, actual ranked, w, x, y []float64) float64 {
	if predicted.order == nil || actual.order == nil {
		return math.NaN()
	}
	midRanks(predicted, w, x)
	midRanks(actual, w, y)
	var rows float64
	for _, v := range w {
		rows += v
	}
	mean := rows / 2 // of mid-ranks that start at 0
	var xx, yy, xy float64
	for i := range x {
		dx, dy := x[i]-mean, y[i]-mean
		xx += w[i] * dx * dx
		yy += w[i] * dy * dy
		xy += w[i] * dx * dy
	}
	if xx == 0 || yy == 0 {
		return math.NaN()
	}
	return xy / math.Sqrt(xx*yy)
}

// midRanks writes each row's weighted rank: the weight below it plus half of
// the weight of its tie.
func midRanks(r ranked, w, out []float64) {
	below := 0.0
	for at := 0; at < len(r.order); {
		end, tie := at, 0.0
		for ; end < len(r.order) && r.of[r.order[end]] == r.of[r.order[at]]; end++ {
			tie += w[r.order[end]]
		}
		for ; at < end; at++ {
			out[r.order[at]] = below + tie/2
		}
		below += tie
	}
}

// constantMAE is the error of predicting the median for every row, the least
// that a constant can reach.
func constantMAE(r ranked, actual, w []float64) float64 {
	if len(r.order) == 0 {
		return math.NaN()
	}
	var rows, below float64
	for _, v := range w {
		rows += v
	}
	median := actual[r.order[0]]
	for _, i := range r.order {
		median = actual[i]
		if below += w[i]; below >= rows/2 {
			break
		}
	}
	var sum float64
	for i, a := range actual {
		sum += w[i] * math.Abs(a-median)
	}
	return sum / rows
}
