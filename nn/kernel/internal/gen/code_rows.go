package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// codeKind is a kind of code that rows of numbers are kept in.
type codeKind struct {
	name, goType string
	bytes        int
	widen        func(codes, to Op)       // to 32 bits, as many as fit
	widenFirst   func(codes, mask, to Op) // those of the mask; zero for the others
	widenOne     func(code, to Op)
	// store writes the codes that eight numbers of 16 bits are, storeOne one.
	store    func(words reg.VecVirtual, to Op)
	storeOne func(code reg.GPVirtual, to Op)
}

var codeKinds = []codeKind{
	{"Int16", "int16", 2, func(c, to Op) { VPMOVSXWD(c, to) }, VPMOVSXWD_Z, MOVWLSX,
		func(words reg.VecVirtual, to Op) { VMOVDQU(words, to) },
		func(code reg.GPVirtual, to Op) { MOVW(code.As16(), to) }},
	{"Int8", "int8", 1, func(c, to Op) { VPMOVSXBD(c, to) }, VPMOVSXBD_Z, MOVBLSX,
		func(words reg.VecVirtual, to Op) { VPACKSSWB(words, words, words); VMOVQ(words, to) },
		func(code reg.GPVirtual, to Op) { MOVB(code.As8(), to) }},
}

// codedRows writes the loops over rows of codes with a scale.
func codedRows() {
	for _, kind := range codeKinds {
		kind.encode()
		kind.add(zmmLanes)
		kind.add(ymmLanes)
	}
}

// encode rounds products of float64, four to a register.
func (kind codeKind) encode() {
	name := "to" + kind.name
	codeKernel(name+"AVX2", "(dst []"+kind.goType+", x []float32, inverse float64)", "is "+name+".")
	dst, x, n := sliceBase("dst"), sliceBase("x"), sliceLen("x")
	inverse, v, words := YMM(), ymms(2), vectors(2, XMM)
	VBROADCASTSD(address(Param("inverse")), inverse)
	inEights(n, func() {
		for i := range v {
			VCVTPS2PD(Mem{Base: x, Disp: 16 * i}, v[i])
			VMULPD(inverse, v[i], v[i])
			VCVTPD2DQY(v[i], words[i])
		}
		VPACKSSDW(words[1], words[0], words[0])
		kind.store(words[0], Mem{Base: dst})
		ADDQ(Imm(32), x)
		ADDQ(Imm(uint64(8*kind.bytes)), dst)
	}, func() {
		one, code := v[0].AsX(), GP32()
		VMOVSS(Mem{Base: x}, one)
		VCVTSS2SD(one, one, one)
		VMULSD(inverse.AsX(), one, one)
		VCVTSD2SI(one, code)
		kind.storeOne(code, Mem{Base: dst})
		ADDQ(Imm(4), x)
		ADDQ(Imm(uint64(kind.bytes)), dst)
	})
}

// add multiplies and then adds, as portable Go does, for the same bits: a fused
// multiply-add would be no faster where memory is what it waits for.
func (kind codeKind) add(l lanes) {
	name := "add" + kind.name
	codeKernel(name+l.name, "(dst []float32, codes []"+kind.goType+", scale float32, y []float32)", "is "+name+".")
	dst, codes, y, n := sliceBase("dst"), sliceBase("codes"), sliceBase("y"), sliceLen("codes")
	scale, at := l.everywhere(Param("scale")), GP64()
	XORQ(at, at)
	step := func(group []stretch) {
		for _, s := range group {
			v, from := l.reg(), Mem{Base: codes, Index: at, Scale: uint8(kind.bytes), Disp: s.strand * l.width * kind.bytes}
			if s.mask == nil {
				kind.widen(from, v)
			} else {
				kind.widenFirst(from, s.mask, v)
			}
			VCVTDQ2PS(v, v)
			VMULPS(scale, v, v)
			if s.mask == nil {
				VADDPS(s.of(y), v, v)
			} else {
				VADDPS_Z(s.of(y), v, s.mask, v)
			}
			s.store(v, dst)
		}
	}
	l.steps(at, n, 4, step)
	l.steps(at, n, 1, step)
	TESTQ(n, n)
	JE(LabelRef("done"))
	if l == zmmLanes {
		step([]stretch{{lanes: l, at: at, mask: l.first(n)}})
	} else {
		kind.addOnes(dst, codes, y, at, n, scale.AsX())
	}
	Label("done")
	codeReturn()
}

// addOnes adds the last n numbers one by one: AVX2 has masks for 32 bits at least.
func (kind codeKind) addOnes(dst, codes, y, at, n, scale reg.Register) {
	code, v := GP32(), XMM()
	Label("one")
	kind.widenOne(Mem{Base: codes, Index: at, Scale: uint8(kind.bytes)}, code)
	VMOVD(code, v)
	VCVTDQ2PS(v, v)
	VMULSS(scale, v, v)
	VADDSS(Mem{Base: y, Index: at, Scale: 4}, v, v)
	VMOVSS(v, Mem{Base: dst, Index: at, Scale: 4})
	INCQ(at)
	DECQ(n)
	JNE(LabelRef("one"))
}
