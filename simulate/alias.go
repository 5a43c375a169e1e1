package simulate

import "math/rand/v2"

// alias draws indexes by weight in constant time (Vose, 1991).
type alias struct {
	keep  []float64
	other []int
}

func newAlias(weights []float64) alias {
	n := len(weights)
	var total float64
	for _, v := range weights {
		total += v
	}
	a := alias{make([]float64, n), make([]int, n)}
	var small, large []int
	for i, v := range weights {
		a.keep[i], a.other[i] = v*float64(n)/total, i
		if a.keep[i] < 1 {
			small = append(small, i)
		} else {
			large = append(large, i)
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		a.other[s] = l
		if a.keep[l] -= 1 - a.keep[s]; a.keep[l] < 1 {
			large = large[:len(large)-1]
			small = append(small, l)
		}
	}
	for _, i := range append(small, large...) {
		a.keep[i] = 1
	}
	return a
}

func (a alias) pick(rng *rand.Rand) int {
	i := rng.IntN(len(a.keep))
	if rng.Float64() < a.keep[i] {
		return i
	}
	return a.other[i]
}
