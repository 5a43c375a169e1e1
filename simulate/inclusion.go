package simulate

import "math"

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
	for _, s := range scenarios {
		t := race.time(s.draws)
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

// time solves sum(1-exp(-t*w)) = draws by Newton's method from t = 0; the sum
// is concave in t, so every step stays below the solution.
func (r race) time(draws float64) float64 {
	if draws >= 0.999*r.items {
		return math.Inf(1)
	}
	var t float64
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

// poisson returns the probabilities of 0, 1, 2... up to where hardly any is left.
func poisson(mean float64) []float64 {
	p := math.Exp(-mean)
	var probabilities []float64
	for k, rest := 0, 1.0; rest > 0.003 && k < 200; k++ {
		probabilities = append(probabilities, p)
		rest -= p
		p *= mean / float64(k+1)
	}
	return probabilities
}
