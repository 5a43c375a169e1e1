package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// thirds are the addresses of the three stacked vectors of n numbers at base.
func thirds(base, n reg.Register) (first, second, third reg.Register) {
	second, third = GP64(), GP64()
	LEAQ(Mem{Base: base, Index: n, Scale: 4}, second)
	LEAQ(Mem{Base: second, Index: n, Scale: 4}, third)
	return base, second, third
}

func gruStep(l lanes) {
	l.function("gruStep", "(gates, projected, before, after []float32)", "GRUStep, the lengths checked, in one walk.")
	h := Load(Param("after").Len(), GP64())
	p := bases("gates", "projected", "before", "after")
	gateR, gateZ, gateN := thirds(p[0], h)
	fromR, fromZ, fromN := thirds(p[1], h)
	e := l.exponential()
	sigmoid, tanh := e.sigmoid(), e.tanh()
	l.walk(h, 1, func(s stretch) {
		gate := func(at, from reg.Register) reg.VecVirtual {
			x := s.load(at)
			VADDPS(s.load(from), x, x)
			y := sigmoid(x)
			s.store(y, at)
			return y
		}
		r, z := gate(gateR, fromR), gate(gateZ, fromZ)
		x := s.load(gateN)
		VFMADD231PS(s.load(fromN), r, x)
		n := tanh(x)
		s.store(n, gateN)
		d := s.load(p[2])
		VSUBPS(n, d, d)
		VFMADD231PS(d, z, n)
		s.store(n, p[3])
	})
	leave()
}

func gruStepBackward(l lanes) {
	l.function("gruStepBackward", "(gates, projected, before, up, carry []float32)", "GRUStepBackward, the lengths checked, in one walk.")
	h := Load(Param("up").Len(), GP64())
	p := bases("gates", "projected", "before", "up", "carry")
	gateR, gateZ, gateN := thirds(p[0], h)
	toR, toZ, toN := thirds(p[1], h)
	before, up, carry := p[2], p[3], p[4]
	one := l.numberIn(1)
	l.walk(h, 1, func(s stretch) {
		r, z, n := s.load(gateR), s.load(gateZ), s.load(gateN)
		g := s.load(up)
		VADDPS(s.load(carry), g, g)

		rest, slope := l.reg(), l.reg()
		VSUBPS(z, one, rest)
		VMULPS(rest, g, rest) // g (1-z)
		dn := l.reg()         // g (1-z) (1-n) (1+n): as factors, precise near 1 as well
		VSUBPS(n, one, slope)
		VADDPS(n, one, dn)
		VMULPS(slope, dn, dn)
		VMULPS(rest, dn, dn)

		dz := s.load(before)
		VSUBPS(n, dz, dz)
		VMULPS(rest, dz, dz)
		VMULPS(z, dz, dz) // g (1-z) (before-n) z

		dr := s.load(toN) // U h + c
		VMULPS(dn, dr, dr)
		VMULPS(r, dr, dr)
		VSUBPS(r, one, slope)
		VMULPS(slope, dr, dr)

		VMULPS(g, z, z)
		s.store(z, carry)
		VMULPS(dn, r, r)
		s.store(r, toN)
		for _, out := range []struct {
			v        reg.VecVirtual
			gate, to reg.Register
		}{{dr, gateR, toR}, {dz, gateZ, toZ}} {
			s.store(out.v, out.gate)
			s.store(out.v, out.to)
		}
		s.store(dn, gateN)
	})
	leave()
}
