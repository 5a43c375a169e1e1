package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// reference is the documented formula in float64.
func (s AdamStep) reference(p, g, m, v float64) (p1, m1, v1 float64) {
	m = float64(s.Beta1)*m + (1-float64(s.Beta1))*g
	v = float64(s.Beta2)*v + (1-float64(s.Beta2))*g*g
	update := m / float64(s.Correction1) / (math.Sqrt(v/float64(s.Correction2)) + float64(s.Eps))
	return p - float64(s.LR)*(update+float64(s.WeightDecay)*p), m, v
}

func adamStep(t int) AdamStep {
	return AdamStep{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.01,
		Correction1: float32(1 - math.Pow(0.9, float64(t))), Correction2: float32(1 - math.Pow(0.999, float64(t)))}
}

var adamCases = []loopCase{{
	name: "Adam", tolerance: 3e-6, lengths: each(4),
	restrict: func(x [][]float32) {
		for i, v := range x[3] {
			x[3][i] = v * v
		}
	},
	run: func(x [][]float32) { Adam(x[0], x[1], x[2], x[3], adamStep(3)) },
	define: func(x [][]float64) {
		for i := range x[0] {
			x[0][i], x[2][i], x[3][i] = adamStep(3).reference(x[0][i], x[1][i], x[2][i], x[3][i])
		}
	},
}}

func TestAdamScalesGradientsAsIfTheyHadBeenScaledBefore(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(2, 2))
		for _, n := range lengths {
			p, g, m, v := guarded(t, rng, n), guarded(t, rng, n), guarded(t, rng, n), make([]float32, n)
			want := copied([][]float32{p, m, v})
			scaled, s := make([]float32, n), adamStep(2)
			Scale(scaled, g, 0.3)
			Adam(want[0], scaled, want[1], want[2], s)
			s.GradScale = 0.3
			Adam(p, g, m, v, s)
			checkSameBits(t, "p, m, v", [][]float32{p, m, v}, want)
		}
	})
}

func TestAdamFollowsItsFormulaOverManySteps(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 1))
		for _, n := range lengths {
			p, g := guarded(t, rng, n), guarded(t, rng, n)
			m, v := guarded(t, rng, n), guarded(t, rng, n)
			clear(m)
			clear(v)
			p64, m64, v64 := make([]float64, n), make([]float64, n), make([]float64, n)
			for i := range p {
				p64[i] = float64(p[i])
			}
			for step := 1; step <= 5; step++ {
				for i := range g {
					g[i] = rng.Float32()*2 - 1
				}
				s := adamStep(step)
				Adam(p, g, m, v, s)
				for i := range p {
					p64[i], m64[i], v64[i] = s.reference(p64[i], float64(g[i]), m64[i], v64[i])
					if math.Abs(p64[i]-float64(p[i])) > 1e-6 || math.Abs(m64[i]-float64(m[i])) > 1e-6 || math.Abs(v64[i]-float64(v[i])) > 1e-7 {
						t.Fatalf("n=%d step %d: p, m, v = %g, %g, %g, want %g, %g, %g", n, step, p[i], m[i], v[i], p64[i], m64[i], v64[i])
					}
				}
			}
		}
	})
}

// Worked by hand: at step 1 the corrected moments are g and g², so that the
// update is LR*sign(g) whatever the size of the gradient.
func TestFirstAdamStepIsTheLearningRate(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		s := adamStep(1)
		s.WeightDecay = 0
		p, g := []float32{1, 1, 1}, []float32{1e-3, -50, 0}
		Adam(p, g, make([]float32, 3), make([]float32, 3), s)
		for i, want := range []float64{1 - 1e-3, 1 + 1e-3, 1} {
			if math.Abs(float64(p[i])-want) > 1e-6 {
				t.Errorf("gradient %g moved 1 to %g, want %g", g[i], p[i], want)
			}
		}
	})
}

func TestWeightDecayIsDecoupledFromTheGradient(t *testing.T) {
	s := adamStep(3)
	p, m, v := []float32{10}, []float32{0}, []float32{0}
	Adam(p, []float32{0}, m, v, s)
	if want := 10 - float64(s.LR)*float64(s.WeightDecay)*10; math.Abs(float64(p[0])-want) > 1e-6 {
		t.Errorf("without a gradient 10 decays to %g, want %g", p[0], want)
	}
	if m[0] != 0 || v[0] != 0 {
		t.Errorf("decay reached the moments: %g %g", m[0], v[0])
	}
}

func TestAdamHasTheSameBitsForAnyThreadCount(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		n := 4*adamGrain + 3
		step := func(threads int) []float32 {
			setThreads(t, threads)
			rng := rand.New(rand.NewPCG(9, 9))
			p, g, m, v := guarded(t, rng, n), guarded(t, rng, n), guarded(t, rng, n), make([]float32, n)
			Adam(p, g, m, v, adamStep(7))
			return append(append(p[:n:n], m...), v...)
		}
		if at := firstDifference(step(1), step(3)); at >= 0 {
			t.Errorf("differs at %d", at)
		}
	})
}

func TestAdamShowsANaNGradient(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		p := []float32{1, 1}
		Adam(p, []float32{float32(math.NaN()), 1}, make([]float32, 2), make([]float32, 2), adamStep(1))
		if p[0] == p[0] || p[1] != p[1] {
			t.Errorf("a NaN gradient for the first of two parameters gave %v", p)
		}
	})
}
