package main

import (
	"slices"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// code writes the loops over numbers of fewer bits than float32. What ends in
// AVX2 keeps to the sixteen registers and the instructions of AVX2, FMA3 and
// F16C; VNNI and VPOPCNTDQ stand for AVX-512 F, BW, DQ and VL besides.
func code() {
	t := newCodeTables()
	halfConversions()
	halfProduct(t)
	int8Dots(&dotsVNNI{})
	int8Dots(&dotsAVX2{tables: t})
	codedRows()
	maxAbs(t)
	quantize(t)
	for _, rows := range []int{6, 1} {
		for _, panels := range []int{4, 1} {
			int8Tile(tileShape{rows, panels, 1}, &tileVNNI{})
		}
	}
	for _, rows := range []int{4, 1} {
		int8Tile(tileShape{rows, 1, 2}, &tileAVX2{tables: t})
	}
	bitDots(&bitsVPOPCNTDQ{tables: t})
	bitDots(&bitsAVX2{tables: t})
}

// codeTables are constants that the loops share.
type codeTables struct {
	lanes     Mem // 0, 1, ... 7 in 32 bits each
	wordLanes Mem // 0, 1, ... 15 in 16 bits each
	unpacked  Mem // the order of 32-bit lanes that undoes two packings
	magnitude Mem // all bits of a float32 but its sign
	ones      Mem // 1 in 16 bits, twice
	nibbles   Mem // the low four bits of each of 32 bytes
	counts    Mem // how many bits are set in 0, 1, ... 15, in a byte each
}

func newCodeTables() codeTables {
	return codeTables{
		lanes:     table32("laneNumbers", 0, 1, 2, 3, 4, 5, 6, 7),
		wordLanes: table32("wordLaneNumbers", 0x1_0000, 0x3_0002, 0x5_0004, 0x7_0006, 0x9_0008, 0xb_000a, 0xd_000c, 0xf_000e),
		unpacked:  table32("unpackedLanes", 0, 4, 1, 5, 2, 6, 3, 7),
		magnitude: table32("magnitudeBits", 1<<31-1),
		ones:      table32("onesInWords", 0x1_0001),
		nibbles:   table32("nibbleBits", slices.Repeat([]uint32{0x0f_0f_0f_0f}, 8)...),
		counts:    table32("nibbleCounts", 0x02_01_01_00, 0x03_02_02_01, 0x03_02_02_01, 0x04_03_03_02),
	}
}

// table32 is a table of 32-bit numbers.
func table32(name string, values ...uint32) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i, v := range values {
		DATA(4*i, U32(v))
	}
	return m
}
