package model

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
)

// gradientBatches are the layouts that the gradients are checked on.
var gradientBatches = [][]int{{6, 4, 4, 1}, {9}, {1, 1, 1, 1}}

func TestForwardIsTheReferenceNetwork(t *testing.T) {
	for _, shape := range shapes {
		for i, lengths := range gradientBatches {
			for _, inference := range []bool{true, false} {
				m := newWorn(t, shape.cfg, uint64(i))
				b := newBatch(t, m, lengths, uint64(10+i))
				obj := balanced
				if !inference {
					obj = training(1)
				}
				want, logits := newReference(m, b, inference).losses(obj)
				pass := NewPass(m)
				got := pass.Forward(b, obj)
				checkLosses(t, shape.name, got, want)
				for j, v := range slices.Concat(logits...) {
					if !near(float64(pass.Logits[j]), v, 1e-4) {
						t.Fatalf("%s, lengths %v, inference %v: logit %d is %.7g, want %.7g", shape.name, lengths, inference, j, pass.Logits[j], v)
					}
				}
			}
		}
	}
}

func checkLosses(t *testing.T, what string, got, want Losses) {
	t.Helper()
	if !near(got.Retrieval, want.Retrieval, 1e-5) || !near(got.Total, want.Total, 1e-5) {
		t.Errorf("%s: losses %+v, want %+v", what, got, want)
	}
	for h := range want.Heads {
		if !near(got.Heads[h], want.Heads[h], 1e-5) {
			t.Errorf("%s: loss of head %d is %.8g, want %.8g", what, h, got.Heads[h], want.Heads[h])
		}
	}
}

// The gradients of the whole network, parameter by parameter, are the central
// differences of the reference's loss. The tower_dot of the context is held
// still, since the ranking loss is not to flow through it.
func TestGradientsAreThoseOfTheReference(t *testing.T) {
	for _, shape := range shapes {
		for i, lengths := range gradientBatches {
			m := newWorn(t, shape.cfg, uint64(20+i))
			b := newBatch(t, m, lengths, uint64(30+i))
			pass := NewPass(m)
			pass.Forward(b, training(1))
			pass.Backward()
			r := newReference(m, b, false)
			vectors := r.reels()
			if shape.cfg.Tower > 0 {
				r.dots = r.towerDots(vectors, r.queries(vectors, r.states(vectors)))
			}
			rng := seeded(uint64(i))
			for _, p := range m.Params() {
				checkGradient(t, shape.name, r, p, rng)
			}
		}
	}
}

// differenceStep leaves central differences in float64 good to nine digits.
const differenceStep = 1e-6

// checkGradient compares single values, the largest and some at random, and
// then the whole tensor along random directions.
func checkGradient(t *testing.T, shape string, r *reference, p *nn.Param, rng *rand.Rand) {
	t.Helper()
	grad := widen(p.Grad)
	norm := math.Sqrt(dot(grad, grad))
	for _, i := range append(largest(grad, 12), someOf(rng, len(grad), 12)...) {
		one := make([]float64, len(grad))
		one[i] = 1
		if want := r.slope(p.Name, one); math.Abs(grad[i]-want) > 1e-3*math.Abs(want)+1e-4*norm+1e-6 {
			t.Errorf("%s: gradient of %s[%d] is %.7g, want %.7g", shape, p.Name, i, grad[i], want)
		}
	}
	for range 2 {
		along := make([]float64, len(grad))
		for i := range along {
			along[i] = float64(1 - 2*rng.IntN(2))
		}
		if got, want := dot(grad, along), r.slope(p.Name, along); math.Abs(got-want) > 1e-3*norm+1e-6 {
			t.Errorf("%s: %s: the loss rises by %.7g along a random direction, want %.7g (gradient's norm %.3g)", shape, p.Name, got, want, norm)
		}
	}
}

// slope is the central difference of the loss as a parameter moves.
func (r *reference) slope(name string, along []float64) float64 {
	still := r.p[name]
	at := func(step float64) float64 {
		moved := make([]float64, len(still))
		for i := range moved {
			moved[i] = still[i] + step*along[i]
		}
		r.p[name] = moved
		l, _ := r.losses(balanced)
		return l.Total
	}
	rise := at(differenceStep) - at(-differenceStep)
	r.p[name] = still
	return rise / (2 * differenceStep)
}

// largest are the indices of the n values of the greatest magnitude.
func largest(x []float64, n int) []int {
	at := make([]int, len(x))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(i, j int) int { return -compareMagnitude(x[i], x[j]) })
	return at[:min(n, len(at))]
}

func compareMagnitude(x, y float64) int {
	switch {
	case math.Abs(x) < math.Abs(y):
		return -1
	case math.Abs(x) > math.Abs(y):
		return 1
	}
	return 0
}

func someOf(rng *rand.Rand, n, k int) []int {
	var at []int
	for range k {
		at = append(at, rng.IntN(n))
	}
	return at
}

// Pass itself, in its own float32 and with dropout, falls along its gradient
// as steeply as the gradient says. The ranker's weight on tower_dot is zero
// here: the loss does move with it, but its gradient is left out on purpose.
func TestLossMovesAlongTheGradient(t *testing.T) {
	for _, shape := range shapes {
		cfg := shape.cfg
		cfg.Dropout = 0.3
		m := newWorn(t, cfg, 41)
		ignoreTowerDot(m)
		b := newBatch(t, m, []int{8, 7, 5, 5, 2}, 42)
		pass := NewPass(m)
		loss := func() float64 { return pass.Forward(b, training(7)).Total } // the same dropout each time
		loss()
		pass.Backward()
		for _, p := range m.Params() {
			checkDescent(t, shape.name, p, loss)
		}
	}
}

// checkDescent moves a parameter along its own gradient, both ways.
func checkDescent(t *testing.T, shape string, p *nn.Param, loss func() float64) {
	t.Helper()
	const step = 4e-3 // the loss's rounding, some 1e-6, stays well below what it moves
	norm := math.Sqrt(dot(widen(p.Grad), widen(p.Grad)))
	if norm < 1e-3 {
		return // attention.bias has no effect, and so no gradient
	}
	still := slices.Clone(p.Value)
	at := func(distance float64) float64 {
		for i, v := range still {
			p.Value[i] = v + float32(distance/norm*float64(p.Grad[i]))
		}
		return loss()
	}
	got := (at(step) - at(-step)) / (2 * step)
	copy(p.Value, still)
	if math.Abs(got-norm) > 0.02*norm+1e-3 {
		t.Errorf("%s: along the gradient of %s the loss rises by %.5g, want %.5g", shape, p.Name, got, norm)
	}
}

// ignoreTowerDot takes tower_dot out of what the ranker reads.
func ignoreTowerDot(m *Model) {
	l := m.Dense[0].Linear
	for o := range l.Out {
		l.W.Value[o*l.In+m.Config.ReelWidth()+m.Config.Hidden+feature.TowerDot] = 0
	}
}

// The cross of the towers is a feature of the ranker, but the ranking loss
// does not shape the query by it: retrieval alone does.
func TestTheRankingLossLeavesTheQueryAlone(t *testing.T) {
	m := newWorn(t, withTower, 51)
	b := newBatch(t, m, []int{5, 3, 2}, 52)
	pass := NewPass(m)
	obj := training(1)
	obj.RetrievalWeight = 0
	ranked := pass.Forward(b, obj)
	pass.Backward()
	for _, p := range m.Params() {
		ofQuery := p == m.Query.W || p == m.Query.B || p == m.Enjoyed || p == m.Age
		if moved := slices.ContainsFunc(p.Grad, func(g float32) bool { return g != 0 }); ofQuery && moved {
			t.Errorf("the ranking loss has a gradient of %s", p.Name)
		}
	}
	m.Query.B.Value[0] += 1
	if moved := pass.Forward(b, training(1)); moved.Heads == ranked.Heads {
		t.Error("the ranker does not read tower_dot at all")
	}
}

// A second Backward adds to the gradients of the first.
func TestGradientsAddUpOverBatches(t *testing.T) {
	m := newWorn(t, withTower, 61)
	pass := NewPass(m)
	gradients := func(seed uint64) (all []float32) {
		pass.Forward(newBatch(t, m, []int{4, 3, 3}, seed), training(1))
		pass.Backward()
		for _, p := range m.Params() {
			all = append(all, p.Grad...)
		}
		return all
	}
	forget := func() {
		for _, p := range m.Params() {
			p.ZeroGrad()
		}
	}
	first := gradients(62)
	forget()
	second := gradients(63)
	forget()
	gradients(62)
	for i, both := range gradients(63) {
		if !near(float64(both), float64(first[i])+float64(second[i]), 1e-5) {
			t.Fatalf("gradient %d is %g after two batches, want %g + %g", i, both, first[i], second[i])
		}
	}
}
