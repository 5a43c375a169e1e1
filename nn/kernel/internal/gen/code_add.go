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
}

var codeKinds = []codeKind{
	{"addInt16", "int16", 2, func(c, to Op) { VPMOVSXWD(c, to) }, VPMOVSXWD_Z, MOVWLSX},
	{"addInt8", "int8", 1, func(c, to Op) { VPMOVSXBD(c, to) }, VPMOVSXBD_Z, MOVBLSX},
}

// addCodes writes the loops that add numbers to scaled codes. They multiply
// and then add, as portable Go does, for the same bits: a fused multiply-add
// would be no faster where memory is what they wait for.
func addCodes() {
	for _, kind := range codeKinds {
		kind.add(zmmLanes)
		kind.add(ymmLanes)
	}
}

func (kind codeKind) add(l lanes) {
	codeKernel(kind.name+l.name, "(dst []float32, codes []"+kind.goType+", scale float32, y []float32)", "is "+kind.name+".")
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
