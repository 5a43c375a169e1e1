package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// toEven is the rounding of VCVTPS2PH.
const toEven = 0

// halfConversions writes the loops that convert eight numbers at a time and
// the rest one by one. AVX-512 has no faster form: where conversions into 512
// bits exist, they take twice as long.
func halfConversions() {
	codeKernel("toHalfAVX2", "(dst []uint16, src []float32)", "is toHalf.")
	dst, src, n := sliceBase("dst"), sliceBase("src"), sliceLen("src")
	x := YMM()
	inEights(n, func() {
		VMOVUPS(Mem{Base: src}, x)
		VCVTPS2PH(Imm(toEven), x, Mem{Base: dst})
		ADDQ(Imm(32), src)
		ADDQ(Imm(16), dst)
	}, func() {
		VMOVSS(Mem{Base: src}, x.AsX())
		VCVTPS2PH(Imm(toEven), x.AsX(), x.AsX())
		VPEXTRW(Imm(0), x.AsX(), Mem{Base: dst})
		ADDQ(Imm(4), src)
		ADDQ(Imm(2), dst)
	})

	codeKernel("fromHalfAVX2", "(dst []float32, src []uint16)", "is fromHalf.")
	widen(false)
	codeKernel("addHalfAVX2", "(dst []float32, x []uint16, y []float32)", "is addHalf.")
	widen(true)
}

// widen converts halves to float32, and adds y to them if asked to.
func widen(add bool) {
	halves := "src"
	var y reg.Register
	if add {
		halves, y = "x", sliceBase("y")
	}
	dst, src, n := sliceBase("dst"), sliceBase(halves), sliceLen(halves)
	v, h := YMM(), GP32()
	inEights(n, func() {
		VCVTPH2PS(Mem{Base: src}, v)
		if add {
			VADDPS(Mem{Base: y}, v, v)
			ADDQ(Imm(32), y)
		}
		VMOVUPS(v, Mem{Base: dst})
		ADDQ(Imm(16), src)
		ADDQ(Imm(32), dst)
	}, func() {
		MOVWLZX(Mem{Base: src}, h)
		VMOVD(h, v.AsX())
		VCVTPH2PS(v.AsX(), v.AsX())
		if add {
			VADDSS(Mem{Base: y}, v.AsX(), v.AsX())
			ADDQ(Imm(4), y)
		}
		VMOVSS(v.AsX(), Mem{Base: dst})
		ADDQ(Imm(2), src)
		ADDQ(Imm(4), dst)
	})
}

const (
	halfPanel  = 96  // outputs of a panel, as kernel's half_weights.go has it
	depthBlock = 256 // products that are summed before they are added to the output
)

// halfProduct multiplies a vector with panels of halves. It converts half of a
// 256-bit register at a time, the widest conversion that is fast everywhere,
// and is then bound by the second-level cache; AVX-512 uses it as well. Twelve
// sums hide the latency of the additions.
func halfProduct(t codeTables) {
	codeKernel("mulHalfAVX2", "(y, x []float32, panels []uint16)", "is mulHalf: neither x nor y may be empty.")
	y, outputs, panel := sliceBase("y"), sliceLen("y"), sliceBase("panels")
	sums := ymms(halfPanel / 8)

	Label("panel")
	x, left := sliceBase("x"), sliceLen("x")
	Label("block")
	end := GP64()
	MOVQ(left, end)
	CMPQ(end, U32(depthBlock))
	JLE(LabelRef("sum"))
	MOVQ(U32(depthBlock), end)
	Label("sum")
	SUBQ(end, left)
	LEAQ(Mem{Base: x, Index: end, Scale: 4}, end)
	for _, s := range sums {
		VXORPS(s, s, s)
	}
	Label("step")
	v, w := YMM(), YMM()
	VBROADCASTSS(Mem{Base: x}, v)
	for i, s := range sums {
		VCVTPH2PS(Mem{Base: panel, Disp: 16 * i}, w)
		VFMADD231PS(w, v, s)
	}
	ADDQ(U32(2*halfPanel), panel)
	ADDQ(Imm(4), x)
	CMPQ(x, end)
	JB(LabelRef("step"))

	CMPQ(outputs, Imm(halfPanel))
	JL(LabelRef("edge"))
	for i, s := range sums {
		VADDPS(Mem{Base: y, Disp: 32 * i}, s, s)
		VMOVUPS(s, Mem{Base: y, Disp: 32 * i})
	}
	TESTQ(left, left)
	JNE(LabelRef("block"))
	ADDQ(U32(4*halfPanel), y)
	SUBQ(Imm(halfPanel), outputs)
	JNE(LabelRef("panel"))
	codeReturn()

	Label("edge")
	lanes, mask := w, v
	VMOVDQU(t.lanes, lanes)
	for i, s := range sums {
		laneMask(outputs, 8*i, lanes, mask)
		old := YMM()
		VMASKMOVPS(Mem{Base: y, Disp: 32 * i}, mask, old)
		VADDPS(old, s, s)
		VMASKMOVPS(s, mask, Mem{Base: y, Disp: 32 * i})
	}
	TESTQ(left, left)
	JNE(LabelRef("block"))
	codeReturn()
}
