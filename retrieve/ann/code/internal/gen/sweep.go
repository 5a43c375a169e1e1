package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const rowsTogether = 4 // rows whose sums are kept in registers at once

// sweeper holds the registers of one sweep.
type sweeper struct {
	row, width, coarse, rest reg.Register
	startCoarse, startRest   reg.VecVirtual
	flip                     reg.VecVirtual
}

// sweep writes the loop over rows that follow one another: nothing has to be
// looked up, and 16 sums are added up, scaled and compared at once.
func sweep() {
	TEXT("sweep", NOSPLIT, "func(outSlots *int32, outScores *float32, rows *int8, marks *byte, pass *uint64, first int, blocks int, width int, coarse *int8, rest *int8, step float32, fine float32, floor float32) int")
	Doc("sweep is sweepPortable for blocks of 16 rows, at least 1. width is a multiple of 64.")
	Pragma("noescape")
	outSlots, outScores := Load(Param("outSlots"), GP64()), Load(Param("outScores"), GP64())
	s := sweeper{row: Load(Param("rows"), GP64())}
	marks, pass := Load(Param("marks"), GP64()), Load(Param("pass"), GP64())
	first, blocks := Load(Param("first"), GP64()), Load(Param("blocks"), GP64())
	s.width = Load(Param("width"), GP64())
	s.coarse, s.rest = Load(Param("coarse"), GP64()), Load(Param("rest"), GP64())
	step, fine, floor := ZMM(), ZMM(), ZMM()
	VBROADCASTSS(NewParamAddr("step", 80), step)
	VBROADCASTSS(NewParamAddr("fine", 84), fine)
	VBROADCASTSS(NewParamAddr("floor", 88), floor)
	s.flip = broadcastBytes(0x80)
	s.start()

	slots, sixteen := ZMM(), broadcast32(block)
	VPBROADCASTD(first.(reg.GPVirtual).As32(), slots)
	VPADDD(counting("lanes", 1), slots, slots)
	scales := ZMM()
	VMOVDQU64(counting("scales", markParts), scales)
	found := GP64()
	XORQ(found, found)

	Label("block")
	keep := K()
	KMOVW(Mem{Base: pass}, keep)
	KORTESTW(keep, keep)
	JZ(LabelRef("none"))
	coarse, rest := s.sums()
	VCVTDQ2PS(coarse, coarse)
	VCVTDQ2PS(rest, rest)
	VMULPS(step, coarse, coarse)
	VMULPS(fine, rest, rest)
	VADDPS(rest, coarse, coarse)
	all, scale := K(), ZMM()
	KXNORW(all, all, all)
	VXORPS(scale, scale, scale)
	VGATHERDPS(Mem{Base: marks, Index: scales, Scale: 4}, all, scale)
	VMULPS(scale, coarse, coarse)
	VCMPPS(Imm(greater), floor, coarse, keep, keep)
	KORTESTW(keep, keep)
	JZ(LabelRef("next"))
	kept, mask := ZMM(), GP32()
	VPCOMPRESSD_Z(slots, keep, kept)
	VMOVDQU32(kept, Mem{Base: outSlots, Index: found, Scale: 4})
	VCOMPRESSPS_Z(coarse, keep, coarse)
	VMOVUPS(coarse, Mem{Base: outScores, Index: found, Scale: 4})
	KMOVW(keep, mask)
	POPCNTL(mask, mask)
	ADDQ(mask.As64(), found)
	JMP(LabelRef("next"))

	Label("none")
	skipped := GP64()
	MOVQ(s.width, skipped)
	SHLQ(Imm(4), skipped)
	ADDQ(skipped, s.row)
	Label("next")
	ADDQ(Imm(4*markParts*block), marks)
	ADDQ(Imm(block/8), pass)
	VPADDD(sixteen, slots, slots)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	Store(found, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// counting is a table of 0, step, 2*step and so on.
func counting(name string, step int) Mem {
	table := GLOBL(name, RODATA|NOPTR)
	for i := range block {
		DATA(4*i, U32(step*i))
	}
	return table
}

// start sets where sums begin: at the query times 128, negated, since the rows
// get 128 added.
func (s *sweeper) start() {
	s.startCoarse, s.startRest = ZMM(), ZMM()
	VPXORD(s.startCoarse, s.startCoarse, s.startCoarse)
	VPXORD(s.startRest, s.startRest, s.startRest)
	at, zero := GP64(), ZMM()
	XORQ(at, at)
	Label("start")
	VPDPBUSD(Mem{Base: s.coarse, Index: at, Scale: 1}, s.flip, s.startCoarse)
	VPDPBUSD(Mem{Base: s.rest, Index: at, Scale: 1}, s.flip, s.startRest)
	ADDQ(Imm(64), at)
	CMPQ(at, s.width)
	JL(LabelRef("start"))
	VPXORD(zero, zero, zero)
	VPSUBD(s.startCoarse, zero, s.startCoarse)
	VPSUBD(s.startRest, zero, s.startRest)
}

// sums multiplies 16 rows with both parts of the query, and moves on to the
// next.
func (s *sweeper) sums() (coarse, rest reg.VecVirtual) {
	var coarses, rests []reg.VecVirtual
	for group := range block / rowsTogether {
		a, b := s.four([]string{"first", "second", "third", "fourth"}[group])
		coarses, rests = append(coarses, a), append(rests, b)
	}
	return addQuarters(coarses), addQuarters(rests)
}

// four multiplies four rows. In each quarter of the results lies a part of the
// sum of each row, in their order.
func (s *sweeper) four(label string) (coarse, rest reg.VecVirtual) {
	var a, b [rowsTogether]reg.VecVirtual
	for r := range rowsTogether {
		a[r], b[r] = ZMM(), ZMM()
		VMOVDQA64(s.startCoarse, a[r])
		VMOVDQA64(s.startRest, b[r])
	}
	second, third, fourth, at := GP64(), GP64(), GP64(), GP64()
	LEAQ(Mem{Base: s.row, Index: s.width, Scale: 1}, second)
	LEAQ(Mem{Base: s.row, Index: s.width, Scale: 2}, third)
	LEAQ(Mem{Base: second, Index: s.width, Scale: 2}, fourth)
	XORQ(at, at)
	Label(label)
	for r, row := range []reg.Register{s.row, second, third, fourth} {
		x := ZMM()
		VPXORD(Mem{Base: row, Index: at, Scale: 1}, s.flip, x)
		VPDPBUSD(Mem{Base: s.coarse, Index: at, Scale: 1}, x, a[r])
		VPDPBUSD(Mem{Base: s.rest, Index: at, Scale: 1}, x, b[r])
	}
	ADDQ(Imm(64), at)
	CMPQ(at, s.width)
	JL(LabelRef(label))
	LEAQ(Mem{Base: fourth, Index: s.width, Scale: 1}, s.row)
	return intoQuarters(a[:])[0], intoQuarters(b[:])[0]
}

// intoQuarters adds up lanes within quarters, four registers into one.
func intoQuarters(x []reg.VecVirtual) []reg.VecVirtual {
	x = inPairs(x, func(a, b, t reg.VecVirtual) {
		VPUNPCKLDQ(b, a, t)
		VPUNPCKHDQ(b, a, a)
	})
	return inPairs(x, func(a, b, t reg.VecVirtual) {
		VPUNPCKLQDQ(b, a, t)
		VPUNPCKHQDQ(b, a, a)
	})
}

// addQuarters adds up neighbouring quarters, two registers into one, until one
// is left.
func addQuarters(x []reg.VecVirtual) reg.VecVirtual {
	for len(x) > 1 {
		x = inPairs(x, func(a, b, t reg.VecVirtual) {
			VSHUFI64X2(Imm(0b10_00_10_00), b, a, t)
			VSHUFI64X2(Imm(0b11_01_11_01), b, a, a)
		})
	}
	return x[0]
}
