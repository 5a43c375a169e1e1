package kernel

import (
	"math/rand/v2"
	"testing"
)

func naiveDotInt8(x, y []int8) int32 {
	var sum int32
	for i, v := range x {
		sum += int32(v) * int32(y[i])
	}
	return sum
}

func checkDotsInt8(t *testing.T, rng *rand.Rand, count, n int) {
	query, codes := fencedInt8(t, rng, n), fencedInt8(t, rng, count*n)
	dst := fenced[int32](t, rng, count)
	DotsInt8(dst, query, codes)
	for i := range dst {
		code := codes[i*n:][:n]
		want := naiveDotInt8(query, code)
		if dst[i] != want {
			t.Fatalf("n=%d: product %d of %d is %d, want %d", n, i, count, dst[i], want)
		}
		if got := DotInt8(query, code); got != want {
			t.Fatalf("n=%d: alone, product %d is %d, want %d", n, i, got, want)
		}
	}
}

func TestInt8ProductsAreExact(t *testing.T) {
	withEachSet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 1))
		for _, n := range codeLengths {
			for _, count := range []int{0, 1, 3, 4, 5, 9} {
				checkDotsInt8(t, rng, count, n)
			}
		}
	})
}

func TestInt8ProductsOfExtremesAreExact(t *testing.T) {
	const n = 1000
	low, high := make([]int8, n), make([]int8, n)
	for i := range low {
		low[i], high[i] = -128, 127
	}
	withEachSet(t, func(t *testing.T) {
		for _, c := range []struct {
			x, y []int8
			want int32
		}{{low, low, n * 128 * 128}, {low, high, -n * 128 * 127}, {high, low, -n * 127 * 128}, {high, high, n * 127 * 127}} {
			if got := DotInt8(c.x, c.y); got != c.want {
				t.Errorf("%d * %d, %d times: %d, want %d", c.x[0], c.y[0], n, got, c.want)
			}
		}
	})
}

func FuzzDotsInt8(f *testing.F) {
	f.Add(uint64(1), uint8(5), uint16(70))
	f.Fuzz(func(t *testing.T, seed uint64, count uint8, n uint16) {
		withEachSet(t, func(t *testing.T) {
			checkDotsInt8(t, rand.New(rand.NewPCG(seed, 1)), int(count%20), int(n%600))
		})
	})
}
