package pipeline

import "math"

// scaler maps x to (x - Center) / Spread.
type scaler struct {
	Center float64 `json:"center"`
	Spread float64 `json:"spread"`
}

var identity = scaler{Center: 0, Spread: 1}

func (s scaler) apply(x float64) float64 { return (x - s.Center) / s.Spread }

// fitScaler learns from values without NaN.
func fitScaler(kind Scaling, values []float64) scaler {
	if len(values) == 0 {
		return identity
	}
	switch kind {
	case Standard:
		return fitStandard(values)
	case MinMax:
		v := sorted(values)
		return scaler{v[0], orOne(v[len(v)-1] - v[0])}
	case Robust:
		v := sorted(values)
		return scaler{quantile(v, 0.5), orOne(quantile(v, 0.75) - quantile(v, 0.25))}
	}
	return identity
}

// fitStandard uses the population's deviation (divided by n, not n-1). A
// variance within the rounding error of n equal numbers counts as none, by
// scikit-learn's bound n*eps*var + (n*eps*mean)^2.
func fitStandard(values []float64) scaler {
	n, m := float64(len(values)), mean(values)
	var squares float64
	for _, v := range values {
		squares += (v - m) * (v - m)
	}
	variance := squares / n
	rounding := n * m * epsilon
	if variance <= n*epsilon*variance+rounding*rounding {
		return scaler{m, 1}
	}
	return scaler{m, orOne(math.Sqrt(variance))}
}

// epsilon is the gap between 1 and the next float64.
const epsilon = 0x1p-52

// orOne is 1 for a spread that is nothing but rounding.
func orOne(spread float64) float64 {
	if spread < 10*epsilon {
		return 1
	}
	return spread
}
