package kernel

import (
	"math/rand/v2"
	"testing"
)

// naiveBitDot takes the definition bit by bit.
func naiveBitDot(code, planes []uint64) int32 {
	var sum int32
	for d := range 64 * len(code) {
		word, bit := d/64, d%64
		if code[word]>>bit&1 == 0 {
			continue
		}
		for j := range queryPlanes {
			sum += int32(planes[j*len(code)+word]>>bit&1) << j
		}
	}
	return sum
}

func checkBitDots(t *testing.T, rng *rand.Rand, count, words int) {
	codes, planes := fencedWords(t, rng, count*words), fencedWords(t, rng, queryPlanes*words)
	dst := fenced[int32](t, rng, count)
	BitDots(dst, codes, words, planes)
	for i := range dst {
		code := codes[i*words:][:words]
		want := naiveBitDot(code, planes)
		if dst[i] != want {
			t.Fatalf("%d words: product %d of %d is %d, want %d", words, i, count, dst[i], want)
		}
		if got := BitDot(code, planes); got != want {
			t.Fatalf("%d words: alone, product %d is %d, want %d", words, i, got, want)
		}
	}
}

func TestBitProductsAreExact(t *testing.T) {
	withEachSet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 1))
		for _, words := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 19} {
			for _, count := range []int{0, 1, 3, 4, 7, 8, 9, 13, 17} {
				checkBitDots(t, rng, count, words)
			}
		}
	})
}

func TestBitProductsOfAllOnesAreExact(t *testing.T) {
	withEachSet(t, func(t *testing.T) {
		for _, words := range []int{4, 16, 100} {
			const count = 9
			codes, planes, dst := make([]uint64, count*words), make([]uint64, queryPlanes*words), make([]int32, count)
			for _, x := range [][]uint64{codes, planes} {
				for i := range x {
					x[i] = 1<<64 - 1
				}
			}
			BitDots(dst, codes, words, planes)
			for i, got := range dst {
				if want := int32(words) * 64 * 15; got != want {
					t.Fatalf("%d words: product %d is %d, want %d", words, i, got, want)
				}
			}
		}
	})
}

func FuzzBitDots(f *testing.F) {
	f.Add(uint64(1), uint8(9), uint8(4))
	f.Fuzz(func(t *testing.T, seed uint64, count, words uint8) {
		withEachSet(t, func(t *testing.T) {
			checkBitDots(t, rand.New(rand.NewPCG(seed, 1)), int(count%40), int(words%40))
		})
	})
}
