package kuairand

import (
	"cmp"
	"math"
	"slices"

	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/train"
)

// column is one value of each of some rows.
func column[T any](l *Log, rows []int32, of func(e *Exposure) T) []T {
	values := make([]T, len(rows))
	for i, r := range rows {
		values[i] = of(&l.Rows[r])
	}
	return values
}

func usersOf(l *Log, rows []int32) []reel.UserID {
	return column(l, rows, func(e *Exposure) reel.UserID { return reel.UserID(e.User) })
}

func labelsOf(l *Log, rows []int32, s Signal) []bool {
	return column(l, rows, func(e *Exposure) bool { return e.Is[s] })
}

func playsOf(l *Log, rows []int32) []float64 {
	return column(l, rows, func(e *Exposure) float64 { return e.Play })
}

// calibrations are the ways to turn logits into probabilities.
var calibrations = []struct {
	name string
	fit  func(logits []float64, labels []bool) train.Calibration
}{
	{"Platt", func(logits []float64, labels []bool) train.Calibration { return train.FitPlatt(logits, labels) }},
	{"isotonic", func(logits []float64, labels []bool) train.Calibration {
		y, weights := make([]float64, len(labels)), make([]float64, len(labels))
		for i, positive := range labels {
			y[i], weights[i] = float64(flag(positive)), 1
		}
		return train.FitIsotonic(logits, y, weights)
	}},
}

// calibrate fits the calibration of a head on validation rows: the one with
// the lower log loss on halves of the users that it was not fitted on.
func calibrate(users []reel.UserID, logits []float64, labels []bool) (c train.Calibration, name string) {
	best := -1
	lowest := math.Inf(1)
	for i, way := range calibrations {
		var loss float64
		for half := range 2 {
			mine := func(u reel.UserID) bool { return int(key(0, uint64(u), 0)>>40)%2 == half }
			x, y := where(users, logits, labels, mine)
			fitted := way.fit(x, y)
			x, y = where(users, logits, labels, func(u reel.UserID) bool { return !mine(u) })
			loss += evaluate.LogLoss(probabilities(fitted, x), y) * float64(len(x))
		}
		if loss < lowest {
			best, lowest = i, loss
		}
	}
	if best < 0 { // no rows
		best = 0
	}
	return calibrations[best].fit(logits, labels), calibrations[best].name
}

func where(users []reel.UserID, logits []float64, labels []bool, mine func(reel.UserID) bool) (x []float64, y []bool) {
	for i, u := range users {
		if mine(u) {
			x, y = append(x, logits[i]), append(y, labels[i])
		}
	}
	return x, y
}

func probabilities(c train.Calibration, logits []float64) []float64 {
	p := make([]float64, len(logits))
	for i, x := range logits {
		p[i] = c.Probability(x)
	}
	return p
}

// watchScores puts the logits of one of the watch heads on a scale that rises
// with the seconds to be expected.
func watchScores(l *Log, p plays, rows []int32, head int, logits []float64) []float64 {
	x := make([]float64, len(rows))
	for i, r := range rows {
		e := &l.Rows[r]
		switch share := float64(sigmoid(float32(logits[i]))); head {
		case headGroup:
			x[i] = quantile(p.groups[playGroup(e)], share)
		case headShare:
			x[i] = share * e.Duration
		default:
			x[i] = logits[i]
		}
	}
	return x
}

// secondsPieces is how many pieces of equally many validation rows the curve
// from scores to seconds goes through.
const secondsPieces = 100

// secondsCurve is the rising curve through the medians of the seconds played in
// rows of about the same score: a median is what errs the least in the mean.
func secondsCurve(scores, seconds []float64) train.Isotonic {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(scores[a], scores[b]), cmp.Compare(a, b)) })
	var x, y, weights []float64
	for piece := range slices.Chunk(order, max(1, len(order)/secondsPieces)) {
		var played []float64
		var sum float64
		for _, i := range piece {
			played, sum = append(played, seconds[i]), sum+scores[i]
		}
		slices.Sort(played)
		x, y, weights = append(x, sum/float64(len(piece))), append(y, quantile(played, 0.5)), append(weights, float64(len(piece)))
	}
	return train.FitIsotonic(x, y, weights)
}
