package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// combineVectors is how many vectors of sums a turn of combine keeps: enough
// that none waits for its last product, and rows are read in long pieces.
const combineVectors = 8

// combineRows writes the product of a vector and the rows of a matrix as it
// lies in memory: each row is read once, so that packing would not pay.
func combineRows(in tileInstructions) {
	name := "combine" + in.set()
	TEXT(name, NOSPLIT, "func(sums, v *float32, depth int, x *float32, ld, turns int)")
	Doc(name+" sets sums[j] to the sum of v[l]*x[l*ld+j] over l < depth, at least 1,",
		"for turns times 8 vectors of sums. ld is in bytes.")
	Pragma("noescape")
	sums, x := Load(Param("sums"), GP64()), Load(Param("x"), GP64())
	ld, turns := Load(Param("ld"), GP64()), Load(Param("turns"), GP64())
	v, row, depth := GP64(), GP64(), GP64()
	Label("turn")
	Load(Param("v"), v)
	Load(Param("depth"), depth)
	MOVQ(x, row)
	var s []reg.VecVirtual
	for range combineVectors {
		s = append(s, in.zero())
	}
	Label("row")
	weight := in.broadcast(Mem{Base: v})
	for i, r := range s {
		in.addProduct(in.load(Mem{Base: row, Disp: i * in.width()}), weight, r)
	}
	ADDQ(ld, row)
	ADDQ(Imm(4), v)
	DECQ(depth)
	JNZ(LabelRef("row"))
	for i, r := range s {
		in.store(r, Mem{Base: sums, Disp: i * in.width()})
	}
	ADDQ(U32(combineVectors*in.width()), x)
	ADDQ(U32(combineVectors*in.width()), sums)
	DECQ(turns)
	JNZ(LabelRef("turn"))
	in.end()
	RET()
}
