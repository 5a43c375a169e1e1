package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The layout of a Chunk and a Mark.
const (
	chunkBits  = 14
	chunkShift = 5 // 32 bytes each
	chunkMarks = 8 // offset of the marks
	markParts  = 3 // of 4 bytes each, the scale first
)

// dotRows writes the products of a query with rows that lie anywhere. Rows are
// signed and the instruction wants one side unsigned, so that 128 is added to
// them and 128 times the query taken off again.
func dotRows() {
	TEXT("dotRows", NOSPLIT, "func(dst *float32, chunks *byte, slots *int32, n int, width int, coarse *int8, rest *int8, step float32, fine float32)")
	Doc("dotRows is rowsPortable for n rows, at least 1. width is a multiple of 64.")
	Pragma("noescape")
	dst, chunks := Load(Param("dst"), GP64()), Load(Param("chunks"), GP64())
	slots, n := Load(Param("slots"), GP64()), Load(Param("n"), GP64())
	width := Load(Param("width"), GP64())
	coarse, rest := Load(Param("coarse"), GP64()), Load(Param("rest"), GP64())
	step, fine := ZMM(), ZMM()
	VBROADCASTSS(NewParamAddr("step", 56), step)
	VBROADCASTSS(NewParamAddr("fine", 60), fine)
	flip := broadcastBytes(0x80)

	// The query times 128, negated: the sums start there.
	startCoarse, startRest := ZMM(), ZMM()
	VPXORD(startCoarse, startCoarse, startCoarse)
	VPXORD(startRest, startRest, startRest)
	at := GP64()
	XORQ(at, at)
	Label("start")
	VPDPBUSD(Mem{Base: coarse, Index: at, Scale: 1}, flip, startCoarse)
	VPDPBUSD(Mem{Base: rest, Index: at, Scale: 1}, flip, startRest)
	ADDQ(Imm(64), at)
	CMPQ(at, width)
	JL(LabelRef("start"))
	zero := ZMM()
	VPXORD(zero, zero, zero)
	VPSUBD(startCoarse, zero, startCoarse)
	VPSUBD(startRest, zero, startRest)

	Label("row")
	ahead := GP64() // the place of the row to fetch: n may be too small for one
	LEAQ(Mem{Base: slots, Disp: 4 * rowsAhead}, ahead)
	CMPQ(n, Imm(rowsAhead))
	CMOVQLE(slots, ahead)
	row, mark := locate(ahead, chunks, width)
	PREFETCHT2(Mem{Base: mark})
	for line := range linesAhead {
		PREFETCHT2(Mem{Base: row, Disp: 64 * line})
	}
	row, mark = locate(slots, chunks, width)

	a, b, x := ZMM(), ZMM(), ZMM()
	VMOVDQA64(startCoarse, a)
	VMOVDQA64(startRest, b)
	XORQ(at, at)
	Label("bytes")
	VPXORD(Mem{Base: row, Index: at, Scale: 1}, flip, x)
	VPDPBUSD(Mem{Base: coarse, Index: at, Scale: 1}, x, a)
	VPDPBUSD(Mem{Base: rest, Index: at, Scale: 1}, x, b)
	ADDQ(Imm(64), at)
	CMPQ(at, width)
	JL(LabelRef("bytes"))

	VCVTDQ2PS(a, a)
	VCVTDQ2PS(b, b)
	VMULPS(step, a, a)
	VFMADD231PS(fine, b, a)
	sum := sumLanes(a)
	VMULSS(Mem{Base: mark}, sum, sum)
	VMOVSS(sum, Mem{Base: dst})
	ADDQ(Imm(4), dst)
	ADDQ(Imm(4), slots)
	DECQ(n)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// A row is fetched while rowsAhead before it are compared, which is as long as
// memory takes; of longer rows only the first lines.
const (
	rowsAhead  = 24
	linesAhead = 4
)

// locate returns the addresses of the row and the mark of the slot at place.
func locate(place, chunks, width reg.Register) (row, mark reg.GPVirtual) {
	slot, chunk := GP64(), GP64()
	row, mark = GP64(), GP64()
	MOVLQSX(Mem{Base: place}, slot)
	MOVQ(slot, chunk)
	SHRQ(Imm(chunkBits), chunk)
	SHLQ(Imm(chunkShift), chunk)
	ADDQ(chunks, chunk)
	ANDQ(U32(1<<chunkBits-1), slot)
	MOVQ(Mem{Base: chunk, Disp: chunkMarks}, mark)
	IMUL3Q(Imm(4*markParts), slot, row)
	ADDQ(row, mark)
	MOVQ(slot, row)
	IMULQ(width, row)
	ADDQ(Mem{Base: chunk}, row)
	return row, mark
}

// prefetch writes the loop that fetches what will soon be read.
func prefetch() {
	TEXT("prefetch", NOSPLIT, "func(p *byte, bytes int)")
	Doc("prefetch asks for the lines of memory from p on, at least 1 byte of them.")
	Pragma("noescape")
	p, left := Load(Param("p"), GP64()), Load(Param("bytes"), GP64())
	Label("line")
	PREFETCHT2(Mem{Base: p})
	ADDQ(Imm(64), p)
	SUBQ(Imm(64), left)
	JG(LabelRef("line"))
	RET()
}

// sumLanes adds up a register's 16 numbers.
func sumLanes(x reg.VecVirtual) reg.VecVirtual {
	half, quarter := YMM(), XMM()
	VEXTRACTF64X4(Imm(1), x, half)
	VADDPS(half, x.AsY(), half)
	VEXTRACTF128(Imm(1), half, quarter)
	VADDPS(quarter, half.AsX(), quarter)
	t := XMM()
	VPERMILPS(Imm(0b01_00_11_10), quarter, t)
	VADDPS(t, quarter, quarter)
	VPERMILPS(Imm(0b10_11_00_01), quarter, t)
	VADDPS(t, quarter, quarter)
	return quarter
}
