package evaluate

import "math"

// ReliabilityBins is the number of equal-width bins over 0..1 in which ECE
// compares predictions with what happened.
const ReliabilityBins = 15

// logLossClip keeps a probability this far from 0 and 1, so that one confident
// mistake costs 16 nats and not infinity.
const logLossClip = 1e-7

// LogLoss is the mean of -ln(p) over positive and -ln(1-p) over negative rows,
// in nats, with p clipped to 1e-7..1-1e-7. It is NaN without rows.
func LogLoss(predicted []float64, labels []bool) float64 {
	return weightedLogLoss(predicted, labels, ones(len(predicted)))
}

func weightedLogLoss(predicted []float64, labels []bool, w []float64) float64 {
	var sum, rows float64
	for i, p := range predicted {
		if w[i] == 0 {
			continue
		}
		if p = min(max(p, logLossClip), 1-logLossClip); !labels[i] {
			p = 1 - p
		}
		sum -= w[i] * math.Log(p)
		rows += w[i]
	}
	return sum / rows
}

// constantLogLoss is the log loss of predicting the positive rate for every
// row, the least that a constant can reach.
func constantLogLoss(labels []bool, w []float64) float64 {
	var positives, rows float64
	for i, positive := range labels {
		rows += w[i]
		if positive {
			positives += w[i]
		}
	}
	rate := positives / rows
	if rate == 0 || rate == 1 {
		return 0
	}
	return -rate*math.Log(rate) - (1-rate)*math.Log(1-rate)
}

// Bin is one bar of a reliability diagram.
type Bin struct {
	Rows      int     `json:"rows"`
	Predicted float64 `json:"predicted"` // mean prediction of the rows; 0 without rows
	Actual    float64 `json:"actual"`    // mean of what happened; 0 without rows
}

// Reliability sorts rows by their prediction into ReliabilityBins bins of
// equal width over 0..1; a prediction outside falls into the nearest. It is
// nil if a prediction is NaN.
func Reliability(predicted, actual []float64) []Bin {
	bins := make([]Bin, ReliabilityBins)
	for i, p := range predicted {
		if math.IsNaN(p) {
			return nil
		}
		b := &bins[binOf(p)]
		b.Rows++
		b.Predicted += p
		b.Actual += actual[i]
	}
	for i := range bins {
		if n := float64(bins[i].Rows); n > 0 {
			bins[i].Predicted /= n
			bins[i].Actual /= n
		}
	}
	return bins
}

func binOf(p float64) int {
	return int(min(max(p*ReliabilityBins, 0), ReliabilityBins-1))
}

// ECE is the expected calibration error (Naeini et al., 2015): the mean over
// rows of |mean prediction - mean outcome| of the row's reliability bin. It is
// NaN without rows, and where a prediction is NaN.
func ECE(predicted, actual []float64) float64 {
	return weightedECE(predicted, actual, ones(len(predicted)))
}

func weightedECE(predicted, actual, w []float64) float64 {
	var gaps [ReliabilityBins]float64
	var rows float64
	for i, p := range predicted {
		if math.IsNaN(p) {
			return math.NaN()
		}
		gaps[binOf(p)] += w[i] * (p - actual[i])
		rows += w[i]
	}
	sum := 0.0
	for _, gap := range gaps {
		sum += math.Abs(gap)
	}
	return sum / rows
}
