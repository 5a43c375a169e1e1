package kuairand

import (
	"math"
	"slices"
)

// Rates drift from day to day: on validation a calibration of 4 May was 0.014
// below the clicks of 5 May. So where it helped there, a head's probabilities
// follow what came of the rows so far: the odds are multiplied by those of the
// outcomes over those of the predictions, of the rows of an earlier time, which
// count half after followHalfLife.
const (
	followHalfLife = 6 * hour
	followStrength = 100 // rows' worth of predictions that were right
)

// follow returns the probabilities of rows, which are by rising time.
func follow(times []int64, probabilities []float64, outcomes []bool) []float64 {
	out := make([]float64, len(probabilities))
	var n, expected, happened float64
	next := 0 // the first row that is not learned from yet
	for i, p := range probabilities {
		for ; times[next] < times[i]; next++ {
			keep := 1.0
			if next > 0 {
				keep = math.Exp2(-float64(times[next]-times[next-1]) / followHalfLife)
			}
			n, expected, happened = n*keep+1, expected*keep+probabilities[next], happened*keep+float64(flag(outcomes[next]))
		}
		out[i] = p
		if n > 0 {
			mean := expected / n
			rate := (happened + followStrength*mean) / (n + followStrength)
			out[i] = 1 / (1 + odds(1-p)*odds(1-rate)/odds(1-mean))
		}
	}
	return out
}

// odds are those of a probability, which is kept off 0 and 1.
func odds(p float64) float64 {
	p = min(max(p, 1e-9), 1-1e-9)
	return p / (1 - p)
}

// followed are the probabilities of later rows, of one part of the log, as they
// follow earlier rows, of another, and each other.
func followed(l *Log, s Signal, earlier, later []int32, before, after []float64) []float64 {
	type row struct {
		at          int32
		probability float64
		later       int // place among the later rows, -1 for an earlier one
	}
	rows := make([]row, 0, len(earlier)+len(later))
	for i, r := range earlier {
		rows = append(rows, row{r, before[i], -1})
	}
	for i, r := range later {
		rows = append(rows, row{r, after[i], i})
	}
	// Around midnight the parts overlap. The log's rows are by rising time.
	slices.SortFunc(rows, func(a, b row) int { return int(a.at - b.at) })
	var at []int32
	var p []float64
	for _, r := range rows {
		at, p = append(at, r.at), append(p, r.probability)
	}
	out := make([]float64, len(later))
	for i, p := range follow(column(l, at, func(e *Exposure) int64 { return e.Time }), p, labelsOf(l, at, s)) {
		if rows[i].later >= 0 {
			out[rows[i].later] = p
		}
	}
	return out
}
