package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// lengths has every tail of every unrolled loop.
var lengths = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 31, 33, 64, 100, 1000}

var vectorCases = []loopCase{
	{
		name: "Dot", tolerance: 2e-5,
		lengths: func(n int) []int { return []int{1, n, n} },
		run:     func(x [][]float32) { x[0][0] = Dot(x[1], x[2]) },
		define: func(x [][]float64) {
			x[0][0] = 0
			for i := range x[1] {
				x[0][0] += x[1][i] * x[2][i]
			}
		},
	},
	{
		name: "Axpy", tolerance: 3e-7, lengths: each(2),
		run: func(x [][]float32) { Axpy(0.75, x[0], x[1]) },
		define: func(x [][]float64) {
			for i := range x[1] {
				x[1][i] += 0.75 * x[0][i]
			}
		},
	},
	{
		name: "Scale", tolerance: 1e-7, lengths: each(2),
		run: func(x [][]float32) { Scale(x[0], x[1], -1.25) },
		define: func(x [][]float64) {
			for i := range x[1] {
				x[0][i] = -1.25 * x[1][i]
			}
		},
	},
	{
		name: "Blend", tolerance: 5e-7, lengths: each(3),
		run: func(x [][]float32) { Blend(x[0], 0.3, x[1], -1.7, x[2]) },
		define: func(x [][]float64) {
			for i := range x[0] {
				x[0][i] = float64(float32(0.3))*x[1][i] - float64(float32(1.7))*x[2][i]
			}
		},
	},
	{
		name: "SumSquares", tolerance: 1e-7,
		lengths: func(n int) []int { return []int{1, n} },
		run:     func(x [][]float32) { x[0][0] = float32(SumSquares(x[1])) },
		define: func(x [][]float64) {
			x[0][0] = 0
			for _, v := range x[1] {
				x[0][0] += v * v
			}
		},
	},
}

// guarded returns n random values in -1..1 between two canaries, which check
// compares at the end.
func guarded(t *testing.T, rng *rand.Rand, n int) []float32 {
	whole := make([]float32, n+2)
	for i := range whole {
		whole[i] = rng.Float32()*2 - 1
	}
	whole[0], whole[n+1] = canary, canary
	t.Cleanup(func() {
		if whole[0] != canary || whole[n+1] != canary {
			t.Errorf("a kernel wrote outside its slice of %d", n)
		}
	})
	return whole[1 : n+1]
}

func TestDotEqualsTheDefinition(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, n := range lengths {
			x, y := guarded(t, rng, n), guarded(t, rng, n)
			var want, magnitude float64
			for i := range x {
				v := float64(x[i]) * float64(y[i])
				want += v
				magnitude += math.Abs(v)
			}
			if got := float64(Dot(x, y)); math.Abs(got-want) > 1e-7*float64(n+1)*magnitude {
				t.Errorf("n=%d: %g, want %g", n, got, want)
			}
		}
	})
}

func TestDotAndAxpySeeNaNAndInfinityInEveryPlace(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		for _, n := range lengths {
			for i := range n {
				x, y := make([]float32, n), make([]float32, n)
				for j := range y {
					y[j] = 1
				}
				x[i] = float32(math.NaN())
				if got := Dot(x, y); got == got {
					t.Fatalf("n=%d: a NaN at %d gave the dot product %g", n, i, got)
				}
				x[i] = float32(math.Inf(-1))
				if got := Dot(x, y); !math.IsInf(float64(got), -1) {
					t.Fatalf("n=%d: -Inf at %d gave the dot product %g", n, i, got)
				}
				Axpy(1, x, y)
				for j, v := range y {
					if math.IsInf(float64(v), -1) != (j == i) {
						t.Fatalf("n=%d: -Inf at %d gave y[%d] = %g", n, i, j, v)
					}
				}
			}
		}
	})
}

func TestSumSquaresNeitherOverflowsNorForgets(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		if got := SumSquares([]float32{3e38, 4}); math.Abs(got/9e76-1) > 1e-6 {
			t.Errorf("(3e38)² + 4² = %g", got)
		}
		x := make([]float32, 3*sumGrain+11)
		x[0] = 4096
		for i := range x[1:] {
			x[i+1] = 0.001
		}
		want := 4096.0*4096 + float64(len(x)-1)*float64(float32(0.001))*float64(float32(0.001))
		if got := SumSquares(x); math.Abs(got-want) > 1e-3 { // float32 would lose all of the 0.786
			t.Errorf("sum %.12g, want %.12g", got, want)
		}
		rng := rand.New(rand.NewPCG(5, 6))
		for _, n := range lengths {
			x := guarded(t, rng, n)
			var want float64
			for _, v := range x {
				want += float64(v) * float64(v)
			}
			if got := SumSquares(x); math.Abs(got-want) > 1e-12*want {
				t.Errorf("n=%d: %g, want %g", n, got, want)
			}
		}
	})
}

func TestSumSquaresHasTheSameBitsForAnyThreadCount(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 8))
		x := make([]float32, 5*sumGrain+77)
		for i := range x {
			x[i] = rng.Float32()
		}
		setThreads(t, 1)
		want := SumSquares(x)
		for _, threads := range []int{2, 5} {
			setThreads(t, threads)
			if got := SumSquares(x); got != want {
				t.Errorf("%d threads: %v, one: %v", threads, got, want)
			}
		}
	})
}

func TestAShorterSecondSliceIsACallersBug(t *testing.T) {
	long, short := make([]float32, 9), make([]float32, 8)
	for name, call := range map[string]func(){
		"Dot":     func() { Dot(long, short) },
		"Axpy":    func() { Axpy(1, long, short) },
		"Scale":   func() { Scale(short, long, 1) },
		"Blend":   func() { Blend(long, 1, short, 1, long) },
		"Exp":     func() { Exp(short, long) },
		"Sigmoid": func() { Sigmoid(short, long) },
		"Tanh":    func() { Tanh(short, long) },
		"Adam":    func() { Adam(long, short, long, long, AdamStep{}) },
	} {
		t.Run(name, func(t *testing.T) {
			// The capacities agree, so only the length can be what is refused.
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call()
		})
	}
}
