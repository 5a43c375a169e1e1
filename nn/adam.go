package nn

import (
	"math"

	"github.com/reelrank/reelrank/nn/kernel"
)

// Adam is the optimiser of Kingma & Ba 2015 with decoupled weight decay
// (Loshchilov & Hutter 2019). Sparse parameters are updated only in the rows
// that got a gradient.
type Adam struct {
	Beta1, Beta2, Epsilon float64
	WeightDecay           float64
	Step                  int // updates done
	Params                []*Param
	M, V                  [][]float32 // first and second moments, one per parameter
}

// NewAdam returns an optimiser with the usual 0.9, 0.999, 1e-8.
func NewAdam(params []*Param, weightDecay float64) *Adam {
	a := &Adam{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: weightDecay, Params: params}
	for _, p := range params {
		a.M = append(a.M, make([]float32, len(p.Value)))
		a.V = append(a.V, make([]float32, len(p.Value)))
	}
	return a
}

// GradNorm is the Euclidean norm of all gradients together, and the first
// parameter whose gradient is not finite, if any.
func (a *Adam) GradNorm() (norm float64, broken *Param) {
	var sum float64
	for _, p := range a.Params {
		s := gradSquares(p)
		if broken == nil && (math.IsNaN(s) || math.IsInf(s, 0)) {
			broken = p
		}
		sum += s
	}
	return math.Sqrt(sum), broken
}

func gradSquares(p *Param) float64 {
	if !p.Sparse {
		return kernel.SumSquares(p.Grad)
	}
	var sum float64
	w := p.Shape[1]
	for _, r := range p.Touched {
		sum += kernel.SumSquares(p.Grad[int(r)*w : (int(r)+1)*w])
	}
	return sum
}

// Update moves every parameter against its gradient, scaled by gradScale, with
// the given learning rate, and clears the gradients.
func (a *Adam) Update(learningRate, gradScale float64) {
	a.Step++
	for i, p := range a.Params {
		s := kernel.AdamStep{
			LR: float32(learningRate), Beta1: float32(a.Beta1), Beta2: float32(a.Beta2), Eps: float32(a.Epsilon),
			Correction1: float32(1 - math.Pow(a.Beta1, float64(a.Step))),
			Correction2: float32(1 - math.Pow(a.Beta2, float64(a.Step))),
		}
		if p.Decay {
			s.WeightDecay = float32(a.WeightDecay)
		}
		a.updateParam(p, a.M[i], a.V[i], float32(gradScale), s)
		p.ZeroGrad()
	}
}

func (a *Adam) updateParam(p *Param, m, v []float32, gradScale float32, s kernel.AdamStep) {
	if !p.Sparse {
		kernel.Parallel(len(p.Value), 1<<15, func(lo, hi int) { adamRange(p, m, v, lo, hi, gradScale, s) })
		return
	}
	w := p.Shape[1]
	for _, r := range p.Touched {
		adamRange(p, m, v, int(r)*w, (int(r)+1)*w, gradScale, s)
	}
}

func adamRange(p *Param, m, v []float32, lo, hi int, gradScale float32, s kernel.AdamStep) {
	g := p.Grad[lo:hi]
	if gradScale != 1 {
		for i := range g {
			g[i] *= gradScale
		}
	}
	kernel.Adam(p.Value[lo:hi], g, m[lo:hi], v[lo:hi], s)
}
