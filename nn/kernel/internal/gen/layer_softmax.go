package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// maximum ignores NaN: of two operands, one of them NaN, VMAXPS returns the
// first that it is written with, here what has been found so far.
func maximum(l lanes) {
	l.function("maximum", "(x []float32) float32", "Max.")
	x, least := bases("x")[0], l.numberIn(math.Inf(-1))
	tops := make([]reg.VecVirtual, strands)
	for i := range tops {
		tops[i] = l.reg()
		VMOVAPS(least, tops[i])
	}
	l.walk(Load(Param("x").Len(), GP64()), strands, func(s stretch) {
		top := tops[s.strand]
		VMAXPS(top, s.loadOr(least, x), top)
	})
	joinPairs(tops, VMAXPS)
	answer(l.acrossFloats(tops[0], VMAXPS), VMOVSS)
	leave()
}

func expSum(l lanes) {
	l.function("expSum", "(dst, src []float32, shift float32) float64", "ExpSum. dst must be as long as src.")
	p, shift := bases("dst", "src"), l.everywhere(Param("shift"))
	exp := l.exponential().exp()
	sums := l.zeros(2)
	l.walk(Load(Param("src").Len(), GP64()), 1, func(s stretch) {
		v := s.load(p[1])
		VSUBPS(shift, v, v)
		v = exp(v)
		s.store(v, p[0])
		s.zeroBeyond(v)
		for half, w := range l.widen(v) {
			VADDPD(w, sums[half], sums[half])
		}
	})
	joinPairs(sums, VADDPD)
	answer(l.acrossDoubles(sums[0]), VMOVSD)
	leave()
}

// loadOr is load with a number of choice in the lanes beyond the stretch.
func (s stretch) loadOr(fill, base reg.Register) reg.VecVirtual {
	v := s.reg()
	switch {
	case s.mask == nil:
		VMOVUPS(s.of(base), v)
	case s.lanes == zmmLanes:
		VMOVAPS(fill, v)
		VMOVUPS(s.of(base), s.mask, v)
	default:
		VMASKMOVPS(s.of(base), s.mask, v)
		VBLENDVPS(s.mask, v, fill, v)
	}
	return v
}

// zeroBeyond zeroes the lanes beyond the stretch.
func (s stretch) zeroBeyond(v reg.VecVirtual) {
	switch {
	case s.mask == nil:
	case s.lanes == zmmLanes:
		VMOVAPS_Z(v, s.mask, v)
	default:
		VANDPS(s.mask, v, v)
	}
}
