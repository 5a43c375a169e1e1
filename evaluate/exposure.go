package evaluate

import (
	"math"
	"slices"
)

// Coverage is the share of the catalogue that was recommended at least once,
// from the number of times that each reel of it was. It is NaN for an empty
// catalogue.
func Coverage(exposures []int) float64 {
	if len(exposures) == 0 {
		return math.NaN()
	}
	shown := 0
	for _, n := range exposures {
		if n > 0 {
			shown++
		}
	}
	return float64(shown) / float64(len(exposures))
}

// Gini is the Gini coefficient of the exposures of all reels of a catalogue,
// those never shown included: 0 if all are shown equally often, towards 1 if
// one gets everything. With the exposures x_1 <= ... <= x_n it is
// sum of (2i - n - 1) x_i over i, divided by n * sum of x_i. It is NaN where
// nothing was shown.
func Gini(exposures []int) float64 {
	sorted := slices.Sorted(slices.Values(exposures))
	n := float64(len(sorted))
	var weighted, total float64
	for i, x := range sorted {
		weighted += (2*float64(i+1) - n - 1) * float64(x)
		total += float64(x)
	}
	if total == 0 {
		return math.NaN()
	}
	return weighted / (n * total)
}

// LorenzPoints is the number of points of a Lorenz curve.
const LorenzPoints = 101

// Lorenz is the Lorenz curve of exposures at LorenzPoints equally spaced
// shares of the catalogue, least shown reels first: point p is the share of
// all exposures that the first p/(LorenzPoints-1) of the reels received. It is
// nil where nothing was shown.
func Lorenz(exposures []int) []float64 {
	sorted := slices.Sorted(slices.Values(exposures))
	cumulative := make([]float64, len(sorted)+1)
	for i, x := range sorted {
		cumulative[i+1] = cumulative[i] + float64(x)
	}
	total := cumulative[len(sorted)]
	if total == 0 {
		return nil
	}
	curve := make([]float64, LorenzPoints)
	for p := range curve {
		at := float64(p) / (LorenzPoints - 1) * float64(len(sorted))
		whole := min(int(at), len(sorted)-1)
		part := at - float64(whole)
		curve[p] = (cumulative[whole]*(1-part) + cumulative[whole+1]*part) / total
	}
	return curve
}
