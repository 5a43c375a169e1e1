package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// checkAdd holds one of the loops to its definition, in place and not.
func checkAdd[Code int8 | int16](t *testing.T, rng *rand.Rand, n int, add func([]float32, []Code, float32, []float32)) {
	codes, y, dst := fenced[Code](t, rng, n), fencedFloats(t, rng, n), fenced[float32](t, rng, n)
	for i := range codes {
		codes[i] = Code(rng.Uint32())
		if rng.IntN(4) == 0 { // the least number and the largest
			codes[i] = Code(-1) << (8*sizeOf(codes[i]) - 1)
			codes[i] -= Code(rng.IntN(2))
		}
	}
	scale := fencedFloats(t, rng, 1)[0]
	add(dst, codes, scale, y)
	for i, c := range codes {
		if want := float32(scale*float32(c)) + y[i]; !sameBits(dst[i], want) {
			t.Fatalf("n=%d: %g*%d + %g is %g, want %g", n, scale, c, y[i], dst[i], want)
		}
	}
	add(y, codes, scale, y)
	for i, v := range y {
		if !sameBits(v, dst[i]) {
			t.Fatalf("n=%d: in place the sum is %g, else %g", n, v, dst[i])
		}
	}
}

func sizeOf[Code int8 | int16](Code) int {
	if c := Code(math.MaxInt8); c+1 < 0 {
		return 1
	}
	return 2
}

// checkEncode holds one of the loops to its definition.
func checkEncode[Code int8 | int16](t *testing.T, rng *rand.Rand, x []float32, limit float64, encode func([]Code, []float32) float32) {
	codes := fenced[Code](t, rng, len(x))
	for i := range codes {
		codes[i] = 99
	}
	scale := encode(codes, x)
	largest := 0.0
	for _, v := range x {
		largest = max(largest, math.Abs(float64(v)))
	}
	want := float32(largest / limit)
	if want < leastRowScale {
		want = 0
	}
	if scale != want {
		t.Fatalf("%T: the scale of %g and less is %g, want %g", codes, largest, scale, want)
	}
	for i, v := range x {
		want := 0.0
		if scale > 0 {
			want = math.RoundToEven(float64(v) * (1 / float64(scale)))
		}
		if float64(codes[i]) != want {
			t.Fatalf("%T: code %d of %g at scale %g is %d, want %g", codes, i, v, scale, codes[i], want)
		}
	}
}

// checkEncodes draws a row of some size, from one that counts as zero to the
// largest there is. Every third number lies between two codes.
func checkEncodes(t *testing.T, rng *rand.Rand, n int) {
	for _, limit := range []float64{math.MaxInt8, math.MaxInt16} {
		x := fencedUnit(t, rng, n)
		size := float32(math.Ldexp(1, rng.IntN(280)-152))
		for i := range x {
			switch {
			case i == 0:
				x[i] = float32(limit)
			case i%3 == 0:
				x[i] = float32(rng.IntN(int(limit))) + 0.5
			default:
				x[i] *= float32(limit)
			}
			x[i] *= size / float32(limit+1)
		}
		checkEncode(t, rng, x, math.MaxInt16, ToInt16)
		checkEncode(t, rng, x, math.MaxInt8, ToInt8)
	}
}

func TestCodesOfRowsAreTheSameInEverySet(t *testing.T) {
	withEachSet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(33, 1))
		for _, n := range codeLengths {
			for range 4 {
				checkEncodes(t, rng, n)
			}
		}
		edge := fenced[float32](t, rng, 9)
		for i := range edge {
			edge[i] = math.MaxFloat32 * float32(1-i%3)
		}
		checkEncode(t, rng, edge, math.MaxInt16, ToInt16)
		checkEncode(t, rng, edge, math.MaxInt8, ToInt8)
	})
}

func FuzzCodesOfRows(f *testing.F) {
	f.Add(uint64(1), uint16(70))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16) {
		withEachSet(t, func(t *testing.T) { checkEncodes(t, rand.New(rand.NewPCG(seed, 1)), int(n%700)) })
	})
}

func TestAddedCodesGiveTheSameBitsInEverySet(t *testing.T) {
	withEachSet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(31, 1))
		for _, n := range codeLengths {
			for range 4 {
				checkAdd(t, rng, n, AddInt16)
				checkAdd(t, rng, n, AddInt8)
			}
		}
	})
}

func FuzzAddedCodes(f *testing.F) {
	f.Add(uint64(1), uint16(70))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16) {
		withEachSet(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			checkAdd(t, rng, int(n%700), AddInt16)
			checkAdd(t, rng, int(n%700), AddInt8)
		})
	})
}

func TestCodedRowsMustFit(t *testing.T) {
	withEachSet(t, func(t *testing.T) {
		for name, run := range map[string]func(){
			"a short destination": func() { AddInt16(make([]float32, 3), make([]int16, 4), 1, make([]float32, 4)) },
			"short codes":         func() { ToInt16(make([]int16, 3), make([]float32, 4)) },
			"a short y":           func() { AddInt8(make([]float32, 4), make([]int8, 4), 1, make([]float32, 3)) },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: no panic", name)
					}
				}()
				run()
			}()
		}
	})
}
