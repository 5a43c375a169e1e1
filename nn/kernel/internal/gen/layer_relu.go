package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// relu keeps NaN: of two operands, one of them NaN, VMAXPS returns the first
// that it is written with.
func relu(l lanes) {
	l.function("relu", "(y, x []float32)", "ReLU on one thread. y must be as long as x.")
	p, zero := bases("y", "x"), l.zeros(1)[0]
	l.walk(Load(Param("x").Len(), GP64()), 4, func(s stretch) {
		v := s.load(p[1])
		VMAXPS(v, zero, v)
		s.store(v, p[0])
	})
	leave()
}

func reluBackward(l lanes) {
	l.function("reluBackward", "(dy, y []float32, scale float32)", "the loop that sets dy[i] to scale*dy[i], or 0 where y[i] is not above 0. dy must be as long as y.")
	p, zero, scale := bases("dy", "y"), l.zeros(1)[0], l.everywhere(Param("scale"))
	l.walk(Load(Param("y").Len(), GP64()), 4, func(s stretch) {
		y, v := s.load(p[1]), s.load(p[0])
		l.scaleWhere(notAtMost, y, zero, scale, v)
		s.store(v, p[0])
	})
	leave()
}

// notAtMost is the comparison of VCMPPS that is true of NaN as well.
const notAtMost = 0x16

// scaleWhere multiplies v by factor in the lanes where x compares so with y,
// and zeroes the others. It destroys x.
func (l lanes) scaleWhere(comparison uint8, x, y, factor, v reg.VecVirtual) {
	if l == zmmLanes {
		k := K()
		VCMPPS(U8(comparison), y, x, k)
		VMULPS_Z(factor, v, k, v)
		return
	}
	VCMPPS(U8(comparison), y, x, x)
	VMULPS(factor, v, v)
	VANDPS(x, v, v)
}

// The order of the numbers in kernel's Dropout.constants.
const (
	dropoutSeed = iota
	dropoutSecondSeed
	dropoutLimit
	dropoutScale
	dropoutNumbers
)

// reluDropout draws 16 bits per value: a register of hashed counters, 32 bits
// each, decides over two registers of values.
func reluDropout(l lanes) {
	l.function("reluDropout", "(x []float32, first uint32, c [4]uint32)", "ReLUDropout on one thread, for values from number 2*first on.")
	x, zero, draw := bases("x")[0], l.zeros(1)[0], l.dropout()
	l.walkPairs(Load(Param("x").Len(), GP64()), func(pair []stretch) {
		drawn := draw.next()
		for i, s := range pair {
			v := s.load(x)
			VMAXPS(v, zero, v)
			draw.apply(drawn, i, v)
			s.store(v, x)
		}
	})
	leave()
}

// dropout draws which values to drop; see kernel's hash for the algorithm.
type dropout struct {
	lanes
	counter, step, second, limit, scale reg.VecVirtual
	multipliers                         [2]reg.VecVirtual
}

func (l lanes) dropout() dropout {
	c := make([]reg.VecVirtual, dropoutNumbers)
	for i := range c {
		c[i] = l.everywhere(Param("c").Index(i))
	}
	d := dropout{lanes: l, counter: l.everywhere(Param("first")), step: l.loaded(uint32(l.width)),
		second: c[dropoutSecondSeed], limit: c[dropoutLimit], scale: c[dropoutScale],
		multipliers: [2]reg.VecVirtual{l.loaded(0x9e3779b9), l.loaded(0xbb67ae85)},
	}
	VPADDD(c[dropoutSeed], d.counter, d.counter)
	VPADDD(laneNumber(), d.counter, d.counter)
	return d
}

// laneNumber is the table of 0, 1, 2, ...
func laneNumber() Mem {
	if laneTable.Symbol.Name == "" {
		laneTable = GLOBL("laneNumber", RODATA|NOPTR)
		for i := range zmmLanes.width {
			DATA(4*i, U32(uint32(i)))
		}
	}
	return laneTable
}

var laneTable Mem

// next hashes the counters and marks the words that are below the limit, or
// with AVX-512 those that are not.
func (d dropout) next() reg.Register {
	h, t := d.reg(), d.reg()
	mix := func(shift uint8) {
		VPSRLD(U8(shift), h, t)
		VXORPS(t, h, h)
	}
	VMOVAPS(d.counter, h)
	VPADDD(d.step, d.counter, d.counter)
	mix(16)
	VPMULLD(d.multipliers[0], h, h)
	VPADDD(d.second, h, h)
	mix(15)
	VPMULLD(d.multipliers[1], h, h)
	mix(15)
	if d.lanes == zmmLanes {
		const notLess = 5
		k := K()
		VPCMPW(U8(notLess), d.limit, h, k)
		return k
	}
	VPCMPGTW(h, d.limit, h)
	return h
}

// apply scales the lanes of v, register i of two, and zeroes those drawn.
func (d dropout) apply(drawn reg.Register, i int, v reg.VecVirtual) {
	if d.lanes == zmmLanes {
		if i == 1 {
			upper := K()
			KSHIFTRD(U8(16), drawn, upper)
			drawn = upper
		}
		VMULPS_Z(d.scale, v, drawn, v)
		return
	}
	words, dropped := drawn.(reg.VecVirtual), YMM()
	if i == 0 {
		VPMOVSXWD(words.AsX(), dropped)
	} else {
		VPMOVSXWD(d.upper(words), dropped)
	}
	VMULPS(d.scale, v, v)
	VANDNPS(v, dropped, v)
}
