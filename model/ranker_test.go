package model

import (
	"math"
	"math/rand/v2"
	"testing"
)

// rankExample is a ranker on its own: a wide part, three heads, other sizes
// than a model's.
func rankExample(rng *rand.Rand) (r Ranker, in []float32, targets, weights [][]float32) {
	const rows, heads = 7, 3
	r = NewRanker(RankerConfig{In: 5, Dense: []int{6, 4}, Heads: heads, Wide: true}, rng)
	for _, p := range r.Params() {
		p.InitUniform(rng, 0.7)
	}
	for range rows * 5 {
		in = append(in, float32(rng.NormFloat64()))
	}
	for range heads {
		var t, w []float32
		for range rows {
			t, w = append(t, rng.Float32()), append(w, float32(rng.IntN(3)))
		}
		targets, weights = append(targets, t), append(weights, w)
	}
	return r, in, targets, weights
}

// Each gradient, of both parts' last layers and of the input, is the slope of the loss.
func TestGradientsOfARankerWithAWidePart(t *testing.T) {
	rng := rand.New(rand.NewPCG(401, 1))
	r, in, targets, weights := rankExample(rng)
	headWeights := []float64{1, 0.5, 2}
	pass := NewRankPass(&r, 0)
	loss := func() float64 {
		pass.Forward(in, 7, rand.New(rand.NewPCG(1, 1)))
		var total float64
		for h, l := range pass.Losses(targets, weights) {
			total += headWeights[h] * l
		}
		return total
	}
	loss()
	dIn := make([]float32, len(in))
	pass.Backward(dIn, headWeights)

	const step = 1e-2
	check := func(what string, x *float32, got float32) {
		t.Helper()
		was := *x
		*x = was + step
		up := loss()
		*x = was - step
		down := loss()
		*x = was
		if want := (up - down) / (2 * step); math.Abs(want-float64(got)) > 2e-3+0.03*math.Abs(want) {
			t.Errorf("gradient of %s is %g, the slope %g", what, got, want)
		}
	}
	for i := range in {
		check("the input", &in[i], dIn[i])
	}
	for _, p := range append(r.Wide.Params(), r.Heads.Params()...) {
		for i := range p.Value {
			check(p.Name, &p.Value[i], p.Grad[i])
		}
	}
}

// The wide part of a new ranker adds nothing until it is learned.
func TestANewWidePartIsSilent(t *testing.T) {
	wide := NewRanker(RankerConfig{In: 5, Dense: []int{6}, Heads: 2, Wide: true}, rand.New(rand.NewPCG(402, 1)))
	plain := NewRanker(RankerConfig{In: 5, Dense: []int{6}, Heads: 2}, rand.New(rand.NewPCG(402, 1)))
	in := []float32{1, -2, 3, 0.5, 1, 2, 2, -1, 0, 4}
	a, b := NewRankPass(&wide, 0), NewRankPass(&plain, 0)
	a.Forward(in, 2, nil)
	b.Forward(in, 2, nil)
	for i, x := range a.Logits {
		if x != b.Logits[i] {
			t.Errorf("logit %d is %g with a new wide part, %g without", i, x, b.Logits[i])
		}
	}
}
