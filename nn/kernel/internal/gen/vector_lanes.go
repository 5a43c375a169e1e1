package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// lanes is a family of instructions that a loop over float32 is written for.
// The families share most mnemonics, so that one generator writes the loop for
// each; the methods below are where they differ.
type lanes struct {
	name  string // ends the names of functions
	width int    // float32 numbers in a register
}

// zmmLanes has 32 registers of 16 lanes and masks in registers of their own;
// ymmLanes has 16 registers of 8 lanes, and masks are lanes of zeros and ones.
var (
	zmmLanes = lanes{"AVX512", 16}
	ymmLanes = lanes{"AVX2", 8}
)

// reg is a register of l's width.
func (l lanes) reg() reg.VecVirtual {
	if l == zmmLanes {
		return ZMM()
	}
	return YMM()
}

// bytes is the size of a register.
func (l lanes) bytes() int { return 4 * l.width }

// function starts the function name+l.name, which touches only what its
// pointers and slices name.
func (l lanes) function(name, signature, doc string) {
	TEXT(name+l.name, NOSPLIT, "func"+signature)
	Doc(name + l.name + " is " + doc)
	Pragma("noescape")
}

// leave leaves a function.
func leave() {
	VZEROUPPER()
	RET()
}

// laneConstants are the numbers that a family's functions have in memory so far,
// by their bits.
var laneConstants = map[uint32]Mem{}

// inMemory is a number in each lane of ymmLanes; wider registers repeat one.
func inMemory(bits uint32) Mem {
	m, ok := laneConstants[bits]
	if !ok {
		m = GLOBL(fmt.Sprintf("lanes_%08x", bits), RODATA|NOPTR)
		for i := range ymmLanes.width / 2 {
			DATA(8*i, U64(uint64(bits)<<32|uint64(bits)))
		}
		laneConstants[bits] = m
	}
	return m
}

// number is x in every lane, as the operand that may lie in memory: there it
// stays where registers are few.
func (l lanes) number(x float64) Op { return l.bits(math.Float32bits(float32(x))) }

// bits is number of the 32 bits themselves.
func (l lanes) bits(b uint32) Op {
	if l == zmmLanes {
		return l.loaded(b)
	}
	return inMemory(b)
}

// numberIn is x in every lane of a register.
func (l lanes) numberIn(x float64) reg.VecVirtual { return l.loaded(math.Float32bits(float32(x))) }

func (l lanes) loaded(b uint32) reg.VecVirtual {
	v := l.reg()
	VBROADCASTSS(inMemory(b), v)
	return v
}

// everywhere is an argument in every lane of a register.
func (l lanes) everywhere(arg gotypes.Component) reg.VecVirtual {
	a, err := arg.Resolve()
	if err != nil {
		panic(err)
	}
	v := l.reg()
	VBROADCASTSS(a.Addr, v)
	return v
}

// bases loads the addresses of slices.
func bases(slices ...string) []reg.Register {
	var all []reg.Register
	for _, s := range slices {
		all = append(all, Load(Param(s).Base(), GP64()))
	}
	return all
}

// half is the lower half of a register, and halfReg one of that size.
func (l lanes) half(v reg.VecVirtual) reg.Register {
	if l == zmmLanes {
		return v.AsY()
	}
	return v.AsX()
}

// upper returns the upper half of a register.
func (l lanes) upper(v reg.VecVirtual) reg.VecVirtual {
	if l == zmmLanes {
		h := YMM()
		VEXTRACTF64X4(Imm(1), v, h)
		return h
	}
	h := XMM()
	VEXTRACTF128(Imm(1), v, h)
	return h
}
