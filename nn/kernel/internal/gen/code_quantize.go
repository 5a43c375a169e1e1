package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// maxAbs keeps four maxima, so that one need not wait for the last. The
// instruction returns its second source where one is NaN: the maximum so far.
func maxAbs(t codeTables) {
	codeKernel("maxAbsAVX2", "(x []float32) float32", "is maxAbs.")
	x, n := sliceBase("x"), sliceLen("x")
	largest, v, magnitude := ymms(4), ymms(4), YMM()
	VBROADCASTSS(t.magnitude, magnitude)
	for _, m := range largest {
		VXORPS(m, m, m)
	}
	Label("many")
	CMPQ(n, Imm(32))
	JL(LabelRef("join"))
	for i, m := range largest {
		VANDPS(Mem{Base: x, Disp: 32 * i}, magnitude, v[i])
		VMAXPS(m, v[i], m)
	}
	ADDQ(U32(128), x)
	SUBQ(Imm(32), n)
	JMP(LabelRef("many"))

	Label("join")
	VMAXPS(largest[1], largest[0], largest[0])
	VMAXPS(largest[3], largest[2], largest[2])
	VMAXPS(largest[2], largest[0], largest[0])
	m, part := largest[0].AsX(), v[0].AsX()
	VEXTRACTF128(Imm(1), largest[0], part)
	VMAXPS(part, m, m)
	VPSHUFD(Imm(0b01_00_11_10), m, part)
	VMAXPS(part, m, m)
	VPSHUFD(Imm(0b10_11_00_01), m, part)
	VMAXPS(part, m, m)

	Label("one")
	TESTQ(n, n)
	JE(LabelRef("done"))
	VMOVSS(Mem{Base: x}, part)
	VANDPS(magnitude.AsX(), part, part)
	VMAXSS(m, part, m)
	ADDQ(Imm(4), x)
	DECQ(n)
	JMP(LabelRef("one"))
	Label("done")
	VMOVSS(m, address(ReturnIndex(0)))
	codeReturn()
}

// quantize packs four vectors of 32-bit numbers into one of bytes. Packing
// makes 0 of negative numbers, and of NaN, which converts to the least integer.
func quantize(t codeTables) {
	codeKernel("quantizeAVX2", "(dst []uint8, x []float32, inverse float32, zero int32)", "is quantize.")
	dst, x, n := sliceBase("dst"), sliceBase("x"), sliceLen("x")
	inverse, zero, order, v := YMM(), YMM(), YMM(), ymms(4)
	broadcastArgument("inverse", inverse)
	VMOVD(Load(Param("zero"), GP32()), zero.AsX())
	VPBROADCASTD(zero.AsX(), zero)
	VMOVDQU(t.unpacked, order)
	Label("many")
	CMPQ(n, Imm(32))
	JL(LabelRef("one"))
	for i := range v {
		VMULPS(Mem{Base: x, Disp: 32 * i}, inverse, v[i])
		VCVTPS2DQ(v[i], v[i])
		VPADDD(zero, v[i], v[i])
	}
	VPACKSSDW(v[1], v[0], v[0])
	VPACKSSDW(v[3], v[2], v[2])
	VPACKUSWB(v[2], v[0], v[0])
	VPERMD(v[0], order, v[0])
	VMOVDQU(v[0], Mem{Base: dst})
	ADDQ(U32(128), x)
	ADDQ(Imm(32), dst)
	SUBQ(Imm(32), n)
	JMP(LabelRef("many"))

	Label("one")
	TESTQ(n, n)
	JE(LabelRef("done"))
	w := v[0].AsX()
	VMOVSS(Mem{Base: x}, w)
	VMULSS(inverse.AsX(), w, w)
	VCVTPS2DQ(w, w)
	VPADDD(zero.AsX(), w, w)
	VPACKSSDW(w, w, w)
	VPACKUSWB(w, w, w)
	VPEXTRB(Imm(0), w, Mem{Base: dst})
	ADDQ(Imm(4), x)
	INCQ(dst)
	DECQ(n)
	JMP(LabelRef("one"))
	Label("done")
	codeReturn()
}
