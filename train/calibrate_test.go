package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Logits that are twice too large and one too high come out as what they were.
func TestPlattUndoesAStraightLine(t *testing.T) {
	rng := rand.New(rand.NewPCG(501, 1))
	var logits []float64
	var labels []bool
	for range 200_000 {
		x := rng.NormFloat64() - 1
		logits = append(logits, 2*x+1)
		labels = append(labels, rng.Float64() < 1/(1+math.Exp(-x)))
	}
	p := FitPlatt(logits, labels)
	if math.Abs(p.Slope-0.5) > 0.02 || math.Abs(p.Offset+0.5) > 0.02 {
		t.Errorf("slope %.3f and offset %.3f, want 0.5 and -0.5", p.Slope, p.Offset)
	}
}

// The sum of the probabilities is that of the positives: the likelihood's own
// condition, but for the prior's two rows.
func TestPlattKeepsTheRate(t *testing.T) {
	logits, labels := []float64{-3, -1, 0, 0.5, 2, 4}, []bool{false, true, false, false, true, true}
	p := FitPlatt(logits, labels)
	sum := 2*p.Probability(0) - 1
	for _, x := range logits {
		sum += p.Probability(x)
	}
	if math.Abs(sum-3) > 1e-6 {
		t.Errorf("the probabilities come to %g of 3 positives", sum)
	}
}

func TestPlattIsFiniteWhereLabelsAreOfOneClass(t *testing.T) {
	p := FitPlatt([]float64{-30, 0, 30}, []bool{false, false, false})
	for _, x := range []float64{-30, 0, 30} {
		if v := p.Probability(x); !(v >= 0 && v <= 0.5) {
			t.Errorf("probability %g at %g, want a low one", v, x)
		}
	}
}

func TestIsotonicPoolsNeighboursThatFall(t *testing.T) {
	c := FitIsotonic([]float64{4, 1, 2, 3, 3}, []float64{1, 0, 0.6, 0.3, 0}, []float64{1, 1, 1, 1, 1})
	// 0.6 at 2 and the mean 0.15 at 3 become one point: 0.3 at 8/3.
	if want := []float64{1, 8. / 3, 4}; !near(c.X, want) {
		t.Errorf("points at %v, want %v", c.X, want)
	}
	if want := []float64{0, 0.3, 1}; !near(c.Y, want) {
		t.Errorf("values %v, want %v", c.Y, want)
	}
	for x, want := range map[float64]float64{0: 0, 1: 0, 3.333333333333333: 0.65, 9: 1} {
		if got := c.At(x); math.Abs(got-want) > 1e-9 {
			t.Errorf("%g at %g, want %g", got, x, want)
		}
	}
}

func TestIsotonicRises(t *testing.T) {
	rng := rand.New(rand.NewPCG(502, 1))
	var x, y, w []float64
	for range 1000 {
		x, y, w = append(x, math.Round(20*rng.Float64())), append(y, rng.NormFloat64()), append(w, rng.Float64())
	}
	if c := FitIsotonic(x, y, w); !slices.IsSorted(c.Y) || !slices.IsSorted(c.X) {
		t.Errorf("the curve falls: %v %v", c.X, c.Y)
	}
}

func near(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) < 1e-9 })
}
