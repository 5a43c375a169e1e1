package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// everyHalf are all 65,536 halves, in order.
func everyHalf() []uint16 {
	h := make([]uint16, 1<<16)
	for i := range h {
		h[i] = uint16(i)
	}
	return h
}

// definition is what IEEE 754 says of a half that is not NaN.
func definition(h uint16) float32 {
	sign, exponent, fraction := 1-2*int(h>>15), int(h>>10&31), float64(h&1023)/1024
	switch exponent {
	case 0:
		fraction, exponent = math.Ldexp(fraction, 1), 0
		v := math.Ldexp(fraction, -15)
		return float32(math.Copysign(v, float64(sign)))
	case 31:
		return float32(math.Inf(sign))
	}
	return float32(float64(sign) * math.Ldexp(1+fraction, exponent-15))
}

func isNaN(h uint16) bool { return h>>10&31 == 31 && h&1023 != 0 }

func TestHalvesAreWhatTheFormatSays(t *testing.T) {
	withEachSet(t, func(t *testing.T) {
		halves := everyHalf()
		got := make([]float32, len(halves))
		FromHalf(got, halves)
		for i, h := range halves {
			want := math.Float32bits(definition(h))
			if isNaN(h) {
				want = uint32(h>>15)<<31 | 0x7fc00000 | uint32(h&1023)<<13
			}
			if math.Float32bits(got[i]) != want {
				t.Fatalf("half %#04x: %#08x, want %#08x", h, math.Float32bits(got[i]), want)
			}
		}
	})
}

func TestEveryHalfSurvivesTheWayThroughFloat32(t *testing.T) {
	withEachSet(t, func(t *testing.T) {
		halves := everyHalf()
		wide, back := make([]float32, len(halves)), make([]uint16, len(halves))
		FromHalf(wide, halves)
		ToHalf(back, wide)
		for i, h := range halves {
			want := h
			if isNaN(h) {
				want |= halfQuiet
			}
			if back[i] != want {
				t.Fatalf("half %#04x came back as %#04x", h, back[i])
			}
		}
	})
}

// Between each half and the next lie a midpoint, which goes to the even one of
// the two, and the numbers beside it, which go to the nearer one.
func TestToHalfRoundsToTheNearestAndThenToEven(t *testing.T) {
	withEachSet(t, func(t *testing.T) {
		for h := uint16(0); h < halfInfinity; h++ {
			low, high := definition(h), definition(h+1)
			if h+1 == halfInfinity {
				high = 1 << 16 // where the next one would be
			}
			middle := (low + high) / 2
			src := []float32{low, math.Nextafter32(middle, low), middle, math.Nextafter32(middle, high),
				-low, -math.Nextafter32(middle, low), -middle, -math.Nextafter32(middle, high)}
			var got [8]uint16
			ToHalf(got[:], src)
			even := h + h&1
			const s = halfSign
			if want := [8]uint16{h, h, even, h + 1, h | s, h | s, even | s, (h + 1) | s}; got != want {
				t.Fatalf("around %g and %g: %#04x, want %#04x", low, high, got, want)
			}
		}
	})
}

func TestLoopsOverHalvesGiveTheSameBitsInEverySet(t *testing.T) {
	withEachSet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, n := range codeLengths {
			checkHalves(t, rng, n)
		}
	})
}

func FuzzHalf(f *testing.F) {
	f.Add(uint64(1), uint16(9))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16) {
		withEachSet(t, func(t *testing.T) { checkHalves(t, rand.New(rand.NewPCG(seed, 1)), int(n%700)) })
	})
}

func checkHalves(t *testing.T, rng *rand.Rand, n int) {
	src, y := fencedFloats(t, rng, n), fencedFloats(t, rng, n)
	halves, wide, sum := fenced[uint16](t, rng, n), fenced[float32](t, rng, n), fenced[float32](t, rng, n)
	ToHalf(halves, src)
	FromHalf(wide, halves)
	AddHalf(sum, halves, y)
	for i, v := range src {
		if halves[i] != halfOf(v) {
			t.Fatalf("n=%d: half of %g is %#04x, want %#04x", n, v, halves[i], halfOf(v))
		}
		if math.Float32bits(wide[i]) != math.Float32bits(halfValue(halves[i])) {
			t.Fatalf("n=%d: half %#04x is %g, want %g", n, halves[i], wide[i], halfValue(halves[i]))
		}
		if want := halfValue(halves[i]) + y[i]; !sameBits(sum[i], want) {
			t.Fatalf("n=%d: half %#04x + %g is %g, want %g", n, halves[i], y[i], sum[i], want)
		}
	}
	AddHalf(y, halves, y)
	for i, v := range y {
		if !sameBits(v, sum[i]) {
			t.Fatalf("n=%d: in place the sum is %g, else %g", n, v, sum[i])
		}
	}
}
