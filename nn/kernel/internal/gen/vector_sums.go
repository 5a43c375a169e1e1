package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// strands is how many sums a loop adds to side by side, since one addition
// takes longer than it takes to start the next. A vector's length alone decides
// which element goes to which sum.
const strands = 4

func dot(l lanes) {
	l.function("dot", "(x, y []float32) float32", "the sum of x[i]*y[i]. y must be as long as x.")
	p := bases("x", "y")
	sums := l.zeros(strands)
	l.walk(Load(Param("x").Len(), GP64()), strands, func(s stretch) {
		v := s.load(p[0])
		VFMADD231PS(s.load(p[1]), v, sums[s.strand])
	})
	joinPairs(sums, VADDPS)
	answer(l.acrossFloats(sums[0], VADDPS), VMOVSS)
	leave()
}

func axpy(l lanes) {
	l.function("axpy", "(alpha float32, x, y []float32)", "the loop that adds alpha*x to y. y must be as long as x.")
	p := bases("x", "y")
	alpha := l.everywhere(Param("alpha"))
	l.walk(Load(Param("x").Len(), GP64()), strands, func(s stretch) {
		v, sum := s.load(p[0]), s.load(p[1])
		VFMADD231PS(v, alpha, sum)
		s.store(sum, p[1])
	})
	leave()
}

func blend(l lanes) {
	l.function("blend", "(dst []float32, a float32, x []float32, b float32, y []float32)", "the loop that sets dst to a*x + b*y. All slices must be as long as dst.")
	p, a, b := bases("dst", "x", "y"), l.everywhere(Param("a")), l.everywhere(Param("b"))
	l.walk(Load(Param("dst").Len(), GP64()), strands, func(s stretch) {
		v := s.load(p[1])
		VMULPS(a, v, v)
		VFMADD231PS(s.load(p[2]), b, v)
		s.store(v, p[0])
	})
	leave()
}

// scale is in place where dst is src.
func scale(l lanes) {
	l.function("scale", "(dst, src []float32, alpha float32)", "the loop that sets dst[i] to alpha*src[i], for every i of src.")
	p := bases("dst", "src")
	alpha := l.everywhere(Param("alpha"))
	l.walk(Load(Param("src").Len(), GP64()), strands, func(s stretch) {
		v := s.load(p[1])
		VMULPS(alpha, v, v)
		s.store(v, p[0])
	})
	leave()
}

func sumSquares(l lanes) {
	l.function("sumSquares", "(x []float32) float64", "the sum of x[i]², in float64.")
	x := bases("x")[0]
	sums := l.zeros(2 * strands)
	l.walk(Load(Param("x").Len(), GP64()), strands, func(s stretch) {
		for half, v := range s.loadWide(x) {
			VFMADD231PD(v, v, sums[half*strands+s.strand])
		}
	})
	joinPairs(sums, VADDPD)
	answer(l.acrossDoubles(sums[0]), VMOVSD)
	leave()
}

// zeros are n registers of zeros.
func (l lanes) zeros(n int) []reg.VecVirtual {
	all := make([]reg.VecVirtual, n)
	for i := range all {
		all[i] = l.reg()
		VXORPS(all[i], all[i], all[i])
	}
	return all
}

// loadWide reads the stretch of an array as float64, in two registers.
func (s stretch) loadWide(base reg.Register) [2]reg.VecVirtual {
	low, high := s.reg(), s.reg()
	if s.mask == nil {
		m := s.of(base)
		VCVTPS2PD(m, low)
		VCVTPS2PD(m.Offset(s.bytes()/2), high)
		return [2]reg.VecVirtual{low, high}
	}
	return s.widen(s.load(base))
}

// widen converts the halves of a register to float64.
func (l lanes) widen(v reg.VecVirtual) [2]reg.VecVirtual {
	low, high := l.reg(), l.reg()
	VCVTPS2PD(l.half(v), low)
	VCVTPS2PD(l.upper(v), high)
	return [2]reg.VecVirtual{low, high}
}

// joinPairs joins all registers in the first, neighbours at first.
func joinPairs(all []reg.VecVirtual, join func(ops ...Op)) {
	for step := 1; step < len(all); step *= 2 {
		for i := 0; i+step < len(all); i += 2 * step {
			join(all[i+step], all[i], all[i])
		}
	}
}

// acrossFloats joins a register's float32 lanes to one: the upper half with the
// lower half, until one is left.
func (l lanes) acrossFloats(v reg.VecVirtual, join func(ops ...Op)) reg.Register {
	x := l.folded(v, join)
	for _, upper := range []uint64{0b1110, 0b01} { // the lanes to join with the first ones
		t := XMM()
		VPERMILPS(Imm(upper), x, t)
		join(t, x, x)
	}
	return x
}

// acrossDoubles is the sum of a register's float64 lanes, likewise.
func (l lanes) acrossDoubles(v reg.VecVirtual) reg.Register {
	x := l.folded(v, VADDPD)
	t := XMM()
	VPERMILPD(Imm(1), x, t)
	VADDPD(t, x, x)
	return x
}

// folded joins halves of a register until they fit XMM.
func (l lanes) folded(v reg.VecVirtual, join func(ops ...Op)) reg.Register {
	if l == zmmLanes {
		low := v.AsY().(reg.VecVirtual)
		join(l.upper(v), low, low)
		v = low
	}
	x := v.AsX()
	join(ymmLanes.upper(v), x, x)
	return x
}

// answer stores a function's result.
func answer(x reg.Register, move func(ops ...Op)) {
	result, err := ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	move(x, result.Addr)
}
