package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transpose8AVX2 writes the packing of lanes whose numbers are adjacent.
func transpose8AVX2() {
	TEXT("transpose8AVX2", NOSPLIT, "func(dst *float32, step int, src *float32, ld, lanes, depth int)")
	Doc("transpose8AVX2 sets dst[l*step+i] to src[i*ld+l] for 8 lanes i and l < depth, a",
		"positive multiple of 8. step and ld are in bytes. Of fewer lanes, at least 1,",
		"the last one is repeated.")
	Pragma("noescape")
	dst, step := Load(Param("dst"), GP64()), Load(Param("step"), GP64())
	rows := lanePointers(8)
	depth := Load(Param("depth"), GP64())
	SUBQ(Imm(lineNumbers), depth)
	JLT(LabelRef("rest"))
	Label("line")
	transposeParts(rows, dst, step, lineNumbers/4)
	SUBQ(Imm(lineNumbers), depth)
	JGE(LabelRef("line"))
	Label("rest")
	ADDQ(Imm(lineNumbers), depth)
	JZ(LabelRef("end"))
	transposeParts(rows, dst, step, 2)
	Label("end")
	VZEROUPPER()
	RET()
}

// lineNumbers is how many numbers a cache line holds. Lanes that lie a power of
// two apart compete for the same places of the first-level cache, so a line
// is used up before the next one is touched.
const lineNumbers = 16

// transposeParts transposes the next 4*parts numbers of eight lanes.
func transposeParts(rows []reg.Register, dst, step reg.Register, parts int) {
	for part := range parts {
		var y [4]reg.VecVirtual // lanes i and i+4
		for i := range y {
			y[i] = joined(Mem{Base: rows[i], Disp: 16 * part}, Mem{Base: rows[i+4], Disp: 16 * part})
		}
		for _, column := range transpose4(y) {
			VMOVUPS(column, Mem{Base: dst})
			ADDQ(step, dst)
		}
	}
	for _, row := range rows {
		ADDQ(Imm(uint64(16*parts)), row)
	}
}

// joined loads the halves of a vector.
func joined(low, high Mem) reg.VecVirtual {
	v := YMM()
	VBROADCASTF128(low, v)
	VINSERTF128(Imm(1), high, v, v)
	return v
}

// lanePointers returns pointers to n lanes of src, ld bytes apart, of which
// those from parameter lanes on are the last one again.
func lanePointers(n int) []reg.Register {
	lanes, ld := Load(Param("lanes"), GP64()), Load(Param("ld"), GP64())
	rows := []reg.Register{Load(Param("src"), GP64())}
	for i := 1; i < n; i++ {
		row, next := GP64(), GP64()
		MOVQ(rows[i-1], row)
		LEAQ(Mem{Base: row, Index: ld, Scale: 1}, next)
		CMPQ(lanes, Imm(uint64(i)))
		CMOVQGT(next, row)
		rows = append(rows, row)
	}
	return rows
}

// transpose4 transposes the 4 x 4 numbers in each 128 bits of y.
func transpose4(y [4]reg.VecVirtual) [4]reg.VecVirtual {
	var pairs, columns [4]reg.VecVirtual
	for i := range pairs {
		pairs[i], columns[i] = YMM(), YMM()
	}
	VUNPCKLPS(y[1], y[0], pairs[0])
	VUNPCKHPS(y[1], y[0], pairs[1])
	VUNPCKLPS(y[3], y[2], pairs[2])
	VUNPCKHPS(y[3], y[2], pairs[3])
	for i := range 2 {
		VUNPCKLPD(pairs[2+i], pairs[i], columns[2*i])
		VUNPCKHPD(pairs[2+i], pairs[i], columns[2*i+1])
	}
	return columns
}

// copy8AVX2 writes the packing of up to 8 adjacent lanes.
func copy8AVX2() {
	table := GLOBL("laneMasks", RODATA|NOPTR)
	for i := range 16 {
		DATA(4*i, U32(math.MaxUint32*uint32(1-i/8)))
	}
	TEXT("copy8AVX2", NOSPLIT, "func(dst *float32, step int, src *float32, ld, lanes, depth int)")
	Doc("copy8AVX2 sets dst[l*step+i] to src[l*ld+i] for lanes i, 0 to 8, and to 0 for the",
		"rest of 8, for l < depth, at least 1. step and ld are in bytes.")
	Pragma("noescape")
	dst, step := Load(Param("dst"), GP64()), Load(Param("step"), GP64())
	src, ld := Load(Param("src"), GP64()), Load(Param("ld"), GP64())
	lanes, depth := Load(Param("lanes"), GP64()), Load(Param("depth"), GP64())
	masks, mask, v := GP64(), YMM(), YMM()
	LEAQ(table, masks)
	NEGQ(lanes)
	VMOVUPS(Mem{Base: masks, Index: lanes, Scale: 4, Disp: 32}, mask)
	Label("row")
	VMASKMOVPS(Mem{Base: src}, mask, v)
	VMOVUPS(v, Mem{Base: dst})
	ADDQ(ld, src)
	ADDQ(step, dst)
	DECQ(depth)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// transpose4SSE2 writes the packing of lanes whose numbers are adjacent.
func transpose4SSE2() {
	TEXT("transpose4SSE2", NOSPLIT, "func(dst *float32, step int, src *float32, ld, lanes, depth int)")
	Doc("transpose4SSE2 sets dst[l*step+i] to src[i*ld+l] for 4 lanes i and l < depth, a",
		"positive multiple of 4. step and ld are in bytes. Of fewer lanes, at least 1,",
		"the last one is repeated.")
	Pragma("noescape")
	dst, step := Load(Param("dst"), GP64()), Load(Param("step"), GP64())
	rows := lanePointers(4)
	depth := Load(Param("depth"), GP64())
	Label("block")
	var y [4]reg.VecVirtual
	for i := range y {
		y[i] = sse2{}.load(Mem{Base: rows[i]})
		ADDQ(Imm(16), rows[i])
	}
	pairs := [4]reg.VecVirtual{y[0], copyXMM(y[0]), y[2], copyXMM(y[2])}
	for i := range 2 {
		UNPCKLPS(y[2*i+1], pairs[2*i])
		UNPCKHPS(y[2*i+1], pairs[2*i+1])
	}
	for i := range 2 {
		even, odd := copyXMM(pairs[i]), pairs[i]
		UNPCKLPD(pairs[2+i], even)
		UNPCKHPD(pairs[2+i], odd)
		for _, column := range []reg.VecVirtual{even, odd} {
			MOVUPS(column, Mem{Base: dst})
			ADDQ(step, dst)
		}
	}
	SUBQ(Imm(4), depth)
	JNZ(LabelRef("block"))
	RET()
}

// copyPanel writes the packing of a whole panel of adjacent lanes.
func copyPanel(in tileInstructions) {
	name := "copyPanel" + in.set()
	TEXT(name, NOSPLIT, "func(dst, src *float32, ld, depth int)")
	Doc(name+" copies rows of two vectors, ld bytes apart, one behind the other.",
		"depth is at least 1.")
	Pragma("noescape")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	ld, depth := Load(Param("ld"), GP64()), Load(Param("depth"), GP64())
	Label("row")
	var row []reg.VecVirtual
	for v := range panelVectors {
		row = append(row, in.load(Mem{Base: src, Disp: v * in.width()}))
	}
	for v, r := range row {
		in.store(r, Mem{Base: dst, Disp: v * in.width()})
	}
	ADDQ(ld, src)
	ADDQ(U32(panelVectors*in.width()), dst)
	DECQ(depth)
	JNZ(LabelRef("row"))
	in.end()
	RET()
}
