package evaluate

import (
	"math"
	"slices"
)

// means computes, for weighted cases, the mean of every column over the cases
// where it is defined.
type means struct {
	sums    [][]float64 // [column][case], 0 where undefined
	defined [][]float64 // [column][case] 0 or 1; nil where all are defined
}

func newMeans(perCase [][][]float64) *means {
	m := &means{}
	for _, columns := range perCase {
		for _, column := range columns {
			sums, defined := column, []float64(nil)
			if slices.ContainsFunc(column, math.IsNaN) {
				sums, defined = slices.Clone(column), ones(len(column))
				for i, v := range column {
					if math.IsNaN(v) {
						sums[i], defined[i] = 0, 0
					}
				}
			}
			m.sums = append(m.sums, sums)
			m.defined = append(m.defined, defined)
		}
	}
	return m
}

func (m *means) width() int { return len(m.sums) }

// of fills out with the means; a column that is defined nowhere is NaN.
func (m *means) of(counts, out []float64) {
	for column, sums := range m.sums {
		weight := float64(len(counts))
		if m.defined[column] != nil {
			weight = dot(counts, m.defined[column])
		}
		out[column] = dot(counts, sums) / weight
	}
}

// dot has four independent sums: the bootstrap spends its time here, waiting
// for additions.
func dot(x, y []float64) float64 {
	var a, b, c, d float64
	for len(x) >= 4 && len(y) >= 4 {
		a += x[0] * y[0]
		b += x[1] * y[1]
		c += x[2] * y[2]
		d += x[3] * y[3]
		x, y = x[4:], y[4:]
	}
	for i, v := range x {
		a += v * y[i]
	}
	return (a + b) + (c + d)
}
