package kernel

import (
	"fmt"
	"math/bits"
)

// queryPlanes is the number of bits of a query's numbers in a product with
// codes of one bit.
const queryPlanes = 4

// BitDot is the dot product of a code of one bit per dimension, 64 dimensions
// to a word, and a query of 4-bit numbers 0..15. The query comes as four
// planes of as many words, planes[j*words:][:words] with bit j of each number:
//
//	sum over j of 2^j popcount(code & plane j)
func BitDot(code, planes []uint64) int32 {
	checkPlanes(len(code), planes)
	return active.bitDot(code, planes)
}

// BitDots sets dst[i] to the product of code i and the query: codes holds
// len(dst) codes of that many words each, one after another.
func BitDots(dst []int32, codes []uint64, words int, planes []uint64) {
	checkPlanes(words, planes)
	if len(codes) != len(dst)*words {
		panic(fmt.Sprintf("kernel.BitDots: %d words are not %d codes of %d", len(codes), len(dst), words))
	}
	active.bitDots(dst, codes, words, planes)
}

func checkPlanes(words int, planes []uint64) {
	if len(planes) != queryPlanes*words {
		panic(fmt.Sprintf("kernel.BitDots: %d planes of %d words need %d words; got %d", queryPlanes, words, queryPlanes*words, len(planes)))
	}
}

func bitDot(code, planes []uint64) int32 {
	n := len(code)
	p0, p1, p2, p3 := planes[:n], planes[n:][:n], planes[2*n:][:n], planes[3*n:][:n]
	var s0, s1, s2, s3 int
	for i, c := range code {
		s0 += bits.OnesCount64(c & p0[i])
		s1 += bits.OnesCount64(c & p1[i])
		s2 += bits.OnesCount64(c & p2[i])
		s3 += bits.OnesCount64(c & p3[i])
	}
	return int32(s0 + s1<<1 + s2<<2 + s3<<3)
}

func bitDots(dst []int32, codes []uint64, words int, planes []uint64) {
	for i := range dst {
		dst[i] = bitDot(codes[i*words:][:words], planes)
	}
}
