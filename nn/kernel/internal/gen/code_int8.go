package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// int8Products is a way to multiply signed bytes.
type int8Products interface {
	set() string
	// prepare readies what all codes have in common: a query of n numbers.
	prepare(query, n reg.Register)
	// products returns the dot products of the query and one or four codes in
	// the first 32-bit lanes of a register.
	products(codes []reg.Register) reg.VecVirtual
}

// int8Dots writes the product of two codes and of one with many.
func int8Dots(p int8Products) {
	name := "dotInt8" + p.set()
	codeKernel(name, "(x, y []int8) int32", "is dotInt8.")
	p.prepare(sliceBase("x"), sliceLen("x"))
	sum := GP32()
	VMOVD(p.products([]reg.Register{sliceBase("y")}).AsX(), sum)
	Store(sum, ReturnIndex(0))
	codeReturn()

	name = "dotsInt8" + p.set()
	codeKernel(name, "(dst []int32, query, codes []int8)", "is dotsInt8.")
	n := sliceLen("query")
	p.prepare(sliceBase("query"), n)
	dst, count, code := sliceBase("dst"), sliceLen("dst"), sliceBase("codes")
	Label("four")
	CMPQ(count, Imm(4))
	JL(LabelRef("one"))
	codes := []reg.Register{code, GP64(), GP64(), GP64()}
	for i := range 3 {
		LEAQ(Mem{Base: codes[i], Index: n, Scale: 1}, codes[i+1])
	}
	VMOVDQU(p.products(codes).AsX(), Mem{Base: dst})
	LEAQ(Mem{Base: code, Index: n, Scale: 4}, code)
	ADDQ(Imm(16), dst)
	SUBQ(Imm(4), count)
	JMP(LabelRef("four"))
	Label("one")
	TESTQ(count, count)
	JE(LabelRef("done"))
	VMOVD(p.products(codes[:1]).AsX(), Mem{Base: dst})
	ADDQ(n, code)
	ADDQ(Imm(4), dst)
	DECQ(count)
	JMP(LabelRef("one"))
	Label("done")
	codeReturn()
}

// dotsVNNI takes a code's numbers as unsigned ones, each 128 too large, since
// VPDPBUSD wants one side unsigned, and takes 128 times the query's sum away.
type dotsVNNI struct {
	query, n, whole reg.Register
	tail            reg.OpmaskVirtual // the numbers after the last 64
	flip            reg.VecVirtual    // 128 in each byte
	excess          reg.VecVirtual    // 128 times the query's sum, in 4 lanes
}

func (d *dotsVNNI) set() string { return "VNNI" }

func (d *dotsVNNI) prepare(query, n reg.Register) {
	*d = dotsVNNI{query: query, n: n, whole: GP64(), tail: K(), flip: ZMM()}
	MOVQ(n, d.whole)
	ANDQ(I32(-64), d.whole)
	rest, bits := GP64(), GP32()
	MOVQ(n, rest)
	ANDQ(Imm(63), rest)
	lowMask(rest, d.tail)
	MOVL(U32(0x80_80_80_80), bits)
	VPBROADCASTD(bits, d.flip)

	d.excess = XMM()
	sums := d.walk("query", 1, func(int, reg.Register, bool) reg.VecVirtual { return d.flip })
	VPBROADCASTD(sums.AsX(), d.excess)
}

func (d *dotsVNNI) products(codes []reg.Register) reg.VecVirtual {
	sums := d.walk(rowsLabel(codes), len(codes), func(i int, at reg.Register, masked bool) reg.VecVirtual {
		v, code := ZMM(), Mem{Base: codes[i], Index: at, Scale: 1}
		if masked {
			VMOVDQU8_Z(code, d.tail, v)
			VPXORQ(d.flip, v, v)
		} else {
			VPXORQ(code, d.flip, v)
		}
		return v
	})
	VPSUBD(d.excess, sums.AsX(), sums.AsX())
	return sums
}

// walk sums the products of the query with count vectors of unsigned numbers.
func (d *dotsVNNI) walk(label string, count int, unsigned func(i int, at reg.Register, masked bool) reg.VecVirtual) reg.VecVirtual {
	sums, q, at := zmms(count), ZMM(), GP64()
	for _, s := range sums {
		VPXORQ(s, s, s)
	}
	XORQ(at, at)
	JMP(LabelRef(label + "Check"))
	Label(label + "Whole")
	VMOVDQU64(Mem{Base: d.query, Index: at, Scale: 1}, q)
	for i, s := range sums {
		VPDPBUSD(q, unsigned(i, at, false), s)
	}
	ADDQ(Imm(64), at)
	Label(label + "Check")
	CMPQ(at, d.whole)
	JL(LabelRef(label + "Whole"))
	CMPQ(at, d.n)
	JE(LabelRef(label + "Sum"))
	VMOVDQU8_Z(Mem{Base: d.query, Index: at, Scale: 1}, d.tail, q)
	for i, s := range sums {
		VPDPBUSD(q, unsigned(i, at, true), s)
	}
	Label(label + "Sum")
	sums = foldHalves(sums)
	sumLanes(sums)
	return sums[0]
}

// rowsLabel begins the labels of a walk over so many rows.
func rowsLabel[T any](rows []T) string { return fmt.Sprintf("rows%d", len(rows)) }

// dotsAVX2 widens both sides to 16 bits. Numbers after the last 16 are met by
// looking back from the end, with those that were counted before taken out of
// the query; there must be at least 16.
type dotsAVX2 struct {
	tables          codeTables
	query, n, whole reg.Register
	uncounted       reg.VecVirtual // the lanes that the last look back adds
}

func (d *dotsAVX2) set() string { return "AVX2" }

func (d *dotsAVX2) prepare(query, n reg.Register) {
	d.query, d.n, d.whole, d.uncounted = query, n, GP64(), YMM()
	MOVQ(n, d.whole)
	ANDQ(I32(-16), d.whole)
	counted, lanes := GP64(), YMM()
	MOVQ(d.whole, counted)
	SUBQ(n, counted)
	ADDQ(Imm(15), counted)
	VMOVD(counted.As32(), d.uncounted.AsX())
	VPBROADCASTW(d.uncounted.AsX(), d.uncounted)
	VMOVDQU(d.tables.wordLanes, lanes)
	VPCMPGTW(d.uncounted, lanes, d.uncounted)
}

func (d *dotsAVX2) products(codes []reg.Register) reg.VecVirtual {
	label := rowsLabel(codes)
	sums, q, v, at := ymms(len(codes)), YMM(), YMM(), GP64()
	for _, s := range sums {
		VPXOR(s, s, s)
	}
	add := func() {
		for i, s := range sums {
			VPMOVSXBW(Mem{Base: codes[i], Index: at, Scale: 1}, v)
			VPMADDWD(v, q, v)
			VPADDD(v, s, s)
		}
	}
	XORQ(at, at)
	Label(label)
	VPMOVSXBW(Mem{Base: d.query, Index: at, Scale: 1}, q)
	add()
	ADDQ(Imm(16), at)
	CMPQ(at, d.whole)
	JL(LabelRef(label))
	CMPQ(at, d.n)
	JE(LabelRef(label + "Sum"))
	LEAQ(Mem{Base: d.n, Disp: -16}, at)
	VPMOVSXBW(Mem{Base: d.query, Index: at, Scale: 1}, q)
	VPAND(d.uncounted, q, q)
	add()
	Label(label + "Sum")
	sumLanes(sums)
	return sums[0]
}
