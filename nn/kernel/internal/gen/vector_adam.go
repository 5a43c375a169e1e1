package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// The order of the numbers of a step, as kernel's AdamStep.constants has it.
const (
	gradScale = iota
	beta1
	rest1
	beta2
	rest2
	rate
	rootScale
	eps
	decay
	adamNumbers
)

func adam(l lanes) {
	l.function("adam", "(p, g, m, v []float32, c [9]float32)", "the loop of Adam, with AdamStep.constants. All slices are as long as p.")
	at := bases("p", "g", "m", "v")
	c := make([]reg.VecVirtual, adamNumbers)
	for i := range c {
		c[i] = l.everywhere(Param("c").Index(i))
	}
	l.walk(Load(Param("p").Len(), GP64()), 1, func(s stretch) {
		g, mean, square := s.load(at[1]), s.load(at[2]), s.load(at[3])
		VMULPS(c[gradScale], g, g)
		VMULPS(c[beta1], mean, mean)
		VFMADD231PS(g, c[rest1], mean)
		s.store(mean, at[2])
		VMULPS(g, g, g)
		VMULPS(c[beta2], square, square)
		VFMADD231PS(g, c[rest2], square)
		s.store(square, at[3])

		root, x := square, s.load(at[0])
		VSQRTPS(square, root)
		VFMADD213PS(c[eps], c[rootScale], root)
		VMULPS(c[rate], mean, mean)
		VDIVPS(root, mean, mean)
		VFMADD231PS(x, c[decay], mean)
		VSUBPS(mean, x, x)
		s.store(x, at[0])
	})
	leave()
}
