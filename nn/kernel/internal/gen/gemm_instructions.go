package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileInstructions are what products of matrices need of an instruction set.
type tileInstructions interface {
	set() string
	width() int // bytes of a vector

	zero() reg.VecVirtual
	load(m Mem) reg.VecVirtual
	store(v reg.VecVirtual, m Mem)
	broadcast(m Mem) reg.VecVirtual
	addProduct(b, a, sum reg.VecVirtual) // sum += a*b; b stays, and a for the next
	add(v, sum reg.VecVirtual)
	cut(zero, v reg.VecVirtual) // v = 0 where 0 > v: NaN stays
	end()                       // what comes before RET

	// Outputs: of the last vector of a row there are perhaps only some lanes.
	loadLast() // gets ready for it
	loadOutput(m Mem, last bool) reg.VecVirtual
	storeOutput(v reg.VecVirtual, m Mem, last bool)
}

// avx2 has sixteen vectors of eight. A row's last vector is whole: who calls
// gives what is not a place of its own.
type avx2 struct{}

func (avx2) set() string { return "AVX2" }
func (avx2) width() int  { return 32 }
func (avx2) end()        { VZEROUPPER() }
func (avx2) loadLast()   {}

func (avx2) zero() reg.VecVirtual                        { return zeroed(YMM()) }
func (avx2) load(m Mem) reg.VecVirtual                   { return loaded(m, YMM()) }
func (avx2) store(v reg.VecVirtual, m Mem)               { VMOVUPS(v, m) }
func (avx2) broadcast(m Mem) reg.VecVirtual              { return broadcasted(m, YMM()) }
func (avx2) addProduct(b, a, sum reg.VecVirtual)         { VFMADD231PS(b, a, sum) }
func (avx2) add(v, sum reg.VecVirtual)                   { VADDPS(v, sum, sum) }
func (avx2) cut(zero, v reg.VecVirtual)                  { VMAXPS(v, zero, v) }
func (avx2) loadOutput(m Mem, _ bool) reg.VecVirtual     { return loaded(m, YMM()) }
func (avx2) storeOutput(v reg.VecVirtual, m Mem, _ bool) { VMOVUPS(v, m) }

// avx512 has thirty-two vectors of sixteen, and masks.
type avx512 struct{}

// lastLanes masks the lanes of a row's last vector that exist.
var lastLanes = reg.K1

func (avx512) set() string { return "AVX512" }
func (avx512) width() int  { return 64 }
func (avx512) end()        { VZEROUPPER() }
func (avx512) loadLast()   { KMOVQ(Load(Param("last"), GP64()), lastLanes) }

func (avx512) zero() reg.VecVirtual                { return zeroed(ZMM()) }
func (avx512) load(m Mem) reg.VecVirtual           { return loaded(m, ZMM()) }
func (avx512) store(v reg.VecVirtual, m Mem)       { VMOVUPS(v, m) }
func (avx512) broadcast(m Mem) reg.VecVirtual      { return broadcasted(m, ZMM()) }
func (avx512) addProduct(b, a, sum reg.VecVirtual) { VFMADD231PS(b, a, sum) }
func (avx512) add(v, sum reg.VecVirtual)           { VADDPS(v, sum, sum) }
func (avx512) cut(zero, v reg.VecVirtual)          { VMAXPS(v, zero, v) }

func (s avx512) loadOutput(m Mem, last bool) reg.VecVirtual {
	if !last {
		return s.load(m)
	}
	v := ZMM()
	VMOVUPS_Z(m, lastLanes, v)
	return v
}

func (s avx512) storeOutput(v reg.VecVirtual, m Mem, last bool) {
	if !last {
		s.store(v, m)
		return
	}
	VMOVUPS(v, lastLanes, m)
}

func zeroed(v reg.VecVirtual) reg.VecVirtual {
	VXORPS(v.AsX(), v.AsX(), v.AsX()) // the upper lanes with them
	return v
}

func loaded(m Mem, v reg.VecVirtual) reg.VecVirtual {
	VMOVUPS(m, v)
	return v
}

func broadcasted(m Mem, v reg.VecVirtual) reg.VecVirtual {
	VBROADCASTSS(m, v)
	return v
}

// sse2 is what every processor has: sixteen vectors of four, no fused
// multiply-add, and results in the place of an operand. Rows are whole vectors.
type sse2 struct{}

func (sse2) set() string { return "SSE2" }
func (sse2) width() int  { return 16 }
func (sse2) end()        {}
func (sse2) loadLast()   {}

func (sse2) zero() reg.VecVirtual {
	v := XMM()
	XORPS(v, v)
	return v
}

func (sse2) load(m Mem) reg.VecVirtual {
	v := XMM()
	MOVUPS(m, v)
	return v
}

func (sse2) store(v reg.VecVirtual, m Mem) { MOVUPS(v, m) }

func (sse2) broadcast(m Mem) reg.VecVirtual {
	v := XMM()
	MOVSS(m, v)
	SHUFPS(Imm(0), v, v)
	return v
}

func (sse2) addProduct(b, a, sum reg.VecVirtual) {
	product := copyXMM(b)
	MULPS(a, product)
	ADDPS(product, sum)
}

func (sse2) add(v, sum reg.VecVirtual) { ADDPS(v, sum) }

func (sse2) cut(zero, v reg.VecVirtual) {
	largest := copyXMM(zero)
	MAXPS(v, largest)
	MOVAPS(largest, v)
}

func (s sse2) loadOutput(m Mem, _ bool) reg.VecVirtual     { return s.load(m) }
func (s sse2) storeOutput(v reg.VecVirtual, m Mem, _ bool) { s.store(v, m) }

func copyXMM(v reg.VecVirtual) reg.VecVirtual {
	c := XMM()
	MOVAPS(v, c)
	return c
}
