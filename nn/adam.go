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

	pieces    []piece
	squares   []float64       // summed squares of each piece's gradients
	step      kernel.AdamStep // of the update that is under way
	sum, move func(lo, hi int)
}

// piece is what one thread works on at a time: the values lo..hi of a
// parameter, or the touched rows lo..hi of a sparse one.
type piece struct{ param, lo, hi int }

// pieceSize is the number of values in a piece. Their gradients, moments and
// values, 256 KiB, are cleared while they are in a core's second-level cache.
const pieceSize = 1 << 14

// NewAdam returns an optimiser with the usual 0.9, 0.999, 1e-8.
func NewAdam(params []*Param, weightDecay float64) *Adam {
	a := &Adam{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: weightDecay, Params: params}
	for _, p := range params {
		a.M = append(a.M, make([]float32, len(p.Value)))
		a.V = append(a.V, make([]float32, len(p.Value)))
	}
	a.sum, a.move = a.sumPieces, a.movePieces
	return a
}

// cut lists the pieces of the present gradients.
func (a *Adam) cut() {
	a.pieces = a.pieces[:0]
	for i, p := range a.Params {
		n, size := len(p.Value), pieceSize
		if p.Sparse {
			n, size = len(p.Touched), max(1, pieceSize/p.Shape[1])
		}
		for lo := 0; lo < n; lo += size {
			a.pieces = append(a.pieces, piece{i, lo, min(lo+size, n)})
		}
	}
}

// GradNorm is the Euclidean norm of all gradients together, and the first
// parameter whose gradient is not finite, if any.
func (a *Adam) GradNorm() (norm float64, broken *Param) {
	a.cut()
	a.squares = Grow(a.squares, len(a.pieces))
	kernel.Parallel(len(a.pieces), 1, a.sum)
	var total float64
	for i, s := range a.squares {
		if broken == nil && (math.IsNaN(s) || math.IsInf(s, 0)) {
			broken = a.Params[a.pieces[i].param]
		}
		total += s
	}
	return math.Sqrt(total), broken
}

func (a *Adam) sumPieces(lo, hi int) {
	for i := lo; i < hi; i++ {
		w := a.pieces[i]
		p := a.Params[w.param]
		if !p.Sparse {
			a.squares[i] = kernel.SumSquares(p.Grad[w.lo:w.hi])
			continue
		}
		a.squares[i] = 0
		for _, r := range p.Touched[w.lo:w.hi] {
			lo, hi := p.row(r)
			a.squares[i] += kernel.SumSquares(p.Grad[lo:hi])
		}
	}
}

// Update moves every parameter against its gradient, scaled by gradScale > 0,
// with the given learning rate, and clears the gradients.
func (a *Adam) Update(learningRate, gradScale float64) {
	a.Step++
	a.step = kernel.AdamStep{
		LR: float32(learningRate), Beta1: float32(a.Beta1), Beta2: float32(a.Beta2), Eps: float32(a.Epsilon),
		Correction1: float32(1 - math.Pow(a.Beta1, float64(a.Step))),
		Correction2: float32(1 - math.Pow(a.Beta2, float64(a.Step))),
		GradScale:   float32(gradScale),
	}
	a.cut()
	kernel.Parallel(len(a.pieces), 1, a.move)
	for _, p := range a.Params {
		p.forget()
	}
}

func (a *Adam) movePieces(lo, hi int) {
	for _, w := range a.pieces[lo:hi] {
		p := a.Params[w.param]
		if !p.Sparse {
			a.moveRange(w.param, w.lo, w.hi)
			continue
		}
		for _, r := range p.Touched[w.lo:w.hi] {
			lo, hi := p.row(r)
			a.moveRange(w.param, lo, hi)
		}
	}
}

// moveRange updates the values lo..hi of a parameter and clears their
// gradients, so that no pass of its own does.
func (a *Adam) moveRange(param, lo, hi int) {
	p, s := a.Params[param], a.step
	if p.Decay {
		s.WeightDecay = float32(a.WeightDecay)
	}
	kernel.Adam(p.Value[lo:hi], p.Grad[lo:hi], a.M[param][lo:hi], a.V[param][lo:hi], s)
	clear(p.Grad[lo:hi])
}
