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
	GradScale   float32 // multiplies the gradients, to clip them; 0 stands for 1
}

// adamGrain is the number of parameters that are worth a thread: some 10
// microseconds of what streams four vectors.
const adamGrain = 1 << 14

// Adam moves the parameters p against the gradients g and updates the moments
// m and v, all of the same length. With d = GradScale*g:
//
//	m = Beta1*m + (1-Beta1)*d
//	v = Beta2*v + (1-Beta2)*d*d
//	p = p - LR*(m/Correction1 / (sqrt(v/Correction2) + Eps) + WeightDecay*p)
//
// It panics where g, m or v is shorter than p.
func Adam(p, g, m, v []float32, s AdamStep) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	c := s.constants()
	if len(p) <= adamGrain {
		active.adam(p, g, m, v, c)
		return
	}
	adamWork.do(len(p), adamGrain, adamArgs{p, g, m, v, c}, (*adamArgs).run)
}

type adamArgs struct {
	p, g, m, v []float32
	c          [9]float32
}

var adamWork sharer[adamArgs]

func (a *adamArgs) run(lo, hi int) {
	active.adam(a.p[lo:hi], a.g[lo:hi], a.m[lo:hi], a.v[lo:hi], a.c)
}

// constants are the numbers of a step that its loops need. They divide by the
// corrections once for all elements instead of once each: sqrt(v/c2) is
// sqrt(v) * 1/sqrt(c2).
func (s AdamStep) constants() [9]float32 {
	gradScale := s.GradScale
	if gradScale == 0 {
		gradScale = 1
	}
	return [9]float32{
		gradScale, s.Beta1, 1 - s.Beta1, s.Beta2, 1 - s.Beta2,
		s.LR / s.Correction1, float32(1 / math.Sqrt(float64(s.Correction2))), s.Eps,
		s.LR * s.WeightDecay, // apart from p: 1-decay would round to 1
	}
}

func adam(p, g, m, v []float32, c [9]float32) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	gradScale, beta1, rest1, beta2, rest2 := c[0], c[1], c[2], c[3], c[4]
	rate, rootScale, eps, decay := c[5], c[6], c[7], c[8]
	for i, x := range p {
		d := gradScale * g[i]
		mean := beta1*m[i] + rest1*d
		square := beta2*v[i] + rest2*(d*d)
		m[i], v[i] = mean, square
		root := float32(math.Sqrt(float64(square))) * rootScale
		p[i] = x - (rate*mean/(root+eps) + decay*x)
	}
}
