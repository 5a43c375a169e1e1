package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The layout of packed weights, as kernel's int8_weights.go has it.
const (
	panelCols  = 16
	panelGroup = 4
)

// tileShape is the size of a tile: rows by panels of 16 columns, each panel in
// so many registers.
type tileShape struct{ rows, panels, parts int }

func (s tileShape) vectors() int { return s.panels * s.parts }

// int8Instructions are how a set multiplies bytes and moves what is next to them.
type int8Instructions interface {
	set() string
	vector() reg.VecVirtual
	prepare()
	// add adds to sum the products of a group of inputs, one group in every
	// lane, and the weights of as many outputs as the register has lanes.
	add(inputs, weights, sum reg.VecVirtual)
	// partial readies what load and store do to the first cols of 16 columns.
	partial(cols reg.Register)
	load(m Mem, part int, v reg.VecVirtual)
	store(v reg.VecVirtual, part int, m Mem)
}

// int8Tile writes the product of so many rows and columns:
//
//	c = max(floor, (start + sums) * colScales * rowScales + bias)
//
// A tile of one panel may be narrower than that by cols.
func int8Tile(s tileShape, in int8Instructions) {
	name := fmt.Sprintf("int8Tile%dx%d%s", s.rows, s.panels*panelCols, in.set())
	codeKernel(name, "(depth int, a *uint8, lda int, panels *int8, start *int32, colScales, bias, rowScales *float32, floor float32, c *float32, ldc, cols int)",
		fmt.Sprintf("is a tile of int8Product: %d rows and %d columns.", s.rows, s.panels*panelCols))
	in.prepare()
	sums := make([][]reg.VecVirtual, s.rows)
	start := argument("start")
	for i := range sums {
		sums[i] = vectors(s.vectors(), in.vector)
		for j, v := range sums[i] {
			VMOVUPS(Mem{Base: start, Disp: s.bytes() * j}, v)
		}
	}
	s.multiply(in, sums)
	s.finish(in, sums)
	codeReturn()
}

// bytes is the size of a register.
func (s tileShape) bytes() int { return panelCols * panelGroup / s.parts }

// multiply adds the products over the whole depth to sums.
func (s tileShape) multiply(in int8Instructions, sums [][]reg.VecVirtual) {
	depth, stride := argument("depth"), GP64()
	LEAQ(Mem{Base: depth, Disp: panelGroup - 1}, stride)
	ANDQ(I32(-panelGroup), stride)
	SHLQ(Imm(4), stride) // panelCols
	a, panels := matrixRows(argument("a"), argument("lda"), s.rows), matrixRows(argument("panels"), stride, s.panels)
	weights, inputs := vectors(s.vectors(), in.vector), in.vector()

	step := func(broadcast func(row int)) {
		for j, w := range weights {
			panel := panels[j/s.parts]
			panel.Disp = j % s.parts * s.bytes()
			VMOVUPS(panel, w)
		}
		for i := range s.rows {
			broadcast(i)
			for j, w := range weights {
				in.add(inputs, w, sums[i][j])
			}
		}
	}
	Label("group")
	CMPQ(depth, Imm(panelGroup))
	JL(LabelRef("rest"))
	step(func(i int) { VPBROADCASTD(a[i], inputs) })
	advanceRows(a, panelGroup)
	advanceRows(panels, panelCols*panelGroup)
	SUBQ(Imm(panelGroup), depth)
	JMP(LabelRef("group"))
	Label("rest")
	TESTQ(depth, depth)
	JE(LabelRef("finish"))
	step(func(i int) { broadcastRest(a[i], depth, i, inputs) })
	Label("finish")
}

// broadcastRest reads n < 4 bytes, with zeros after them, into every lane of v.
func broadcastRest(from Mem, n reg.Register, row int, v reg.VecVirtual) {
	group, next, p, i := GP32(), GP32(), GP64(), GP64()
	LEAQ(from, p)
	MOVQ(n, i)
	XORL(group, group)
	loop := fmt.Sprintf("rest%d", row)
	Label(loop)
	SHLL(Imm(8), group)
	MOVBLZX(Mem{Base: p, Index: i, Scale: 1, Disp: -1}, next)
	ORL(next, group)
	DECQ(i)
	JNE(LabelRef(loop))
	VMOVD(group, v.AsX())
	VPBROADCASTD(v.AsX(), v)
}

// finish makes outputs of the sums.
func (s tileShape) finish(in int8Instructions, sums [][]reg.VecVirtual) {
	colScales, bias, rowScales := argument("colScales"), argument("bias"), argument("rowScales")
	ldc := argument("ldc")
	SHLQ(Imm(2), ldc)
	c := matrixRows(argument("c"), ldc, s.rows)
	if s.panels == 1 {
		in.partial(argument("cols"))
	}
	floor, colScale, shift, rowScale := in.vector(), in.vector(), in.vector(), in.vector()
	broadcastArgument("floor", floor)
	for j := range s.vectors() {
		at := s.bytes() * j
		VMOVUPS(Mem{Base: colScales, Disp: at}, colScale)
		s.transfer(in, Mem{Base: bias, Disp: at}, j, shift, false)
		for i := range s.rows {
			v := sums[i][j]
			VBROADCASTSS(Mem{Base: rowScales, Disp: 4 * i}, rowScale)
			VCVTDQ2PS(v, v)
			VMULPS(colScale, v, v)
			VMULPS(rowScale, v, v)
			VADDPS(shift, v, v)
			VMAXPS(v, floor, v) // v, where it is NaN or a zero beside zero
			out := c[i]
			out.Disp = at
			s.transfer(in, out, j, v, true)
		}
	}
}

// transfer moves a vector of columns from or to memory, as far as they exist.
func (s tileShape) transfer(in int8Instructions, m Mem, j int, v reg.VecVirtual, store bool) {
	switch {
	case s.panels > 1 && store:
		VMOVUPS(v, m)
	case s.panels > 1:
		VMOVUPS(m, v)
	case store:
		in.store(v, j, m)
	default:
		in.load(m, j, v)
	}
}

// tileVNNI multiplies and adds in one instruction.
type tileVNNI struct{ mask reg.OpmaskVirtual }

func (*tileVNNI) set() string            { return "VNNI" }
func (*tileVNNI) vector() reg.VecVirtual { return ZMM() }
func (*tileVNNI) prepare()               {}

func (*tileVNNI) add(inputs, weights, sum reg.VecVirtual) { VPDPBUSD(weights, inputs, sum) }

func (t *tileVNNI) partial(cols reg.Register) {
	t.mask = K()
	lowMask(cols, t.mask)
}

func (t *tileVNNI) load(m Mem, _ int, v reg.VecVirtual)  { VMOVUPS_Z(m, t.mask, v) }
func (t *tileVNNI) store(v reg.VecVirtual, _ int, m Mem) { VMOVUPS(v, t.mask, m) }

// tileAVX2 adds pairs in 16 bits, which cannot overflow since inputs have 7
// bits, and then pairs of pairs in 32.
type tileAVX2 struct {
	tables        codeTables
	ones, product reg.VecVirtual
	masks         [2]reg.VecVirtual
}

func (*tileAVX2) set() string            { return "AVX2" }
func (*tileAVX2) vector() reg.VecVirtual { return YMM() }

func (t *tileAVX2) prepare() {
	t.ones, t.product = YMM(), YMM()
	VPBROADCASTD(t.tables.ones, t.ones)
}

func (t *tileAVX2) add(inputs, weights, sum reg.VecVirtual) {
	VPMADDUBSW(weights, inputs, t.product)
	VPMADDWD(t.ones, t.product, t.product)
	VPADDD(t.product, sum, sum)
}

func (t *tileAVX2) partial(cols reg.Register) {
	lanes := YMM()
	VMOVDQU(t.tables.lanes, lanes)
	for i := range t.masks {
		t.masks[i] = YMM()
		laneMask(cols, 8*i, lanes, t.masks[i])
	}
}

func (t *tileAVX2) load(m Mem, part int, v reg.VecVirtual)  { VMASKMOVPS(m, t.masks[part], v) }
func (t *tileAVX2) store(v reg.VecVirtual, part int, m Mem) { VMASKMOVPS(v, t.masks[part], m) }
