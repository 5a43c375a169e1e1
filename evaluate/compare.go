package evaluate

import (
	"math"
	"slices"
)

// PerCase returns a per-case metric, e.g. "ndcg@10", of a recommender, in the
// order of the cases; NaN where it is undefined for a case. It is nil for an
// unknown name. The caller must not change it.
func (t *Table) PerCase(name, metric string) []float64 {
	row, column, ok := t.column(name, metric)
	if !ok {
		return nil
	}
	return t.perCase[row][column]
}

// Difference estimates the metric of one recommender minus that of another.
// Both answered the same cases, so each resample draws the same users for
// both, and the interval is that of the difference. It is undefined for
// unknown names and for metrics without a value per case.
func (t *Table) Difference(name, other, metric string) Estimate {
	return t.compare(name, other, metric, func(a, b float64) float64 { return a - b })
}

// Ratio estimates the metric of one recommender as a share of another's, like
// Difference.
func (t *Table) Ratio(name, other, metric string) Estimate {
	return t.compare(name, other, metric, func(a, b float64) float64 {
		if b == 0 {
			return math.NaN()
		}
		return a / b
	})
}

func (t *Table) compare(name, other, metric string, of func(a, b float64) float64) Estimate {
	rowA, column, okA := t.column(name, metric)
	rowB, _, okB := t.column(other, metric)
	if !okA || !okB {
		return point(math.NaN())
	}
	columns := len(t.K) * len(caseMetrics)
	value := of(t.Rows[rowA].Estimates[metric].Value, t.Rows[rowB].Estimates[metric].Value)
	lo, hi := interval(t.resampled, func(means []float64) float64 {
		return of(means[rowA*columns+column], means[rowB*columns+column])
	}, t.Confidence)
	return Estimate{value, lo, hi}
}

// AgainstBaselines finds the baseline that is best at a metric and estimates
// the recommender's metric minus that baseline's. Without baselines the name
// is empty and the estimate undefined.
func (t *Table) AgainstBaselines(name, metric string) (best string, difference Estimate) {
	top := math.Inf(-1)
	for _, row := range t.Rows {
		if v := row.Estimates[metric].Value; row.Baseline && row.Name != name && v > top {
			best, top = row.Name, v
		}
	}
	return best, t.Difference(name, best, metric)
}

// column finds a per-case metric of a recommender.
func (t *Table) column(name, metric string) (row, column int, ok bool) {
	row = slices.IndexFunc(t.Rows, func(r Row) bool { return r.Name == name })
	if row < 0 {
		return 0, 0, false
	}
	for at, k := range t.K {
		for m, base := range caseMetrics {
			if MetricAt(base, k) == metric {
				return row, at*len(caseMetrics) + m, true
			}
		}
	}
	return 0, 0, false
}
