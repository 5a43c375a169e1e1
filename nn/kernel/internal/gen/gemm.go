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
	for _, vectors := range []int{1, 2} {
		for rows := 1; rows <= 8; rows++ {
			tile{name: "AVX512", rows: rows, vectors: vectors, register: ZMM, width: 64, panel: 2, masked: true}.write()
		}
		for rows := 1; rows <= 6; rows++ {
			tile{name: "AVX2", rows: rows, vectors: vectors, register: YMM, width: 32, panel: 2}.write()
		}
	}
	for rows := 1; rows <= 2; rows++ {
		tile{name: "AVX2", rows: rows, vectors: 4, register: YMM, width: 32, panel: 2}.write()
	}
	transposeAVX2()
	copyMaskedAVX2()
	copyPanel("AVX2", YMM, 32)
	copyPanel("AVX512", ZMM, 64)
	combineRows("AVX512", ZMM, 64)
	combineRows("AVX2", YMM, 32)
}

// tile is a micro-kernel: rows x vectors sums in registers.
type tile struct {
	name     string
	rows     int
	vectors  int
	register func() reg.VecVirtual
	width    int  // bytes of a vector
	panel    int  // vectors of a panel of y; those beyond are in the next panel
	masked   bool // the last vector reaches only as far as a mask says
}

// Bits of a tile's flags: add the sums to C; cut the outputs at zero.
const (
	flagAdd = iota
	flagReLU
)

func (t tile) write() {
	name := fmt.Sprintf("tile%dx%d%s", t.rows, t.vectors, t.name)
	last := "yNext int"
	if t.masked {
		last = "mask int"
	}
	TEXT(name, NOSPLIT, "func(depth int, x *float32, xStep int, y *float32, c *float32, ldc int, bias *float32, flags, "+last+")")
	Doc(fmt.Sprintf("%s is %d rows of %d vectors; see tileAVX.", name, t.rows, t.vectors))
	Pragma("noescape")
	depth := Load(Param("depth"), GP64())
	x, xStep := Load(Param("x"), GP64()), Load(Param("xStep"), GP64())
	y := []reg.Register{Load(Param("y"), GP64())}
	if t.vectors > t.panel {
		next := Load(Param("yNext"), GP64())
		ADDQ(y[0], next)
		y = append(y, next)
	}
	c, ldc := Load(Param("c"), GP64()), Load(Param("ldc"), GP64())

	t.eachRow(c, ldc, func(row Mem, _ int) { // C comes while the products are summed
		for at := 0; at < t.vectors*t.width; at += 64 {
			PREFETCHT0(row.Offset(at))
		}
	})
	sums := t.sums()
	Label("step")
	t.step(sums, x, y)
	ADDQ(xStep, x)
	for _, panel := range y {
		ADDQ(U32(t.panel*t.width), panel)
	}
	DECQ(depth)
	JNZ(LabelRef("step"))
	t.finish(sums, c, ldc)
	VZEROUPPER()
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
			s := t.register()
			VXORPS(s.AsX(), s.AsX(), s.AsX()) // the upper lanes with them
			sums[i] = append(sums[i], s)
		}
	}
	return sums
}

// step adds one product to each sum.
func (t tile) step(sums [][]reg.VecVirtual, x reg.Register, y []reg.Register) {
	var b []reg.VecVirtual
	for v := range t.vectors {
		r := t.register()
		VMOVUPS(Mem{Base: y[v/t.panel], Disp: v % t.panel * t.width}, r)
		b = append(b, r)
	}
	for i, row := range sums {
		a := t.register()
		VBROADCASTSS(Mem{Base: x, Disp: 4 * i}, a)
		for v, s := range row {
			VFMADD231PS(b[v], a, s)
		}
	}
}

// finish brings the sums to C: adds what was there, then the bias, cuts at zero.
func (t tile) finish(sums [][]reg.VecVirtual, c, ldc reg.Register) {
	if t.masked {
		KMOVQ(Load(Param("mask"), GP64()), lastLanes)
	}
	flags := Load(Param("flags"), GP64())
	BTQ(Imm(flagAdd), flags)
	JCC(LabelRef("bias"))
	t.eachRow(c, ldc, func(row Mem, i int) {
		for v, s := range sums[i] {
			VADDPS(t.lanes(v, row.Offset(v*t.width), s, s)...)
		}
	})

	Label("bias")
	bias := Load(Param("bias"), GP64())
	TESTQ(bias, bias)
	JZ(LabelRef("relu"))
	for v := range t.vectors {
		b := t.register()
		VXORPS(b.AsX(), b.AsX(), b.AsX())
		VMOVUPS(t.lanes(v, Mem{Base: bias, Disp: v * t.width}, b)...)
		for _, row := range sums {
			VADDPS(b, row[v], row[v])
		}
	}

	Label("relu")
	BTQ(Imm(flagReLU), flags)
	JCC(LabelRef("store"))
	zero := t.register()
	VXORPS(zero.AsX(), zero.AsX(), zero.AsX())
	for _, row := range sums {
		for _, s := range row {
			VMAXPS(s, zero, s) // of zero and NaN, the second: NaN stays
		}
	}

	Label("store")
	t.eachRow(c, ldc, func(row Mem, i int) {
		for v, s := range sums[i] {
			VMOVUPS(t.lanes(v, s, row.Offset(v*t.width))...)
		}
	})
}

// lastLanes masks the lanes of the last vector that exist.
var lastLanes = reg.K1

// lanes puts the mask before the last operand of an instruction on vector v
// where it is a masked one.
func (t tile) lanes(v int, operands ...Op) []Op {
	if !t.masked || v < t.vectors-1 {
		return operands
	}
	last := len(operands) - 1
	return append(operands[:last:last], lastLanes, operands[last])
}
