package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

var testDropout = Dropout{Rate: 0.3, Seed: 0x0123456789abcdef}

// factors is what testDropout multiplies by, from its definition.
func factors(n int) []float64 {
	c := testDropout.constants()
	f := make([]float64, n)
	for i := range f {
		draw := int16(hash(uint32(i/2), c[0], c[1]) >> (i % 2 * 16))
		if draw >= int16(math.Round(0.3*65536)-32768) {
			f[i] = float64(testDropout.Scale())
		}
	}
	return f
}

var reluCases = []loopCase{
	{
		name: "ReLU", lengths: each(2),
		run: func(x [][]float32) { ReLU(x[0], x[1]) },
		define: func(x [][]float64) {
			for i, v := range x[1] {
				x[0][i] = max(v, 0)
			}
		},
	},
	{
		name: "ReLUBackward", tolerance: 1e-7, lengths: each(2),
		run: func(x [][]float32) { ReLUBackward(x[0], x[1], 1.75) },
		define: func(x [][]float64) {
			for i, y := range x[1] {
				if y > 0 {
					x[0][i] *= 1.75
				} else {
					x[0][i] = 0
				}
			}
		},
	},
	{
		name: "ReLUDropout", tolerance: 1e-7, lengths: each(1),
		run: func(x [][]float32) { ReLUDropout(x[0], testDropout) },
		define: func(x [][]float64) {
			for i, f := range factors(len(x[0])) {
				x[0][i] = max(x[0][i], 0) * f
			}
		},
	},
}

func TestDropoutDrawsTheSameInEverySetAndForAnyThreadCount(t *testing.T) {
	const n = 3*memoryGrain + 77
	x := make([]float32, n)
	for i := range x {
		x[i] = 1
	}
	want := append([]float32(nil), x...)
	reluDropout(want, 0, testDropout.constants())
	overEverySet(t, func(t *testing.T) {
		for _, threads := range []int{1, 3} {
			setThreads(t, threads)
			got := append([]float32(nil), x...)
			ReLUDropout(got, testDropout)
			if at := firstDifference(got, want); at >= 0 {
				t.Errorf("%d threads: value %d is %g, want %g", threads, at, got[at], want[at])
			}
		}
	})
}

// drawnFactors is what a Dropout multiplies n values by.
func drawnFactors(n int, d Dropout) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = 1
	}
	ReLUDropout(x, d)
	return x
}

// A value's draw must tell nothing of another's: pairs at distances that
// matter to the hash's words, to registers and to rows are dropped together as
// often as chance has it, over many seeds.
func TestDropoutDrawsIndependently(t *testing.T) {
	const n, seeds = 1 << 17, 8
	rng := rand.New(rand.NewPCG(4, 4))
	for _, rate := range []float64{0.1, 0.2, 0.5} {
		for range seeds {
			x := drawnFactors(n, Dropout{rate, rng.Uint64()})
			for _, distance := range []int{0, 1, 2, 3, 8, 16, 31, 32, 128, 256, 512, 1024} {
				share := rate * rate
				if distance == 0 {
					share = rate
				}
				together := 0
				for i := range n - distance {
					if x[i] == 0 && x[i+distance] == 0 {
						together++
					}
				}
				want, deviation := share*float64(n-distance), math.Sqrt(2*share*n)
				if math.Abs(float64(together)-want) > 5*deviation {
					t.Errorf("rate %g: %d values dropped with the one %d further on, want %.0f", rate, together, distance, want)
				}
			}
		}
	}
}

// One bit of the seed changes half of what is drawn.
func TestDropoutOfOtherSeedsIsUnrelated(t *testing.T) {
	const n = 4096
	draw := func(seed uint64) []float32 { return drawnFactors(n, Dropout{0.5, seed}) }
	base := draw(99)
	for bit := range 64 {
		other, agree := draw(99^1<<bit), 0
		for i := range other {
			if other[i] == base[i] {
				agree++
			}
		}
		if math.Abs(float64(agree)-n/2) > 5*math.Sqrt(n)/2 {
			t.Errorf("seeds that differ in bit %d agree in %d of %d draws", bit, agree, n)
		}
	}
}

func TestDropoutAtTheEndsOfItsRates(t *testing.T) {
	for _, c := range []struct {
		rate  float64
		scale float32
	}{{0, 1}, {1e-9, 1}, {0.5, 2}, {0.75, 4}, {1 - 1e-9, 65536}} {
		d := Dropout{c.rate, 1}
		if d.Scale() != c.scale {
			t.Errorf("rate %g scales by %g, want %g", c.rate, d.Scale(), c.scale)
		}
		for i, v := range drawnFactors(100, d) {
			if v != 0 && v != c.scale || v == 0 && c.rate < 1e-6 {
				t.Fatalf("rate %g: factor %d is %g", c.rate, i, v)
			}
		}
	}
}
