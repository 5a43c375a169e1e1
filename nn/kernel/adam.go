package kernel

import "math"

// AdamStep holds the constants of one step of AdamW (Loshchilov and Hutter,
// "Decoupled Weight Decay Regularization", 2019).
type AdamStep struct {
	LR          float32 // learning rate of this step
	Beta1       float32 // decay of the mean of gradients, usually 0.9
	Beta2       float32 // decay of the mean of squared gradients, usually 0.999
	Eps         float32 // keeps the quotient finite, usually 1e-8
	WeightDecay float32 // decoupled: multiplied by LR and the parameter, not added to the gradient
	Correction1 float32 // 1 - Beta1^t at step t = 1, 2, ...
	Correction2 float32 // 1 - Beta2^t at step t = 1, 2, ...
}

// adamGrain is the number of parameters that are worth a thread: some 10
// microseconds of what streams four vectors.
const adamGrain = 1 << 14

// Adam moves the parameters p against the gradients g and updates the moments
// m and v, all of the same length:
//
//	m = Beta1*m + (1-Beta1)*g
//	v = Beta2*v + (1-Beta2)*g*g
//	p = p - LR*(m/Correction1 / (sqrt(v/Correction2) + Eps) + WeightDecay*p)
//
// It panics where g, m or v is shorter than p.
func Adam(p, g, m, v []float32, s AdamStep) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	if len(p) <= adamGrain {
		active.adam(p, g, m, v, s)
		return
	}
	Parallel(len(p), adamGrain, func(lo, hi int) { active.adam(p[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi], s) })
}

// adam divides by the corrections once for all elements instead of once each:
// sqrt(v/c2) is sqrt(v) * 1/sqrt(c2).
func adam(p, g, m, v []float32, s AdamStep) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	rate := s.LR / s.Correction1
	scale := float32(1 / math.Sqrt(float64(s.Correction2)))
	decay := s.LR * s.WeightDecay // apart from p: 1-decay would round to 1
	for i, x := range p {
		d := g[i]
		mean := s.Beta1*m[i] + (1-s.Beta1)*d
		square := s.Beta2*v[i] + (1-s.Beta2)*d*d
		m[i], v[i] = mean, square
		root := float32(math.Sqrt(float64(square))) * scale
		p[i] = x - (rate*mean/(root+s.Eps) + decay*x)
	}
}
