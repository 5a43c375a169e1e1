package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// checkQuantize compares both forms with their definitions.
func checkQuantize(t *testing.T, rng *rand.Rand, x []float32) {
	for _, form := range []struct {
		name       string
		run        func(dst []uint8, x []float32) float32
		span, zero int
	}{{"QuantizeRow", QuantizeRow, 127, 0}, {"QuantizeSigned", QuantizeSigned, 63, 64}} {
		dst := fenced[uint8](t, rng, len(x))
		for i := range dst {
			dst[i] = 255
		}
		scale := form.run(dst, x)
		var largest float32
		for _, v := range x {
			if a := float32(math.Abs(float64(v))); a > largest {
				largest = a
			}
		}
		inverse := float32(form.span) / largest
		wantScale := largest / float32(form.span)
		if largest < quantizeFloor {
			inverse, wantScale = 0, 0
		}
		if math.Float32bits(scale) != math.Float32bits(wantScale) {
			t.Fatalf("%s: scale %g, want %g", form.name, scale, wantScale)
		}
		for i, v := range x {
			want := 0
			if r := math.RoundToEven(float64(float32(v * inverse))); r == r {
				want = max(int(r)+form.zero, 0)
			}
			if wantScale == 0 {
				want = form.zero
			}
			if int(dst[i]) != want {
				t.Fatalf("%s of %d: code %d of %g is %d, want %d", form.name, len(x), i, v, dst[i], want)
			}
		}
	}
}

func TestQuantisationIsTheSameInEverySet(t *testing.T) {
	withEachSet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(17, 1))
		for _, n := range codeLengths {
			checkQuantize(t, rng, fencedUnit(t, rng, n))
			checkQuantize(t, rng, fencedFloats(t, rng, n))
		}
	})
}

// Wherever the largest number and NaN lie, the one sets the scale, not the other.
func TestNaNDoesNotTouchTheScaleOfItsRow(t *testing.T) {
	const n, largest = 100, -5
	nan := float32(math.NaN())
	withEachSet(t, func(t *testing.T) {
		x, dst := make([]float32, n), make([]uint8, n)
		for i := range x {
			for j := range x {
				if i == j {
					continue
				}
				x[i], x[j] = largest, nan
				if scale := QuantizeRow(dst, x); scale != float32(-largest)/codeLimit || dst[j] != 0 {
					t.Fatalf("largest at %d, NaN at %d: scale %g, code of NaN %d", i, j, scale, dst[j])
				}
				x[i], x[j] = 0, 0
			}
		}
	})
}

func FuzzQuantize(f *testing.F) {
	f.Add(uint64(1), uint16(70), false)
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, special bool) {
		withEachSet(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			if special {
				checkQuantize(t, rng, fencedFloats(t, rng, int(n%400)))
				return
			}
			checkQuantize(t, rng, fencedUnit(t, rng, int(n%400)))
		})
	})
}

func TestCodesGiveTheNumbersBackWithinHalfAStep(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 1))
	const n = 1000
	x, dst := make([]float32, n), make([]uint8, n)
	for i := range x {
		x[i] = rng.Float32() * 7
	}
	scale := QuantizeRow(dst, x)
	for i, v := range x {
		if diff := math.Abs(float64(v - scale*float32(dst[i]))); diff > float64(scale)*0.50001 {
			t.Errorf("%g came back %g away, with steps of %g", v, diff, scale)
		}
	}
	for i := range x {
		x[i] -= 3
	}
	scale = QuantizeSigned(dst, x)
	for i, v := range x {
		if diff := math.Abs(float64(v - scale*(float32(dst[i])-signedZero))); diff > float64(scale)*0.50001 {
			t.Errorf("signed: %g came back %g away, with steps of %g", v, diff, scale)
		}
	}
}

func TestQuantizeRowsTreatsEachRowByItself(t *testing.T) {
	const m, k, ldx, ldd = 3, 40, 42, 45
	rng := rand.New(rand.NewPCG(21, 1))
	x, dst, scales := make([]float32, m*ldx), make([]uint8, m*ldd), make([]float32, m)
	for i := range x {
		x[i] = rng.Float32() * float32(i+1)
	}
	QuantizeRows(m, k, dst, ldd, scales, x, ldx)
	for i := range m {
		var row [k]uint8
		if scale := QuantizeRow(row[:], x[i*ldx:][:k]); scale != scales[i] || row != [k]uint8(dst[i*ldd:]) {
			t.Errorf("row %d differs from the same row alone", i)
		}
	}
	if dst[k] != 0 {
		t.Error("wrote between rows")
	}
}
