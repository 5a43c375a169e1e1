package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// canary fills what a kernel must leave alone: the ends of rows and of slices.
const canary = float32(-1.5e30)

// problem is one product with its operands, as a caller would lay them out.
type problem struct {
	transA, transB, acc bool
	m, n, k             int
	lda, ldb, ldc       int
	a, b, c             []float32
	packed              bool // B by way of Weights; A is not transposed then
}

// newProblem draws operands in -1..1; rows are `extra` elements further apart
// than they need be, and what lies between holds canaries.
func newProblem(seed uint64, transA, transB, acc bool, m, n, k, extra int) *problem {
	rng := rand.New(rand.NewPCG(seed, 1))
	p := &problem{transA: transA, transB: transB, acc: acc, m: m, n: n, k: k}
	p.a, p.lda = randomMatrix(rng, transA, m, k, extra)
	p.b, p.ldb = randomMatrix(rng, transB, k, n, extra)
	p.c, p.ldc = randomMatrix(rng, false, m, n, extra)
	return p
}

func randomMatrix(rng *rand.Rand, trans bool, rows, cols, extra int) ([]float32, int) {
	if trans {
		rows, cols = cols, rows
	}
	ld := cols + extra
	x := make([]float32, rows*ld)
	for i := range x {
		x[i] = canary
		if i%max(ld, 1) < cols {
			x[i] = rng.Float32()*2 - 1
		}
	}
	return x, ld
}

func (p *problem) run(c []float32) {
	if p.packed {
		var w Weights
		w.Pack(p.transB, p.k, p.n, p.b, p.ldb)
		w.Gemm(p.m, p.a, p.lda, p.acc, c, p.ldc, Epilogue{})
		return
	}
	Gemm(p.transA, p.transB, p.m, p.n, p.k, p.a, p.lda, p.b, p.ldb, p.acc, c, p.ldc)
}

// naive is the definition, in float64, with the sum of magnitudes by which an
// error is judged.
func (p *problem) naive(i, j int) (sum, magnitude float64) {
	for l := range p.k {
		ai, bi := i*p.lda+l, l*p.ldb+j
		if p.transA {
			ai = l*p.lda + i
		}
		if p.transB {
			bi = j*p.ldb + l
		}
		v := float64(p.a[ai]) * float64(p.b[bi])
		sum += v
		magnitude += math.Abs(v)
	}
	if p.acc {
		v := float64(p.c[i*p.ldc+j])
		sum += v
		magnitude += math.Abs(v)
	}
	return sum, magnitude
}

// check compares Gemm with the definition and looks at every canary.
func (p *problem) check() error {
	got := append([]float32(nil), p.c...)
	p.run(got)
	for at, v := range got {
		i, j := at/p.ldc, at%p.ldc
		if j >= p.n {
			if v != canary {
				return fmt.Errorf("wrote %g beyond row %d of C", v, i)
			}
			continue
		}
		want, magnitude := p.naive(i, j)
		if math.IsNaN(want) && math.IsNaN(float64(v)) || want == float64(v) {
			continue
		}
		if magnitude > math.MaxFloat32 && (math.IsInf(float64(v), 0) || v != v) {
			continue // on the way the sum left what float32 can hold
		}
		// The worst case of a float32 sum is k ulps of the magnitude, and of a
		// subnormal one k times the smallest number.
		tolerance := (6e-8*magnitude + math.SmallestNonzeroFloat32) * float64(p.k+2)
		if diff := math.Abs(float64(v) - want); !(diff <= tolerance) {
			return fmt.Errorf("C[%d,%d] = %g, want %g", i, j, v, want)
		}
	}
	return nil
}

func (p *problem) String() string {
	return fmt.Sprintf("transA=%v transB=%v acc=%v packed=%v m=%d n=%d k=%d lda=%d ldb=%d ldc=%d",
		p.transA, p.transB, p.acc, p.packed, p.m, p.n, p.k, p.lda, p.ldb, p.ldc)
}

func setThreads(t testing.TB, n int) {
	before := threadLimit.Load()
	SetThreads(n)
	t.Cleanup(func() { threadLimit.Store(before) })
}

// everyLayout calls f for the four layouts, writing and adding.
func everyLayout(f func(transA, transB, acc bool)) {
	for bits := range 8 {
		f(bits&1 != 0, bits&2 != 0, bits&4 != 0)
	}
}

func TestGemmEqualsTheDefinition(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		sizes := []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 17}
		everyLayout(func(transA, transB, acc bool) {
			for _, m := range sizes {
				for _, n := range sizes {
					for _, k := range sizes {
						p := newProblem(uint64(m*10000+n*100+k), transA, transB, acc, m, n, k, (m+n)%3)
						if err := p.check(); err != nil {
							t.Fatalf("%v: %v", p, err)
						}
					}
				}
			}
		})
	})
}

func TestGemmAcrossBlockBorders(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		setThreads(t, 3)
		shapes := [][3]int{ // around every block size
			{blockRows - 1, 33, depthBlock}, {blockRows, 31, depthBlock + 1}, {blockRows + 1, 5, 2*depthBlock + 7},
			{5, 4*vectorChunk - 1, depthBlock - 1}, {7, 4 * vectorChunk, 40}, {6, 4*vectorChunk + 1, 41}, {200, 300, 17},
			{1, 2*vectorChunk + 3, depthBlock + 5}, {2*vectorChunk + 1, 1, 2*depthBlock + 9}, {3, 1000, 300}, {1000, 3, 300},
		}
		everyLayout(func(transA, transB, acc bool) {
			for i, s := range shapes {
				p := newProblem(uint64(i), transA, transB, acc, s[0], s[1], s[2], i%4)
				if err := p.check(); err != nil {
					t.Fatalf("%v: %v", p, err)
				}
			}
		})
	})
}

func TestGemmOfRandomShapes(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			dim := rapid.OneOf(rapid.IntRange(0, 12), rapid.IntRange(0, 90))
			p := newProblem(rapid.Uint64().Draw(t, "seed"),
				rapid.Bool().Draw(t, "transA"), rapid.Bool().Draw(t, "transB"), rapid.Bool().Draw(t, "acc"),
				dim.Draw(t, "m"), dim.Draw(t, "n"), rapid.IntRange(0, 300).Draw(t, "k"), rapid.IntRange(0, 5).Draw(t, "extra"))
			if err := p.check(); err != nil {
				t.Fatalf("%v: %v", p, err)
			}
		})
	})
}

func TestGemmSpreadsNaNAndInfinityToTheirRowAndColumnOnly(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		inf := float32(math.Inf(1))
		for _, special := range []float32{inf, -inf, float32(math.NaN())} {
			for _, m := range []int{1, 9} {
				p := newProblem(5, false, true, false, m, 13, 21, 0)
				p.a[0] = special
				if err := p.check(); err != nil {
					t.Errorf("%v: %v", p, err)
				}
				p.run(p.c)
				for j := range p.n {
					if v := float64(p.c[j]); !math.IsNaN(v) && !math.IsInf(v, 0) {
						t.Errorf("m=%d: %g in A gave C[0,%d] = %g", m, special, j, v)
					}
				}
			}
		}
	})
}

func TestZeroTimesInfinityIsNaN(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		c := []float32{7}
		Gemm(false, false, 1, 1, 1, []float32{0}, 1, []float32{float32(math.Inf(1))}, 1, false, c, 1)
		if c[0] == c[0] {
			t.Errorf("0 * Inf = %g, want NaN", c[0])
		}
	})
}

func TestGemmIgnoresWhatItOverwrites(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		p := newProblem(1, false, false, false, 6, 10, 12, 0)
		for i := range p.c {
			p.c[i] = float32(math.NaN())
		}
		if err := p.check(); err != nil {
			t.Error(err)
		}
	})
}

func TestGemmHasTheSameBitsForAnyThreadCount(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		active.serialWork = 1
		shapes := [][3]int{{130, 70, 300}, {70, 300, 20}, {1, 1100, 300}, {1100, 2, 260}, {40, 300, 258}}
		everyLayout(func(transA, transB, acc bool) {
			for i, s := range shapes {
				p := newProblem(uint64(i), transA, transB, acc, s[0], s[1], s[2], 1)
				setThreads(t, 1)
				want := slices.Clone(p.c)
				p.run(want)
				for _, threads := range []int{2, 7} {
					setThreads(t, threads)
					got := slices.Clone(p.c)
					p.run(got)
					if at := firstDifference(got, want); at >= 0 {
						t.Fatalf("%v: %d threads gave %g at %d, one gave %g", p, threads, got[at], at, want[at])
					}
				}
			}
		})
	})
}

// The reason why a batch scores a reel as it would be scored alone.
func TestARowHasTheSameBitsAloneAndInABatch(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		everyLayout(func(transA, transB, acc bool) {
			p := newProblem(3, transA, transB, acc, 37, 70, 600, 2)
			want := append([]float32(nil), p.c...)
			p.run(want)
			for i := range p.m {
				a := p.a[i*p.lda*b2i(!transA)+i*b2i(transA):]
				got := append([]float32(nil), p.c[i*p.ldc:][:p.n]...)
				Gemm(transA, transB, 1, p.n, p.k, a, p.lda, p.b, p.ldb, acc, got, p.n)
				if at := firstDifference(got, want[i*p.ldc:][:p.n]); at >= 0 {
					t.Fatalf("%v: row %d alone has %g at %d, in the batch %g", p, i, got[at], at, want[i*p.ldc+at])
				}
			}
		})
	})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// firstDifference is the first index whose bits differ, or -1.
func firstDifference(a, b []float32) int {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return i
		}
	}
	return -1
}

func TestGemmPanicsOnAShapeThatDoesNotFit(t *testing.T) {
	x := make([]float32, 12) // a 3 x 4 matrix
	for name, call := range map[string]func(){
		"A too short":         func() { Gemm(false, false, 4, 1, 4, x, 4, x, 1, false, make([]float32, 4), 1) },
		"B too short":         func() { Gemm(false, true, 1, 4, 4, x, 4, x, 4, false, make([]float32, 4), 4) },
		"C too short":         func() { Gemm(false, false, 3, 3, 4, x, 4, x, 3, false, make([]float32, 8), 3) },
		"lda below the row":   func() { Gemm(false, false, 3, 3, 4, x, 3, x, 3, false, make([]float32, 9), 3) },
		"negative dimension":  func() { Gemm(false, false, -1, 3, 4, x, 4, x, 3, false, make([]float32, 9), 3) },
		"leading dimension 0": func() { Gemm(false, false, 3, 3, 4, x, 0, x, 3, false, make([]float32, 9), 3) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call()
		})
	}
}
