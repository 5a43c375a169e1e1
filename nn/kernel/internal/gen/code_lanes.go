package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// codeKernel starts a loop that keeps none of its pointers. signature is what
// follows func; doc ends the sentence that the name begins.
func codeKernel(name, signature, doc string) {
	TEXT(name, NOSPLIT, "func"+signature)
	Doc(name + " " + doc)
	Pragma("noescape")
}

// codeReturn ends one, with the upper halves of the registers clean.
func codeReturn() {
	VZEROUPPER()
	RET()
}

func argument(name string) reg.Register  { return Load(Param(name), GP64()) }
func sliceBase(name string) reg.Register { return Load(Param(name).Base(), GP64()) }
func sliceLen(name string) reg.Register  { return Load(Param(name).Len(), GP64()) }

// broadcastArgument fills v with a float32.
func broadcastArgument(name string, v reg.VecVirtual) {
	VBROADCASTSS(address(Param(name)), v)
}

// address is where an argument or a result lies. avo's own moves of float32
// are those of SSE, which shall not meet the upper halves of registers.
func address(c gotypes.Component) Mem {
	b, err := c.Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// ymms and zmms are n registers of 256 or 512 bits.
func ymms(n int) []reg.VecVirtual { return vectors(n, YMM) }
func zmms(n int) []reg.VecVirtual { return vectors(n, ZMM) }

func vectors(n int, kind func() reg.VecVirtual) []reg.VecVirtual {
	v := make([]reg.VecVirtual, n)
	for i := range v {
		v[i] = kind()
	}
	return v
}

// inEights calls eight while n is at least 8, then one while any are left, and returns.
func inEights(n reg.Register, eight, one func()) {
	Label("eight")
	CMPQ(n, Imm(8))
	JL(LabelRef("one"))
	eight()
	SUBQ(Imm(8), n)
	JMP(LabelRef("eight"))
	Label("one")
	TESTQ(n, n)
	JE(LabelRef("done"))
	one()
	DECQ(n)
	JMP(LabelRef("one"))
	Label("done")
	codeReturn()
}

// matrixRows are the addresses of rows ld bytes apart, up to six, from p on.
func matrixRows(p, ld reg.Register, rows int) []Mem {
	m := []Mem{{Base: p}, {Base: p, Index: ld, Scale: 1}, {Base: p, Index: ld, Scale: 2}}
	if rows > len(m) {
		q := GP64()
		LEAQ(Mem{Base: ld, Index: ld, Scale: 2}, q)
		ADDQ(p, q)
		m = append(m, Mem{Base: q}, Mem{Base: q, Index: ld, Scale: 1}, Mem{Base: q, Index: ld, Scale: 2})
	}
	return m[:rows]
}

// advanceRows moves the addresses of matrixRows by so many bytes.
func advanceRows(rows []Mem, bytes int) {
	for i := 0; i < len(rows); i += 3 {
		ADDQ(Imm(uint64(bytes)), rows[i].Base)
	}
}

// lowMask selects in k the first n of up to 64 lanes.
func lowMask(n reg.Register, k reg.OpmaskVirtual) {
	bits := GP64()
	MOVQ(n, reg.RCX)
	MOVQ(U32(1), bits)
	SHLQ(reg.CL, bits)
	DECQ(bits)
	KMOVQ(bits, k)
}

// laneMask selects in m, of eight lanes, those whose number plus first is
// below n. lanes holds the numbers.
func laneMask(n reg.Register, first int, lanes, m reg.VecVirtual) {
	rest := GP64()
	MOVQ(n, rest)
	SUBQ(Imm(uint64(first)), rest)
	VMOVD(rest.As32(), m.AsX())
	VPBROADCASTD(m.AsX(), m)
	VPCMPGTD(lanes, m, m)
}

// sumLanes adds the 32-bit lanes of each of one or four registers of 256 bits
// into as many lanes of the first.
func sumLanes(x []reg.VecVirtual) {
	t := XMM()
	if len(x) == 4 {
		VPHADDD(x[1], x[0], x[0])
		VPHADDD(x[3], x[2], x[2])
		VPHADDD(x[2], x[0], x[0])
		VEXTRACTI128(Imm(1), x[0], t)
		VPADDD(t, x[0].AsX(), x[0].AsX())
		return
	}
	VEXTRACTI128(Imm(1), x[0], t)
	VPADDD(t, x[0].AsX(), x[0].AsX())
	for range 2 {
		VPHADDD(x[0].AsX(), x[0].AsX(), x[0].AsX())
	}
}

// foldHalves adds the upper half of each register of 512 bits to the lower,
// lane by lane of 32 bits, and returns the lower halves.
func foldHalves(x []reg.VecVirtual) []reg.VecVirtual {
	halves := ymms(len(x))
	for i := range x {
		VEXTRACTI64X4(Imm(1), x[i], halves[i])
		VPADDD(x[i].AsY(), halves[i], halves[i])
	}
	return halves
}

// VPDPBUSD adds to each 32-bit lane of sum the four products of signed and
// unsigned bytes. avo does not know the instruction.
func VPDPBUSD(signed Op, unsigned, sum reg.VecVirtual) {
	Instruction(&ir.Instruction{
		Opcode:   "VPDPBUSD",
		Operands: []Op{signed, unsigned, sum},
		Inputs:   []Op{signed, unsigned, sum},
		Outputs:  []Op{sum},
		ISA:      []string{"AVX512_VNNI"},
	})
}
