package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	block  = 16 // codes at a time: the lanes of float32 in a register
	planes = 4  // bits of the query's numbers
)

// The fields of a line.
const (
	fieldBase = 4 * iota
	fieldSlope
	fieldGain
	fieldShift
	fieldThreshold
)

const greater = 0x1e // ordered and greater, in VCMPPS

// scanner holds the registers of one scan.
type scanner struct {
	words                                         int // of a code
	codes, factors, slots, left, pass             reg.Register
	nextCodes, nextFactors                        reg.Register
	outSlots, outUppers, found                    reg.Register
	plane, weight                                 []reg.VecVirtual
	base, slope, gain, shift, threshold, order    reg.VecVirtual
	highHalf, one, lowBits, limit                 reg.VecVirtual
	keep                                          reg.OpmaskVirtual // codes that count
	sums                                          reg.VecVirtual
	blockLabel, nextLabel, doneLabel, noPassLabel string
}

// scan writes the loop for codes of 1, 2 or 4 words, which share a register by
// eights, fours or twos.
func scan(words int) {
	name := fmt.Sprintf("scan%d", words)
	TEXT(name, NOSPLIT, "func(outSlots *int32, outUppers *float32, codes *uint64, factors *uint32, slots *int32, n int, planes *uint64, l *float32, pass *uint64, passBits int, nextCodes *uint64, nextFactors *uint32) int")
	Doc(fmt.Sprintf("%s is scanPortable for codes of %s. What the pointers lead to is as long", name, []string{1: "1 word", 2: "2 words", 4: "4 words"}[words]),
		"as whole blocks of 16 codes need; the results have room for one block more",
		"than n. pass may be nil. n is at least 1. With every block one of the codes that come",
		"next is fetched, from wherever that is.")
	Pragma("noescape")
	s := scanner{words: words, blockLabel: "block", nextLabel: "next", doneLabel: "done", noPassLabel: "all"}
	s.load()
	s.loop()
	Label(s.doneLabel)
	Store(s.found, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

func (s *scanner) load() {
	s.outSlots, s.outUppers = Load(Param("outSlots"), GP64()), Load(Param("outUppers"), GP64())
	s.codes, s.factors = Load(Param("codes"), GP64()), Load(Param("factors"), GP64())
	s.slots, s.left = Load(Param("slots"), GP64()), Load(Param("n"), GP64())
	query := Load(Param("planes"), GP64())
	l := Load(Param("l"), GP64())
	s.pass = Load(Param("pass"), GP64())
	s.nextCodes, s.nextFactors = Load(Param("nextCodes"), GP64()), Load(Param("nextFactors"), GP64())
	bits := Load(Param("passBits"), GP64())
	s.found = GP64()
	XORQ(s.found, s.found)
	for j := range planes {
		p := ZMM()
		at := Mem{Base: query, Disp: 8 * s.words * j}
		switch s.words {
		case 1:
			VPBROADCASTQ(at, p)
		case 2:
			VBROADCASTI64X2(at, p)
		case 4:
			VBROADCASTI64X4(at, p)
		}
		s.plane = append(s.plane, p)
		s.weight = append(s.weight, broadcastBytes(byte([]int8{1, 2, 4, -8}[j])))
	}
	for _, f := range []struct {
		to *reg.VecVirtual
		at int
	}{{&s.base, fieldBase}, {&s.slope, fieldSlope}, {&s.gain, fieldGain}, {&s.shift, fieldShift}, {&s.threshold, fieldThreshold}} {
		*f.to = ZMM()
		VBROADCASTSS(Mem{Base: l, Disp: f.at}, *f.to)
	}
	s.highHalf, s.one, s.lowBits = broadcast32(0xffff0000), broadcast32(1), broadcast32(31)
	s.limit = ZMM()
	VPBROADCASTD(bits.(reg.GPVirtual).As32(), s.limit)
	s.order = ZMM()
	VMOVDQU64(s.orderTable(), s.order)
}

// orderTable is where in the result of reduce the sum of each code lies.
func (s *scanner) orderTable() Mem {
	table := GLOBL(fmt.Sprintf("order%d", s.words), RODATA|NOPTR)
	for code := range block {
		DATA(4*code, U32(s.place(code)))
	}
	return table
}

// place is the number of the lane that holds a code's sum.
func (s *scanner) place(code int) int {
	perRegister := 8 / s.words
	register, within := code/perRegister, code%perRegister
	switch s.words {
	case 1: // quarters of two neighbours of the first register, then two of the second
		return within/2*4 + 2*register + within%2
	case 4:
		return (register/4*2+within)*4 + register%4
	}
	return 4*within + register
}

func broadcastBytes(b byte) reg.VecVirtual { return broadcast32(0x01010101 * uint32(b)) }

func broadcast32(v uint32) reg.VecVirtual {
	r, x := GP32(), ZMM()
	MOVL(U32(v), r)
	VPBROADCASTD(r, x)
	return x
}

// loop takes one block after another.
func (s *scanner) loop() {
	Label(s.blockLabel)
	s.keep = K()
	s.fetchNext()
	s.lanes()
	s.filter()
	s.product()
	s.judge()
	Label(s.nextLabel)
	ADDQ(U32(8*s.words*block), s.codes)
	ADDQ(Imm(4*block), s.factors)
	ADDQ(Imm(4*block), s.slots)
	SUBQ(Imm(block), s.left)
	JG(LabelRef(s.blockLabel))
}

// lanes keeps the codes that exist: all, or the last few.
func (s *scanner) lanes() {
	mask, count := GP32(), GP32()
	MOVL(U32(block), count)
	CMPQ(s.left, Imm(block))
	CMOVLLT(s.left.(reg.GPVirtual).As32(), count)
	MOVL(U32(0xffffffff), mask)
	BZHIL(count, mask, mask)
	KMOVW(mask, s.keep)
}

// fetchNext asks for a block of the next list: while this one is computed,
// memory has time for it.
func (s *scanner) fetchNext() {
	for line := range block * s.words / 8 {
		PREFETCHT2(Mem{Base: s.nextCodes, Disp: 64 * line})
	}
	PREFETCHT2(Mem{Base: s.nextFactors})
	ADDQ(U32(8*s.words*block), s.nextCodes)
	ADDQ(Imm(4*block), s.nextFactors)
}

// filter keeps those whose slot has its bit in pass.
func (s *scanner) filter() {
	TESTQ(s.pass, s.pass)
	JZ(LabelRef(s.noPassLabel))
	slots, word, gathered, bit := ZMM(), ZMM(), ZMM(), ZMM()
	VMOVDQU32(Mem{Base: s.slots}, slots)
	VPCMPUD(Imm(1), s.limit, slots, s.keep, s.keep) // 1: less than
	VPSRLD(Imm(5), slots, word)
	VPXORD(gathered, gathered, gathered)
	taken := K()
	KMOVW(s.keep, taken)
	VPGATHERDD(Mem{Base: s.pass, Index: word, Scale: 4}, taken, gathered)
	VPANDD(s.lowBits, slots, bit)
	VPSLLVD(bit, s.one, bit)
	VPTESTMD(bit, gathered, s.keep, s.keep)
	KORTESTW(s.keep, s.keep)
	JZ(LabelRef(s.nextLabel))
	Label(s.noPassLabel)
}

// product sets sums to the products of the block's codes and the planes.
func (s *scanner) product() {
	accumulators := make([]reg.VecVirtual, block*s.words/8)
	for i := range accumulators {
		codes, counts, sum := ZMM(), ZMM(), ZMM()
		accumulators[i] = sum
		VMOVDQU64(Mem{Base: s.codes, Disp: 64 * i}, codes)
		VPXORD(sum, sum, sum)
		for j := range planes {
			VPANDQ(s.plane[j], codes, counts)
			VPOPCNTB(counts, counts)
			VPDPBUSD(s.weight[j], counts, sum)
		}
	}
	s.sums = s.reduce(accumulators)
	VPERMD(s.sums, s.order, s.sums)
}

// reduce adds up the lanes of each code: pairs of registers become one until
// one is left.
func (s *scanner) reduce(x []reg.VecVirtual) reg.VecVirtual {
	if s.words == 1 {
		return inPairs(x, func(a, b, t reg.VecVirtual) {
			VSHUFPS(Imm(0b10_00_10_00), b, a, t)
			VSHUFPS(Imm(0b11_01_11_01), b, a, a)
		})[0]
	}
	return addQuarters(intoQuarters(x)) // halves of a code of 4 words lie in neighbouring quarters
}

// inPairs lets split write two registers' lanes to a and t such that their sum
// has what belongs together.
func inPairs(x []reg.VecVirtual, split func(a, b, t reg.VecVirtual)) []reg.VecVirtual {
	var half []reg.VecVirtual
	for i := 0; i < len(x); i += 2 {
		t := ZMM()
		split(x[i], x[i+1], t)
		VPADDD(t, x[i], x[i])
		half = append(half, x[i])
	}
	return half
}

// judge computes the upper ends and writes those above the threshold.
func (s *scanner) judge() {
	f, upper := ZMM(), ZMM()
	VMOVDQU32(Mem{Base: s.factors}, f)
	VPANDD(s.highHalf, f, upper)
	VFMADD213PS(s.base, s.slope, upper) // slope*g + base
	VPSLLD(Imm(16), f, f)
	VCVTDQ2PS(s.sums, s.sums)
	VFMADD213PS(s.shift, s.gain, s.sums) // gain*S + shift
	VFMADD231PS(f, s.sums, upper)
	VCMPPS(Imm(greater), s.threshold, upper, s.keep, s.keep)
	KORTESTW(s.keep, s.keep)
	JZ(LabelRef(s.nextLabel))

	slots, mask := ZMM(), GP32()
	VMOVDQU32(Mem{Base: s.slots}, slots)
	VPCOMPRESSD_Z(slots, s.keep, slots)
	VMOVDQU32(slots, Mem{Base: s.outSlots, Index: s.found, Scale: 4})
	VCOMPRESSPS_Z(upper, s.keep, upper)
	VMOVUPS(upper, Mem{Base: s.outUppers, Index: s.found, Scale: 4})
	KMOVW(s.keep, mask)
	POPCNTL(mask, mask)
	ADDQ(mask.As64(), s.found)
}
