package train

import (
	"cmp"
	"math"
	"slices"
)

// Calibration turns a head's logit into a probability that can be taken at
// its word. It is fitted on rows that the head was not trained on.
type Calibration interface {
	Probability(logit float64) float64
}

// Platt is a straight line on the scale of logits (Platt 1999): it mends a head
// that is too sure or too shy, with two numbers that few positives suffice for.
type Platt struct{ Slope, Offset float64 }

// Probability implements Calibration.
func (p Platt) Probability(logit float64) float64 {
	return 1 / (1 + math.Exp(-p.Slope*logit-p.Offset))
}

// plattSteps is more than Newton's method takes from any sensible start.
const plattSteps = 100

// FitPlatt maximises the likelihood of the labels by Newton's method. A little
// of a prior, one positive and one negative row at logit 0, keeps it finite.
func FitPlatt(logits []float64, labels []bool) Platt {
	p := Platt{Slope: 1}
	loss := p.loss(logits, labels)
	for range plattSteps {
		da, db := p.newton(logits, labels)
		step, moved := 1.0, p
		for ; step > 1e-6; step /= 2 {
			moved = Platt{p.Slope - step*da, p.Offset - step*db}
			if l := moved.loss(logits, labels); l < loss {
				loss = l
				break
			}
		}
		if step <= 1e-6 {
			break // no way is down from here
		}
		p = moved
	}
	return p
}

// eachLabel visits the rows and the prior's two: x is the logit, y the outcome, w how
// often it counts.
func eachLabel(logits []float64, labels []bool, visit func(x, y, w float64)) {
	visit(0, 0.5, 2)
	for i, x := range logits {
		y := 0.0
		if labels[i] {
			y = 1
		}
		visit(x, y, 1)
	}
}

// loss is the negative log likelihood.
func (p Platt) loss(logits []float64, labels []bool) float64 {
	var sum float64
	eachLabel(logits, labels, func(x, y, w float64) {
		z := p.Slope*x + p.Offset
		sum += w * (math.Max(z, 0) - z*y + math.Log1p(math.Exp(-math.Abs(z))))
	})
	return sum
}

// newton is the step that would lead to the optimum were the loss a parabola;
// a small ridge bounds it where the loss is flat.
func (p Platt) newton(logits []float64, labels []bool) (da, db float64) {
	const ridge = 1e-3
	var ga, gb, hab float64
	haa, hbb := ridge, ridge
	eachLabel(logits, labels, func(x, y, w float64) {
		q := p.Probability(x)
		d, h := w*(q-y), w*q*(1-q)
		ga, gb = ga+d*x, gb+d
		haa, hab, hbb = haa+h*x*x, hab+h*x, hbb+h
	})
	det := haa*hbb - hab*hab
	return (hbb*ga - hab*gb) / det, (haa*gb - hab*ga) / det
}

// Isotonic is a rising curve through points: linear between them, level beyond
// the first and the last.
type Isotonic struct{ X, Y []float64 }

// Probability implements Calibration.
func (c Isotonic) Probability(logit float64) float64 { return c.At(logit) }

// At is the curve's value.
func (c Isotonic) At(x float64) float64 {
	i, _ := slices.BinarySearch(c.X, x)
	switch {
	case len(c.X) == 0:
		return math.NaN()
	case i == 0:
		return c.Y[0]
	case i == len(c.X):
		return c.Y[i-1]
	}
	part := (x - c.X[i-1]) / (c.X[i] - c.X[i-1])
	return c.Y[i-1] + part*(c.Y[i]-c.Y[i-1])
}

// FitIsotonic is the rising curve nearest to the points in the sense of least
// squares, found by pooling neighbours that fall (Ayer et al. 1955); each pool
// becomes one point of the curve, at its mean. weights count the points.
func FitIsotonic(x, y, weights []float64) Isotonic {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(x[a], x[b]), cmp.Compare(a, b)) })
	type pool struct{ w, x, y float64 } // sums of the points' weights, and of both values
	var pools []pool
	for at := 0; at < len(order); {
		var p pool
		for first := x[order[at]]; at < len(order) && x[order[at]] == first; at++ { // ties are one point
			i := order[at]
			p.w, p.x, p.y = p.w+weights[i], p.x+weights[i]*x[i], p.y+weights[i]*y[i]
		}
		for n := len(pools); n > 0 && pools[n-1].y*p.w >= p.y*pools[n-1].w; n = len(pools) {
			last := pools[n-1]
			p.w, p.x, p.y = p.w+last.w, p.x+last.x, p.y+last.y
			pools = pools[:n-1]
		}
		pools = append(pools, p)
	}
	var c Isotonic
	for _, p := range pools {
		c.X, c.Y = append(c.X, p.x/p.w), append(c.Y, p.y/p.w)
	}
	return c
}
