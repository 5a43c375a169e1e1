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

func FuzzAddCodes(f *testing.F) {
	f.Add(uint64(1), uint16(70))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16) {
		withEachSet(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			checkAdd(t, rng, int(n%700), AddInt16)
			checkAdd(t, rng, int(n%700), AddInt8)
		})
	})
}

func TestAddingCodesPanicsWhereTheyDoNotFit(t *testing.T) {
	withEachSet(t, func(t *testing.T) {
		for name, run := range map[string]func(){
			"a short destination": func() { AddInt16(make([]float32, 3), make([]int16, 4), 1, make([]float32, 4)) },
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
