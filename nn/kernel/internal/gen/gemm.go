package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gemm writes the tiles of matrix products and the packing of their operands.
//
// The sums of a tile stay in registers over the whole depth. As many as the
// registers allow make the fewest loads per product: 8 x 2 vectors of AVX-512
// and 6 x 2 of AVX2 both keep the multipliers busy out of the second-level
// cache. Fewer rows have tiles of their own, so that they do not pay for eight.
func gemm() {
	for _, set := range []tileSet{{avx512{}, 8}, {avx2{}, 6}, {sse2{}, 4}} {
		for vectors := 1; vectors <= panelVectors; vectors++ {
			for rows := 1; rows <= set.rows; rows++ {
				tile{set.instructions, rows, vectors}.write()
			}
		}
		copyPanel(set.instructions)
		combineRows(set.instructions)
	}
	for rows := 1; rows <= 2; rows++ { // two vectors of so few would wait for their sums
		tile{avx2{}, rows, 2 * panelVectors}.write()
	}
	transpose8AVX2()
	dotRowsAVX2(1)
	dotRowsAVX2(4)
	copy8AVX2()
	transpose4SSE2()
}

type tileSet struct {
	instructions tileInstructions
	rows         int // of its highest tile
}

// panelVectors is the width of a packed panel of y.
const panelVectors = 2

// tile is a micro-kernel: rows x vectors sums in registers.
type tile struct {
	tileInstructions
	rows, vectors int
}

// Bits of a tile's flags: add the sums to C; cut the outputs at zero.
const (
	flagAdd = iota
	flagReLU
)

func (t tile) write() {
	name := fmt.Sprintf("tile%dx%d%s", t.rows, t.vectors, t.set())
	TEXT(name, NOSPLIT, "func(depth int, x *float32, xStep int, y, c *float32, ldc int, bias *float32, flags, last int)")
	Doc(fmt.Sprintf("%s is %d rows of %d vectors; see tileKernel.", name, t.rows, t.vectors))
	Pragma("noescape")
	depth := Load(Param("depth"), GP64())
	x, xStep := Load(Param("x"), GP64()), Load(Param("xStep"), GP64())
	panels := []reg.Register{Load(Param("y"), GP64())}
	if t.vectors > panelVectors {
		next := Load(Param("last"), GP64())
		ADDQ(panels[0], next)
		panels = append(panels, next)
	}
	c, ldc := Load(Param("c"), GP64()), Load(Param("ldc"), GP64())

	t.eachRow(c, ldc, func(row Mem, _ int) { // C comes while the products are summed
		for at := 0; at < t.vectors*t.width(); at += 64 {
			PREFETCHT0(row.Offset(at))
		}
	})
	sums := t.sums()
	Label("step")
	t.step(sums, x, panels)
	ADDQ(xStep, x)
	for _, y := range panels {
		ADDQ(U32(panelVectors*t.width()), y)
	}
	DECQ(depth)
	JNZ(LabelRef("step"))
	t.finish(sums, c, ldc)
	t.end()
	RET()
}

// eachRow calls f with the place and the number of each row of C.
func (t tile) eachRow(c, ldc reg.Register, f func(row Mem, i int)) {
	at := GP64()
	MOVQ(c, at)
	for i := range t.rows {
		f(Mem{Base: at}, i)
		if i+1 < t.rows {
			ADDQ(ldc, at)
		}
	}
}

// sums returns the tile's registers, all zero.
func (t tile) sums() [][]reg.VecVirtual {
	sums := make([][]reg.VecVirtual, t.rows)
	for i := range sums {
		for range t.vectors {
			sums[i] = append(sums[i], t.zero())
		}
	}
	return sums
}

// step adds one product to each sum.
func (t tile) step(sums [][]reg.VecVirtual, x reg.Register, panels []reg.Register) {
	var b []reg.VecVirtual
	for v := range t.vectors {
		b = append(b, t.load(Mem{Base: panels[v/panelVectors], Disp: v % panelVectors * t.width()}))
	}
	for i, row := range sums {
		a := t.broadcast(Mem{Base: x, Disp: 4 * i})
		for v, s := range row {
			t.addProduct(b[v], a, s)
		}
	}
}

// finish brings the sums to C: adds what was there, then the bias, cuts at zero.
func (t tile) finish(sums [][]reg.VecVirtual, c, ldc reg.Register) {
	t.loadLast()
	flags := Load(Param("flags"), GP64())
	BTQ(Imm(flagAdd), flags)
	JCC(LabelRef("bias"))
	t.eachRow(c, ldc, func(row Mem, i int) {
		for v, s := range sums[i] {
			t.add(t.loadOutput(row.Offset(v*t.width()), v == t.vectors-1), s)
		}
	})

	Label("bias")
	bias := Load(Param("bias"), GP64())
	TESTQ(bias, bias)
	JZ(LabelRef("relu"))
	for v := range t.vectors {
		b := t.loadOutput(Mem{Base: bias, Disp: v * t.width()}, v == t.vectors-1)
		for _, row := range sums {
			t.add(b, row[v])
		}
	}

	Label("relu")
	BTQ(Imm(flagReLU), flags)
	JCC(LabelRef("store"))
	zero := t.zero()
	for _, row := range sums {
		for _, s := range row {
			t.cut(zero, s)
		}
	}

	Label("store")
	t.eachRow(c, ldc, func(row Mem, i int) {
		for v, s := range sums[i] {
			t.storeOutput(s, row.Offset(v*t.width()), v == t.vectors-1)
		}
	})
}
