package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// bitProducts is a way to count the bits that a code and planes share.
type bitProducts interface {
	set() string
	prepare(planes, words reg.Register)
	// product returns the product of a code in the first lane of a register.
	product(code reg.Register) reg.VecVirtual
	// short takes as many codes as it can, if they have few words.
	short(dst, codes, words, count reg.Register)
}

// bitDots writes the product of one code and of many.
func bitDots(b bitProducts) {
	codeKernel("bitDot"+b.set(), "(code, planes []uint64) int32", "is bitDot.")
	words := sliceLen("code")
	b.prepare(sliceBase("planes"), words)
	sum := GP32()
	VMOVD(b.product(sliceBase("code")).AsX(), sum)
	Store(sum, ReturnIndex(0))
	codeReturn()

	codeKernel("bitDots"+b.set(), "(dst []int32, codes []uint64, words int, planes []uint64)", "is bitDots.")
	words = argument("words")
	b.prepare(sliceBase("planes"), words)
	dst, codes, count := sliceBase("dst"), sliceBase("codes"), sliceLen("dst")
	b.short(dst, codes, words, count)
	Label("one")
	TESTQ(count, count)
	JE(LabelRef("done"))
	VMOVD(b.product(codes).AsX(), Mem{Base: dst})
	LEAQ(Mem{Base: codes, Index: words, Scale: 8}, codes)
	ADDQ(Imm(4), dst)
	DECQ(count)
	JMP(LabelRef("one"))
	Label("done")
	codeReturn()
}

const queryPlanes = 4

// planePointers are the addresses of the four planes.
func planePointers(planes, words reg.Register) []reg.Register {
	p := []reg.Register{planes, GP64(), GP64(), GP64()}
	for i := range queryPlanes - 1 {
		LEAQ(Mem{Base: p[i], Index: words, Scale: 8}, p[i+1])
	}
	return p
}

// weigh adds up 64-bit counts of the planes by their weights: ((c3*2 + c2)*2 +
// c1)*2 + c0, in c3.
func weigh(counts []reg.VecVirtual) reg.VecVirtual {
	sum := counts[queryPlanes-1]
	for j := queryPlanes - 2; j >= 0; j-- {
		VPADDQ(sum, sum, sum)
		VPADDQ(counts[j], sum, sum)
	}
	return sum
}

// bitsVPOPCNTDQ counts in 64-bit lanes.
type bitsVPOPCNTDQ struct {
	tables       codeTables
	planes       []reg.Register
	words, whole reg.Register
	tail         reg.OpmaskVirtual // the words after the last eight
}

func (b *bitsVPOPCNTDQ) set() string { return "VPOPCNTDQ" }

func (b *bitsVPOPCNTDQ) prepare(planes, words reg.Register) {
	b.words, b.whole, b.tail = words, GP64(), K()
	b.planes = planePointers(planes, words)
	rest := GP64()
	MOVQ(words, rest)
	ANDQ(Imm(7), rest)
	lowMask(rest, b.tail)
	MOVQ(words, b.whole)
	SUBQ(rest, b.whole)
}

func (b *bitsVPOPCNTDQ) product(code reg.Register) reg.VecVirtual {
	counts, bits, v, at := zmms(queryPlanes), ZMM(), ZMM(), GP64()
	for _, c := range counts {
		VPXORQ(c, c, c)
	}
	word := func(p reg.Register) Mem { return Mem{Base: p, Index: at, Scale: 8} }
	XORQ(at, at)
	JMP(LabelRef("check"))
	Label("eight")
	VMOVDQU64(word(code), bits)
	for j, c := range counts {
		VPANDQ(word(b.planes[j]), bits, v)
		VPOPCNTQ(v, v)
		VPADDQ(v, c, c)
	}
	ADDQ(Imm(8), at)
	Label("check")
	CMPQ(at, b.whole)
	JL(LabelRef("eight"))
	CMPQ(at, b.words)
	JE(LabelRef("sum"))
	VMOVDQU64_Z(word(code), b.tail, bits)
	for j, c := range counts {
		VPANDQ_Z(word(b.planes[j]), bits, b.tail, v)
		VPOPCNTQ(v, v)
		VPADDQ(v, c, c)
	}
	Label("sum")
	// A count has no more than 32 bits, so lanes of 32 bits add up the same.
	halves := foldHalves([]reg.VecVirtual{weigh(counts)})
	sumLanes(halves)
	return halves[0]
}

// short takes eight codes of four words at a time, two to a register.
func (b *bitsVPOPCNTDQ) short(dst, codes, words, count reg.Register) {
	CMPQ(words, Imm(4))
	JNE(LabelRef("one"))
	planes, order := zmms(queryPlanes), YMM()
	for j, p := range planes {
		VBROADCASTI64X4(Mem{Base: b.planes[j]}, p)
	}
	VMOVDQU(b.tables.unpacked, order)
	Label("pairs")
	CMPQ(count, Imm(8))
	JL(LabelRef("one"))
	sums := make([]reg.VecVirtual, 4)
	for i := range sums {
		counts := zmms(queryPlanes)
		for j, c := range counts {
			VPANDQ(Mem{Base: codes, Disp: 64 * i}, planes[j], c)
			VPOPCNTQ(c, c)
		}
		sums[i] = weigh(counts)
	}
	VMOVDQU(sumPairs(sums, order), Mem{Base: dst})
	ADDQ(U32(4*64), codes)
	ADDQ(Imm(32), dst)
	SUBQ(Imm(8), count)
	JMP(LabelRef("pairs"))
}

// sumPairs adds up the lanes of each half of four registers. Two codes lie in
// a register, one in each half; their sums come out in order, in 32 bits.
func sumPairs(sums []reg.VecVirtual, order reg.VecVirtual) reg.Register {
	joined, swapped, odd := ZMM(), ZMM(), YMM()
	joinSums(sums, joined)
	VSHUFI64X2(Imm(0b10_11_00_01), joined, joined, swapped)
	VPADDD(swapped, joined, joined)
	even := joined.AsY()
	VEXTRACTI64X4(Imm(1), joined, odd)
	VINSERTI128(Imm(1), odd.AsX(), even, even)
	VPERMD(even, order, even)
	return even
}

// joinSums adds the two 64-bit lanes in each 128 bits of four registers, of
// which the upper 32 bits are free, and puts the four sums side by side.
func joinSums(sums []reg.VecVirtual, joined reg.VecVirtual) {
	for i := 0; i < len(sums); i += 2 {
		VPSLLQ(Imm(32), sums[i+1], sums[i+1])
		VPADDD(sums[i+1], sums[i], sums[i])
	}
	VPUNPCKLQDQ(sums[2], sums[0], joined)
	VPUNPCKHQDQ(sums[2], sums[0], sums[0])
	VPADDD(sums[0], joined, joined)
}

// bitsAVX2 looks up how many bits each nibble has. The counts of four planes,
// weighed, fit a byte: 8 * 15 at most.
type bitsAVX2 struct {
	tables       codeTables
	planes       []reg.Register
	words, whole reg.Register
	counts       reg.VecVirtual // of each nibble
}

func (b *bitsAVX2) set() string { return "AVX2" }

func (b *bitsAVX2) prepare(planes, words reg.Register) {
	b.words, b.whole = words, GP64()
	b.planes = planePointers(planes, words)
	b.counts = YMM()
	MOVQ(words, b.whole)
	ANDQ(I32(-4), b.whole)
	VBROADCASTI128(b.tables.counts, b.counts)
}

func (b *bitsAVX2) product(code reg.Register) reg.VecVirtual {
	sum, low, high, plane, shared, counts, at := YMM(), YMM(), YMM(), YMM(), YMM(), YMM(), GP64()
	VPXOR(sum, sum, sum)
	step := func(load func(p reg.Register, v reg.VecVirtual)) {
		load(code, low)
		b.split(low, high)
		for j := queryPlanes - 1; j >= 0; j-- {
			load(b.planes[j], plane)
			VPAND(plane, low, shared)
			b.count(shared, counts, j == queryPlanes-1)
			VPSRLW(Imm(4), plane, plane)
			VPAND(plane, high, shared)
			VPSHUFB(shared, b.counts, shared)
			VPADDB(shared, counts, counts)
		}
		VPXOR(shared, shared, shared)
		VPSADBW(shared, counts, counts)
		VPADDQ(counts, sum, sum)
	}
	XORQ(at, at)
	JMP(LabelRef("check"))
	Label("whole")
	step(func(p reg.Register, v reg.VecVirtual) { VMOVDQU(Mem{Base: p, Index: at, Scale: 8}, v) })
	ADDQ(Imm(4), at)
	Label("check")
	CMPQ(at, b.whole)
	JL(LabelRef("whole"))
	CMPQ(at, b.words)
	JE(LabelRef("sum"))
	tail := b.lastWords(at)
	step(func(p reg.Register, v reg.VecVirtual) { VPMASKMOVQ(Mem{Base: p, Index: at, Scale: 8}, tail, v) })
	Label("sum")
	sums := []reg.VecVirtual{sum}
	sumLanes(sums)
	return sum
}

// lastWords selects the words from at on, fewer than four.
func (b *bitsAVX2) lastWords(at reg.Register) reg.VecVirtual {
	rest, lanes, mask := GP64(), YMM(), YMM()
	MOVQ(b.words, rest)
	SUBQ(at, rest)
	VPMOVZXDQ(b.tables.lanes, lanes)
	VMOVQ(rest, mask.AsX())
	VPBROADCASTQ(mask.AsX(), mask)
	VPCMPGTQ(lanes, mask, mask)
	return mask
}

// split takes the nibbles of low apart.
func (b *bitsAVX2) split(low, high reg.VecVirtual) {
	VPSRLW(Imm(4), low, high)
	VPAND(b.tables.nibbles, low, low)
	VPAND(b.tables.nibbles, high, high)
}

// count sets counts to those of the nibbles in shared, or adds them to its double.
func (b *bitsAVX2) count(shared, counts reg.VecVirtual, first bool) {
	if first {
		VPSHUFB(shared, b.counts, counts)
		return
	}
	VPADDB(counts, counts, counts)
	VPSHUFB(shared, b.counts, shared)
	VPADDB(shared, counts, counts)
}

// short takes four codes of four words at a time, with the planes' nibbles in
// registers.
func (b *bitsAVX2) short(dst, codes, words, count reg.Register) {
	CMPQ(words, Imm(4))
	JNE(LabelRef("one"))
	lows, highs := ymms(queryPlanes), ymms(queryPlanes)
	for j, p := range b.planes {
		VMOVDQU(Mem{Base: p}, lows[j])
		b.split(lows[j], highs[j])
	}
	Label("four")
	CMPQ(count, Imm(4))
	JL(LabelRef("one"))
	sums, low, high, shared := ymms(4), YMM(), YMM(), YMM()
	for i, s := range sums {
		VMOVDQU(Mem{Base: codes, Disp: 32 * i}, low)
		VPSRLW(Imm(4), low, high) // the planes have no more than the nibbles' bits
		for j := queryPlanes - 1; j >= 0; j-- {
			VPAND(lows[j], low, shared)
			b.count(shared, s, j == queryPlanes-1)
			VPAND(highs[j], high, shared)
			VPSHUFB(shared, b.counts, shared)
			VPADDB(shared, s, s)
		}
		VPXOR(shared, shared, shared)
		VPSADBW(shared, s, s)
	}
	joinSums(sums, low)
	VEXTRACTI128(Imm(1), low, high.AsX())
	VPADDD(high.AsX(), low.AsX(), low.AsX())
	VMOVDQU(low.AsX(), Mem{Base: dst})
	ADDQ(U32(4*32), codes)
	ADDQ(Imm(16), dst)
	SUBQ(Imm(4), count)
	JMP(LabelRef("four"))
}
