package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// stretch is what one step of a walk covers: a register's width of elements
// from a place on, or at a walk's end as many as are left.
type stretch struct {
	lanes
	strand int          // which of the steps that are unrolled side by side
	at     reg.Register // the first element
	mask   reg.Register // selects what is left; nil where all lanes are
}

// of is the stretch's place in the array of float32 at base.
func (s stretch) of(base reg.Register) Mem {
	return Mem{Base: base, Index: s.at, Scale: 4, Disp: s.strand * s.bytes()}
}

// load reads the stretch of an array; lanes beyond it are zero.
func (s stretch) load(base reg.Register) reg.VecVirtual {
	v := s.reg()
	s.loadFrom(s.of(base), v)
	return v
}

func (s stretch) loadFrom(m Mem, v reg.VecVirtual) {
	switch {
	case s.mask == nil:
		VMOVUPS(m, v)
	case s.lanes == zmmLanes:
		VMOVUPS_Z(m, s.mask, v)
	default:
		VMASKMOVPS(m, s.mask, v)
	}
}

// store writes the stretch of an array and nothing beyond it.
func (s stretch) store(v reg.VecVirtual, base reg.Register) { s.storeTo(v, s.of(base)) }

func (s stretch) storeTo(v reg.VecVirtual, m Mem) {
	switch {
	case s.mask == nil:
		VMOVUPS(v, m)
	default:
		s.storeMasked(v, m)
	}
}

func (s stretch) storeMasked(v reg.VecVirtual, m Mem) {
	if s.lanes == zmmLanes {
		VMOVUPS(v, s.mask, m)
		return
	}
	VMASKMOVPS(v, s.mask, m)
}

// walk takes steps over n elements: unroll of them side by side while there
// are so many, then one at a time, then the rest under a mask. It destroys n.
func (l lanes) walk(n reg.Register, unroll int, step func(s stretch)) {
	l.walkGroups(n, unroll, func(group []stretch) {
		for _, s := range group {
			step(s)
		}
	})
}

// walkGroups is walk for steps that are not written one after the other: each
// call gets the stretches that are side by side.
func (l lanes) walkGroups(n reg.Register, unroll int, step func(group []stretch)) {
	at := GP64()
	XORQ(at, at)
	if unroll > 1 {
		l.steps(at, n, unroll, step)
	}
	l.steps(at, n, 1, step)
	done := freshLabel("done")
	TESTQ(n, n)
	JE(LabelRef(done))
	step([]stretch{{lanes: l, at: at, mask: l.first(n)}})
	Label(done)
}

// steps repeats unroll steps while n elements allow for them.
func (l lanes) steps(at, n reg.Register, unroll int, step func(group []stretch)) {
	size := l.width * unroll
	again, less := freshLabel("again"), freshLabel("less")
	group := make([]stretch, unroll)
	for strand := range group {
		group[strand] = stretch{lanes: l, strand: strand, at: at}
	}
	SUBQ(U32(size), n)
	JL(LabelRef(less))
	Label(again)
	step(group)
	ADDQ(U32(size), at)
	SUBQ(U32(size), n)
	JGE(LabelRef(again))
	Label(less)
	ADDQ(U32(size), n)
}

// first is a mask of the first n lanes, at most all.
func (l lanes) first(n reg.Register) reg.Register {
	if l == zmmLanes {
		k := K()
		KMOVW(onesBelow(n), k)
		return k
	}
	from, mask := GP64(), YMM()
	LEAQ(maskWindow(), from)
	shift := GP64()
	MOVQ(n, shift)
	NEGQ(shift)
	VMOVUPS(Mem{Base: from, Index: shift, Scale: 4, Disp: ymmLanes.bytes()}, mask)
	return mask
}

// onesBelow has the lowest n bits set, n below 32.
func onesBelow(n reg.Register) reg.GPVirtual {
	bits := GP32()
	MOVL(n.(reg.GPVirtual).As32(), reg.ECX)
	MOVL(U32(1), bits)
	SHLL(reg.CL, bits)
	DECL(bits)
	return bits
}

// maskWindow is a register's width of ones and then one of zeros: n lanes
// before its middle starts the mask of the first n.
func maskWindow() Mem {
	if window.Symbol.Name == "" {
		window = GLOBL("maskWindow", RODATA|NOPTR)
		for i := range ymmLanes.width {
			ones := ^uint64(0)
			if i >= ymmLanes.width/2 {
				ones = 0
			}
			DATA(8*i, U64(ones))
		}
	}
	return window
}

var window Mem

// freshLabel is a name that no other label of the file has.
func freshLabel(what string) string {
	labels++
	return fmt.Sprintf("%s%d", what, labels)
}

var labels int

// walkPairs is walkGroups for pairs alone: the last one too has two
// stretches, both masked. It destroys n.
func (l lanes) walkPairs(n reg.Register, step func(pair []stretch)) {
	at := GP64()
	XORQ(at, at)
	l.steps(at, n, 2, step)
	done := freshLabel("done")
	TESTQ(n, n)
	JE(LabelRef(done))
	step(l.lastPair(at, n))
	Label(done)
}

// lastPair is n elements, fewer than two registers', in two stretches.
func (l lanes) lastPair(at, n reg.Register) []stretch {
	first := stretch{lanes: l, at: at}
	second := stretch{lanes: l, at: at, strand: 1}
	if l == zmmLanes {
		low, high := K(), K()
		KMOVD(onesBelow(n), low)
		KSHIFTRD(U8(16), low, high)
		first.mask, second.mask = low, high
		return []stretch{first, second}
	}
	whole, rest := GP64(), GP64()
	MOVQ(U32(l.width), whole)
	CMPQ(n, whole)
	CMOVQLT(n, whole)
	MOVQ(n, rest)
	SUBQ(whole, rest)
	first.mask, second.mask = l.first(whole), l.first(rest)
	return []stretch{first, second}
}
