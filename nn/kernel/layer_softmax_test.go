package kernel

import (
	"math"
	"slices"
	"testing"
)

var softmaxCases = []loopCase{
	{
		name:    "Max",
		lengths: func(n int) []int { return []int{1, n} },
		run:     func(x [][]float32) { x[0][0] = max(Max(x[1]), -1e30) },
		define: func(x [][]float64) {
			x[0][0] = slices.Max(append(x[1], float64(float32(-1e30))))
		},
	},
	{
		name: "ExpSum", tolerance: 3e-7,
		lengths: func(n int) []int { return []int{2, n, n} },
		run: func(x [][]float32) {
			x[0][0], x[0][1] = float32(ExpSum(x[1], x[2], 0.5)), 0
		},
		define: func(x [][]float64) {
			clear(x[0])
			for i, v := range x[2] {
				x[1][i] = math.Exp(v - 0.5)
				x[0][0] += x[1][i]
			}
		},
	},
}

func TestMaxOfNothingIsBelowEverything(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		nan := float32(math.NaN())
		for _, x := range [][]float32{nil, {nan}, slices.Repeat([]float32{nan}, 37)} {
			if got := Max(x); !math.IsInf(float64(got), -1) {
				t.Errorf("the largest of %v is %g", x, got)
			}
		}
	})
}

// A place may not be missed, and none beyond the slice be seen.
func TestMaxFindsTheLargestInEveryPlace(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		for n := 1; n <= 100; n++ {
			x := slices.Repeat([]float32{-7}, n)
			for i := range x {
				x[i] = -5
				if got := Max(x); got != -5 {
					t.Fatalf("-5 at %d of %d values of -7: %g", i, n, got)
				}
				x[i] = -7
			}
		}
	})
}

// In float32 the sum would lose every second of the small terms.
func TestExpSumAddsInFloat64(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		src := slices.Repeat([]float32{-20}, 5000)
		src[0] = 0
		got := ExpSum(make([]float32, len(src)), src, 0)
		if want := 1 + 4999*math.Exp(-20); math.Abs(got-want) > 1e-12 {
			t.Errorf("sum %.15g, want %.15g", got, want)
		}
	})
}
