package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// peak writes loops of x = x/2 + 1 over registers alone. There are as many
// sums as registers allow, so that none waits for its last result: four cycles
// of latency at two instructions a cycle need eight.
func peak() {
	// As bits: a whole number would be written as an integer.
	half, one := ConstData("half", U32(math.Float32bits(0.5))), ConstData("one", U32(math.Float32bits(1)))
	fusedPeak("peakAVX512", 24, ZMM, half, one)
	fusedPeak("peakAVX2", 14, YMM, half, one)
	separatePeak("peakSSE2", 14, half, one)
}

// peakFunction begins a function and returns the register that counts its rounds.
func peakFunction(name string, sums int) reg.Register {
	TEXT(name, NOSPLIT, "func(rounds int, lanes *[16]float32)")
	Doc(fmt.Sprintf("%s sets lanes to the totals of %d sums, lane by lane, after rounds of", name, sums), "x = x/2 + 1 over each from 0. rounds is at least 1.")
	Pragma("noescape")
	return Load(Param("rounds"), GP64())
}

// fusedPeak writes the loop with one fused multiply-add per sum and round.
func fusedPeak(name string, sums int, register func() reg.VecVirtual, factor, addend Mem) {
	rounds := peakFunction(name, sums)
	half, one := register(), register()
	VBROADCASTSS(factor, half)
	VBROADCASTSS(addend, one)
	x := make([]reg.VecVirtual, sums)
	for i := range x {
		x[i] = register()
		if i == 0 {
			VXORPS(x[0].AsX(), x[0].AsX(), x[0].AsX()) // the upper lanes with them
		} else {
			VMOVAPS(x[0], x[i])
		}
	}
	Label("round")
	for _, s := range x {
		VFMADD213PS(one, half, s)
	}
	DECQ(rounds)
	JNZ(LabelRef("round"))

	for _, s := range x[1:] {
		VADDPS(s, x[0], x[0])
	}
	lanes := Load(Param("lanes"), GP64())
	VMOVUPS(x[0], Mem{Base: lanes})
	VZEROUPPER()
	RET()
}

// separatePeak writes the loop with a product and an addition per sum and
// round, of 128 bits. The sums are all registers but those of the constants.
func separatePeak(name string, sums int, factor, addend Mem) {
	rounds := peakFunction(name, sums)
	half, one := XMM(), XMM()
	MOVSS(factor, half)
	SHUFPS(Imm(0), half, half)
	MOVSS(addend, one)
	SHUFPS(Imm(0), one, one)
	x := make([]reg.VecVirtual, sums)
	for i := range x {
		x[i] = XMM()
		XORPS(x[i], x[i])
	}
	Label("round")
	for _, s := range x {
		MULPS(half, s)
		ADDPS(one, s)
	}
	DECQ(rounds)
	JNZ(LabelRef("round"))

	for _, s := range x[1:] {
		ADDPS(s, x[0])
	}
	lanes := Load(Param("lanes"), GP64())
	MOVUPS(x[0], Mem{Base: lanes})
	RET()
}
