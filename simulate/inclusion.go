package simulate

import (
	"cmp"
	"math"
	"slices"
)

// scenario is a number of draws with its probability.
type scenario struct{ draws, probability float64 }

// inclusion returns, for each weight, the probability that its item is among
// the draws made one after another without replacement, averaged over the
// scenarios. Rivals are items that may be drawn too but are not asked about.
//
// It treats the draws as exponential races (Rosen 1972): item i comes in
// before "time" t with probability 1-exp(-t*w_i), and t is such that the
// expected number of items in is the number of draws.
func inclusion(weights, rivals []float64, scenarios []scenario) []float64 {
	chance := make([]float64, len(weights))
	race := newRace(weights, rivals)
	byDraws := slices.SortedFunc(slices.Values(scenarios), func(a, b scenario) int { return cmp.Compare(a.draws, b.draws) })
	var t float64
	for _, s := range byDraws {
		t = race.time(s.draws, t)
		for i, v := range weights {
			chance[i] += s.probability * -math.Expm1(-t*v)
		}
	}
	return chance
}

type race struct {
	weights [2][]float64
	items   float64
}

func newRace(weights, rivals []float64) race {
	r := race{weights: [2][]float64{weights, rivals}}
	for _, group := range r.weights {
		for _, v := range group {
			if v > 0 {
				r.items++
			}
		}
	}
	return r
}

// time solves sum(1-exp(-t*w)) = draws by Newton's method from a t at or below
// the solution; the sum is concave in t, so every step stays below too.
func (r race) time(draws, t float64) float64 {
	if draws >= 0.999*r.items {
		return math.Inf(1)
	}
	for range 60 {
		var in, slope float64
		for _, group := range r.weights {
			for _, v := range group {
				left := math.Exp(-t * v)
				in += 1 - left
				slope += v * left
			}
		}
		if draws-in <= 1e-3*draws {
			break
		}
		t += (draws - in) / slope
	}
	return t
}

// poisson returns the probabilities of first, first+1, ... events, over all
// numbers within four standard deviations of the mean.
func poisson(mean float64) (first int, probabilities []float64) {
	if mean <= 0 {
		return 0, []float64{1}
	}
	reach := 4 * math.Sqrt(mean)
	first = int(max(0, mean-reach))
	for k := first; float64(k) <= mean+reach+1; k++ {
		factorial, _ := math.Lgamma(float64(k) + 1)
		probabilities = append(probabilities, math.Exp(float64(k)*math.Log(mean)-mean-factorial))
	}
	return first, probabilities
}
