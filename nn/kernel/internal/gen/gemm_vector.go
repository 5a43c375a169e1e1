package main

import (
	"fmt"
	"math/bits"

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

// dotGroup is the number of rows whose products a vector of sums holds.
const dotGroup = 8

// dotRowsAVX2 writes the product of a vector and rows of adjacent numbers: four
// numbers of eight rows are transposed in registers, so that each row's sum has
// a lane of its own and keeps its order. Several groups of rows at once keep
// the adders busy.
func dotRowsAVX2(groups int) {
	name := fmt.Sprintf("dots%dAVX2", groups*dotGroup)
	TEXT(name, NOSPLIT, "func(sums, v *float32, depth int, x *float32, ld, turns int)")
	Doc(fmt.Sprintf("%s sets sums[i] to the sum of v[l]*x[i*ld+l] over l < depth, for turns", name),
		fmt.Sprintf("times %d rows i. ld is in bytes.", groups*dotGroup))
	Pragma("noescape")
	sums, v := Load(Param("sums"), GP64()), Load(Param("v"), GP64())
	depth, turns := Load(Param("depth"), GP64()), Load(Param("turns"), GP64())
	rows := newDotRows(groups)

	Label("turn")
	acc := make([]reg.VecVirtual, groups)
	for g := range acc {
		acc[g] = avx2{}.zero()
	}
	left := GP64()
	MOVQ(depth, left)
	rows.inParts(left, lineNumbers/4, v, acc)
	rows.inParts(left, 1, v, acc)

	TESTQ(left, left)
	JZ(LabelRef("store"))
	Label("one")
	weight := avx2{}.broadcast(Mem{Base: v})
	for g, sum := range acc {
		VFMADD231PS(rows.column(g), weight, sum)
	}
	rows.advance(4)
	ADDQ(Imm(4), v)
	DECQ(left)
	JNZ(LabelRef("one"))

	Label("store")
	for g, sum := range acc {
		VMOVUPS(sum, Mem{Base: sums, Disp: 4 * dotGroup * g})
	}
	ADDQ(U32(uint32(4*dotGroup*groups)), sums)
	Load(Param("v"), v)
	rows.nextTurn(depth)
	DECQ(turns)
	JNZ(LabelRef("turn"))
	VZEROUPPER()
	RET()
}

// dotRows are the rows that a turn of dotRowsAVX2 walks along.
type dotRows struct {
	groups []reg.Register       // the place in the first row of each
	ld     map[int]reg.Register // odd multiples of the distance between rows
}

func newDotRows(groups int) dotRows {
	r := dotRows{ld: map[int]reg.Register{1: Load(Param("ld"), GP64())}}
	for i := 3; i < dotGroup; i += 2 {
		r.ld[i] = GP64()
		LEAQ(Mem{Base: r.ld[i-2], Index: r.ld[1], Scale: 2}, r.ld[i])
	}
	x := Load(Param("x"), GP64())
	for range groups {
		r.groups = append(r.groups, x)
		next := GP64()
		LEAQ(Mem{Base: x, Index: r.ld[1], Scale: dotGroup}, next)
		x = next
	}
	return r
}

// inParts adds products to the sums, 4*parts of each row at a time, as long as
// there are as many left.
func (r dotRows) inParts(left reg.Register, parts int, v reg.Register, sums []reg.VecVirtual) {
	loop, end := fmt.Sprintf("parts%d", parts), fmt.Sprintf("noparts%d", parts)
	SUBQ(Imm(uint64(4*parts)), left)
	JLT(LabelRef(end))
	Label(loop)
	for g, sum := range sums {
		for part := range parts {
			for j, column := range r.transposed(g, 16*part) {
				VFMADD231PS(column, avx2{}.broadcast(Mem{Base: v, Disp: 16*part + 4*j}), sum)
			}
		}
	}
	r.advance(uint64(16 * parts))
	ADDQ(Imm(uint64(16*parts)), v)
	SUBQ(Imm(uint64(4*parts)), left)
	JGE(LabelRef(loop))
	Label(end)
	ADDQ(Imm(uint64(4*parts)), left)
}

// row is the place in row i of group g.
func (r dotRows) row(g, i int) Mem {
	if i == 0 {
		return Mem{Base: r.groups[g]}
	}
	scale := 1
	for ; i%2 == 0; i /= 2 {
		scale *= 2
	}
	return Mem{Base: r.groups[g], Index: r.ld[i], Scale: uint8(scale)}
}

// transposed returns four numbers of each row of a group, disp bytes further on:
// the first ones of all rows in one vector, and so on.
func (r dotRows) transposed(g, disp int) [4]reg.VecVirtual {
	var y [4]reg.VecVirtual
	for i := range y {
		y[i] = joined(r.row(g, i).Offset(disp), r.row(g, i+4).Offset(disp))
	}
	return transpose4(y)
}

// column returns the next number of each row of a group.
func (r dotRows) column(g int) reg.VecVirtual {
	halves := [2]reg.VecVirtual{YMM(), YMM()}
	for h, v := range halves {
		VBROADCASTSS(r.row(g, 4*h), v)
		for i := 1; i < 4; i++ {
			VINSERTPS(Imm(uint64(i<<4)), r.row(g, 4*h+i), v.AsX(), v.AsX())
		}
	}
	column := YMM()
	VINSERTF128(Imm(1), halves[1].AsX(), halves[0], column)
	return column
}

// advance moves all rows by so many bytes.
func (r dotRows) advance(bytes uint64) {
	for _, g := range r.groups {
		ADDQ(Imm(bytes), g)
	}
}

// nextTurn moves from the end of the rows to the beginning of the next ones.
func (r dotRows) nextTurn(depth reg.Register) {
	step, back := GP64(), GP64()
	MOVQ(r.ld[1], step)
	SHLQ(Imm(uint64(bits.TrailingZeros(uint(dotGroup*len(r.groups))))), step)
	MOVQ(depth, back)
	SHLQ(Imm(2), back)
	SUBQ(back, step)
	for _, g := range r.groups {
		ADDQ(step, g)
	}
}
