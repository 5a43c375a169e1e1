package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// elementwiseFunctions writes dst = f(src) for the functions of kernel's exp.go.
func elementwiseFunctions(l lanes) {
	for _, f := range []struct {
		name, what string
		constants  func(e *exponential) func(x reg.VecVirtual) reg.VecVirtual
	}{
		{"exp", "e^src[i]", (*exponential).exp},
		{"sigmoid", "1/(1+e^-src[i])", (*exponential).sigmoid},
		{"tanh", "the hyperbolic tangent of src[i]", (*exponential).tanh},
	} {
		l.function(f.name, "(dst, src []float32)", "the loop that sets dst[i] to "+f.what+", for every i of src.")
		p := bases("dst", "src")
		apply := f.constants(l.exponential())
		l.walk(Load(Param("src").Len(), GP64()), 1, func(s stretch) {
			s.store(apply(s.load(p[1])), p[0])
		})
		leave()
	}
}

// exponential holds the constants of e^y = 2^n e^r with n the integer nearest
// to y/ln 2, so that |r| <= ln(2)/2.
type exponential struct {
	lanes
	log2E, rounder, one reg.VecVirtual
	ln2High, ln2Low     Op   // together ln 2 to 48 bits
	powers              []Op // coefficients of r^6, r^5, ... r^2 in e^r - 1 - r
}

// The coefficients minimise the largest relative error of e^r - 1, which is 2^-26.
var expCoefficients = []uint32{0x3ab5f602, 0x3c0913c2, 0x3d2aab3a, 0x3e2aaa58, 0x3effffff}

const (
	// Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
	integerRounder = 0x1.8p23
	floatOne       = 0x3f800000 // the bits of 1
	floatSign      = 0x80000000
	exponentShift  = 23
)

// The bounds of kernel's exp.go: beyond these a float32 result is 0, infinite or 1.
const (
	expFloor    = -104
	expCeiling  = 89
	tanhCeiling = 10
)

func (l lanes) exponential() *exponential {
	high := float64(float32(math.Ln2))
	e := &exponential{
		lanes: l,
		log2E: l.numberIn(math.Log2E), rounder: l.numberIn(integerRounder), one: l.numberIn(1),
		ln2High: l.number(high), ln2Low: l.number(math.Ln2 - high),
	}
	for _, c := range expCoefficients {
		e.powers = append(e.powers, l.bits(c))
	}
	return e
}

// reduce returns n, as a number and in the low bits of t, and turns y into r.
func (e *exponential) reduce(y reg.VecVirtual) (n, t reg.VecVirtual) {
	n, t = e.reg(), e.reg()
	VMOVAPS(y, t)
	VFMADD213PS(e.rounder, e.log2E, t)
	VSUBPS(e.rounder, t, n)
	VFNMADD231PS(e.ln2High, n, y)
	VFNMADD231PS(e.ln2Low, n, y)
	return n, t
}

// lessOne returns e^r - 1.
func (e *exponential) lessOne(r reg.VecVirtual) reg.VecVirtual {
	s, square := e.reg(), e.reg()
	VMULPS(r, r, square)
	VMOVUPS(e.powers[0], s)
	for _, c := range e.powers[1:] {
		VFMADD213PS(c, r, s)
	}
	VFMADD213PS(r, square, s)
	return s
}

// exp is e^x. Its operations with x as their second source return x where x
// is NaN.
func (e *exponential) exp() func(x reg.VecVirtual) reg.VecVirtual {
	floor, ceiling := e.numberIn(expFloor), e.numberIn(expCeiling)
	var ones, lowest Op
	if e.lanes == ymmLanes {
		ones, lowest = e.bits(floatOne), e.bits(^uint32(1<<(exponentShift-1)))
	}
	return func(x reg.VecVirtual) reg.VecVirtual {
		VMINPS(x, ceiling, x)
		VMAXPS(x, floor, x)
		n, t := e.reduce(x)
		s := e.lessOne(x)
		VADDPS(e.one, s, s)
		if e.lanes == zmmLanes {
			VSCALEFPS(n, s, s)
			return s
		}
		// 2^n is no float32 for all n: multiply by 2^(n/2) and then the rest.
		VPSLLD(Imm(exponentShift), t, t)
		VPSRAD(Imm(1), t, n)
		VANDPS(lowest, n, n)
		VPSUBD(n, t, t)
		VPADDD(ones, n, n)
		VPADDD(ones, t, t)
		VMULPS(n, s, s)
		VMULPS(t, s, s)
		return s
	}
}

// sigmoid is 1/(1+t) or t/(1+t) with t = e^-|x|, by the sign of x: t never
// overflows, and its relative precision is that of a small result.
func (e *exponential) sigmoid() func(x reg.VecVirtual) reg.VecVirtual {
	floor, sign := e.numberIn(expFloor), e.bits(floatSign)
	// Where 2^n may be below the normal numbers, 2^(n+wide) is among them.
	const wide = 63
	var bias, narrow Op
	if e.lanes == ymmLanes {
		bias, narrow = e.bits(floatOne+wide<<exponentShift), e.number(math.Ldexp(1, -wide))
	}
	return func(x reg.VecVirtual) reg.VecVirtual {
		y := e.reg()
		VORPS(sign, x, y)
		VMAXPS(y, floor, y)
		n, t := e.reduce(y)
		s := e.lessOne(y)
		VADDPS(e.one, s, s)
		if e.lanes == zmmLanes {
			VSCALEFPS(n, s, s)
		} else {
			VPSLLD(Imm(exponentShift), t, t)
			VPADDD(bias, t, t)
			VMULPS(t, s, s)
			VMULPS(narrow, s, s)
		}
		VADDPS(e.one, s, n)
		e.wherePositive(e.one, x, s)
		VDIVPS(n, s, s)
		return s
	}
}

// wherePositive replaces v by w in the lanes where x has no sign bit.
func (l lanes) wherePositive(w, x, v reg.VecVirtual) {
	if l == zmmLanes {
		k := K()
		VPMOVD2M(x, k)
		VBLENDMPS(v, w, k, v)
		return
	}
	VBLENDVPS(x, v, w, v)
}

// tanh is -m/(m+2), with the sign of x, for m = e^(-2|x|) - 1: near zero m is
// as precise as x.
func (e *exponential) tanh() func(x reg.VecVirtual) reg.VecVirtual {
	floor, sign, magnitude := e.numberIn(-2*tanhCeiling), e.bits(floatSign), e.bits(^uint32(floatSign))
	ones, two := e.bits(floatOne), e.number(2)
	return func(x reg.VecVirtual) reg.VecVirtual {
		y := e.reg()
		VADDPS(x, x, y)
		VORPS(sign, y, y)
		VMAXPS(y, floor, y)
		n, t := e.reduce(y)
		m := e.lessOne(y)
		VPSLLD(Imm(exponentShift), t, t)
		VPADDD(ones, t, t) // 2^n
		VSUBPS(e.one, t, n)
		VFMADD213PS(n, t, m)
		VADDPS(two, m, n)
		VDIVPS(n, m, m)
		VANDPS(magnitude, m, m)
		VANDPS(sign, x, x)
		VORPS(x, m, m)
		return m
	}
}
