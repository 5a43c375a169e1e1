package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// loopCase describes a kernel over vectors or rows, so that every one is held
// to the same demands in every set: its definition, its bounds, the same bits
// wherever its operands lie, and special values as the portable form has them.
type loopCase struct {
	name      string
	lengths   func(n int) []int   // of the operands, outputs among them
	run       func(x [][]float32) // on the operands of some n
	define    func(x [][]float64) // what run does, without regard for rounding
	tolerance float64             // relative to the value, or to 1 where that is smaller
	restrict  func(x [][]float32) // the drawn operands to what they may be; nil for anything
}

// each is the lengths of count operands of n values.
func each(count int) func(n int) []int {
	return func(n int) []int { return slices.Repeat([]int{n}, count) }
}

func loopCases() []loopCase {
	return slices.Concat(vectorCases, elementwiseCases(), adamCases, gruCases, columnCases, reluCases, softmaxCases)
}

// overEverySet runs a test once per set of kernels that the processor has.
func overEverySet(t *testing.T, test func(t *testing.T)) {
	for _, set := range Sets() {
		t.Run(set, func(t *testing.T) {
			restore, err := Select(set)
			if err != nil {
				t.Fatal(err)
			}
			defer restore()
			test(t)
		})
	}
}

// draw returns operands in -2..2.
func (c loopCase) draw(rng *rand.Rand, n int) [][]float32 {
	var x [][]float32
	for _, length := range c.lengths(n) {
		v := make([]float32, length)
		for i := range v {
			v[i] = 4*rng.Float32() - 2
		}
		x = append(x, v)
	}
	if c.restrict != nil {
		c.restrict(x)
	}
	return x
}

func copied(x [][]float32) [][]float32 {
	y := make([][]float32, len(x))
	for i := range x {
		y[i] = slices.Clone(x[i])
	}
	return y
}

func TestEveryLoopEqualsItsDefinition(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 1))
		for _, c := range loopCases() {
			for n := range 101 {
				if err := c.checkDefinition(c.draw(rng, n)); err != nil {
					t.Errorf("%s of %d: %v", c.name, n, err)
				}
			}
		}
	})
}

func (c loopCase) checkDefinition(x [][]float32) error {
	want := make([][]float64, len(x))
	for i, v := range x {
		for _, f := range v {
			want[i] = append(want[i], float64(f))
		}
	}
	c.define(want)
	got := copied(x)
	c.run(got)
	for i := range got {
		for j, g := range got[i] {
			w := want[i][j]
			if !(math.Abs(float64(g)-w) <= c.tolerance*max(1, math.Abs(w))) {
				return fmt.Errorf("operand %d at %d is %.9g, want %.9g", i, j, g, w)
			}
		}
	}
	return nil
}

// Operands begin right behind a page that cannot be read, or end right before
// one, or lie unaligned between canaries.
func TestEveryLoopStaysWithinItsSlicesAndItsBitsDoNotDependOnThePlace(t *testing.T) {
	const most = 100
	overEverySet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(2, 2))
		for _, c := range loopCases() {
			var fences []fence
			for _, length := range c.lengths(most) {
				fences = append(fences, newFence(t, length))
			}
			for n := range most + 1 {
				x := c.draw(rng, n)
				want := copied(x)
				c.run(want)
				places := map[string]func(operand, length int) []float32{
					"behind a fence": func(i, length int) []float32 { return fences[i].front(length) },
					"before a fence": func(i, length int) []float32 { return fences[i].back(length) },
					"unaligned":      func(i, length int) []float32 { return guarded(t, rng, length+1+i)[1+i:] },
				}
				for place, of := range places {
					got := make([][]float32, len(x))
					for i, v := range x {
						got[i] = of(i, len(v))
						copy(got[i], v)
					}
					c.run(got)
					checkSameBits(t, fmt.Sprintf("%s of %d %s", c.name, n, place), got, want)
				}
			}
		}
	})
}

// What the documentation lets be the same slice.
func TestLoopsWorkInPlace(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(4, 4))
		for n := range 70 {
			x := (loopCase{lengths: each(2)}).draw(rng, n)
			for name, run := range map[string]func(dst, x, y []float32){
				"Scale":       func(dst, x, _ []float32) { Scale(dst, x, 3) },
				"Blend, of x": func(dst, x, y []float32) { Blend(dst, 2, x, 3, y) },
				"Blend, of y": func(dst, x, y []float32) { Blend(dst, 2, y, 3, x) },
				"ReLU":        func(dst, x, _ []float32) { ReLU(dst, x) },
				"ExpSum":      func(dst, x, _ []float32) { ExpSum(dst, x, 1) },
				"GRUStep": func(dst, x, _ []float32) {
					gates, projected := make([]float32, 3*n), make([]float32, 3*n)
					GRUStep(gates, projected, x, dst)
				},
			} {
				apart, same := make([]float32, n), slices.Clone(x[0])
				run(apart, x[0], x[1])
				run(same, same, x[1])
				checkSameBits(t, fmt.Sprintf("%s of %d", name, n), [][]float32{same}, [][]float32{apart})
			}
		}
	})
}

func checkSameBits(t *testing.T, what string, got, want [][]float32) {
	t.Helper()
	for i := range got {
		if at := firstDifference(got[i], want[i]); at >= 0 {
			t.Fatalf("%s: operand %d at %d is %g, want %g", what, i, at, got[i][at], want[i][at])
		}
	}
}

// special are values that loops may treat apart, and by mistake do. None are so
// large that products overflow, or sums cancel, in a way that a fused
// multiply-add rightly does not.
var special = []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, float32(math.Copysign(0, -1)),
	math.SmallestNonzeroFloat32, -1e-42, 1e-38, 10, -10}

func TestEveryLoopTreatsSpecialValuesAsPortableDoes(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 3))
		for _, c := range loopCases() {
			for n := 1; n < 40; n++ {
				for range 8 {
					if err := c.compare(c.sprinkled(rng, n)); err != nil {
						t.Fatalf("%s of %d: %v", c.name, n, err)
					}
				}
			}
		}
	})
}

// sprinkled draws operands with some special values in them.
func (c loopCase) sprinkled(rng *rand.Rand, n int) [][]float32 {
	x := c.draw(rng, n)
	for _, v := range x {
		for range (len(v) + 9) / 10 { // none where v is empty
			v[rng.IntN(len(v))] = special[rng.IntN(len(special))]
		}
	}
	return x
}

// compare runs the set in use and the portable one.
func (c loopCase) compare(x [][]float32) error {
	got, want := copied(x), copied(x)
	c.run(got)
	set := active
	active = portable
	c.run(want)
	active = set
	for i := range got {
		for j, g := range got[i] {
			if w := want[i][j]; !alike(g, w, c.tolerance) {
				return fmt.Errorf("operand %d at %d is %g, portable %g", i, j, g, w)
			}
		}
	}
	return nil
}

// alike tells whether two values are both NaN, the same infinity or, each
// within the tolerance of the definition, near each other.
func alike(a, b float32, tolerance float64) bool {
	x, y := float64(a), float64(b)
	switch {
	case x != x || y != y:
		return x != x && y != y
	case math.IsInf(x, 0) || math.IsInf(y, 0):
		return x == y
	}
	return math.Abs(x-y) <= 2*tolerance*max(1, math.Abs(x), math.Abs(y))
}

func FuzzLoops(f *testing.F) {
	cases := loopCases()
	for i := range cases {
		f.Add(uint8(i), uint64(i), uint16(37))
	}
	f.Fuzz(func(t *testing.T, which uint8, seed uint64, n uint16) {
		c := cases[int(which)%len(cases)]
		rng := rand.New(rand.NewPCG(seed, 1))
		overEverySet(t, func(t *testing.T) {
			size := int(n % 700)
			if err := c.checkDefinition(c.draw(rng, size)); err != nil {
				t.Errorf("%s of %d: %v", c.name, size, err)
			}
			if err := c.compare(c.sprinkled(rng, size)); err != nil {
				t.Errorf("%s of %d with special values: %v", c.name, size, err)
			}
		})
	})
}
