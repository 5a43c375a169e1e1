package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Instructions that avo does not know but Go's assembler does.

// VPDPBUSD adds to each 32-bit lane of sum the four products of signed and
// unsigned bytes there.
func VPDPBUSD(signed Op, unsigned, sum reg.VecVirtual) {
	Instruction(&ir.Instruction{
		Opcode:   "VPDPBUSD",
		Operands: []Op{signed, unsigned, sum},
		Inputs:   []Op{signed, unsigned, sum},
		Outputs:  []Op{sum},
	})
}

// VPOPCNTB counts the bits of each byte.
func VPOPCNTB(x, counts reg.VecVirtual) {
	Instruction(&ir.Instruction{
		Opcode:   "VPOPCNTB",
		Operands: []Op{x, counts},
		Inputs:   []Op{x},
		Outputs:  []Op{counts},
	})
}
