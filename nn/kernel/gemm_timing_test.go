package kernel

import (
	"fmt"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

// The shapes of a training step and of serving: dense layers forward (NT),
// their inputs' gradients (NN) and their weights' gradients (TN).
var timedShapes = []struct {
	layout  string
	m, n, k int
}{
	{"NN", 512, 1536, 512},
	{"NT", 512, 1536, 512},
	{"TN", 512, 1536, 512},
	{"NN", 128, 256, 768},
	{"NT", 128, 768, 256},
	{"TN", 768, 256, 128},
	{"NN", 1600, 192, 64},
	{"NT", 1024, 1024, 64},
	{"NT", 512, 256, 1216},
	{"TN", 1216, 64, 1024},
	{"NT", 32, 192, 64},
	{"NT", 8, 768, 256},
	{"NT", 2, 512, 256},
	{"NT", 1, 512, 256},
	{"NN", 1, 512, 256},
	{"NT", 1024, 4, 128},
	{"NN", 1600, 1, 256},
}

func BenchmarkGemm(b *testing.B) {
	for _, s := range timedShapes {
		p := newProblem(1, s.layout[0] == 'T', s.layout[1] == 'T', false, s.m, s.n, s.k, 0)
		name := fmt.Sprintf("%s_%dx%dx%d", s.layout, s.m, s.n, s.k)
		overSets(b, name, func(b *testing.B) { p.time(b, func() { p.run(p.c) }) })
		b.Run(name+"/gonum", func(b *testing.B) { p.time(b, p.gonum()) })
	}
}

// The products of serving and of a recurrence, whose weights stay packed.
func BenchmarkWeights(b *testing.B) {
	for _, s := range [][3]int{
		{1, 768, 256}, {8, 768, 256}, {64, 768, 256}, {128, 768, 256},
		{1, 256, 512}, {100, 256, 512}, {100, 512, 64}, {100, 128, 256}, {100, 4, 128},
	} {
		p := newProblem(1, false, true, false, s[0], s[1], s[2], 0)
		e := Epilogue{Bias: drawn(1, p.n), ReLU: true}
		overSets(b, fmt.Sprintf("%dx%dx%d", p.m, p.n, p.k), func(b *testing.B) {
			var w Weights
			w.Pack(p.transB, p.k, p.n, p.b, p.ldb)
			p.time(b, func() { w.Gemm(p.m, p.a, p.lda, false, p.c, p.ldc, e) })
		})
	}
}

// BenchmarkPack tells how much of a product's time its packing takes.
func BenchmarkPack(b *testing.B) {
	for _, s := range [][2]int{{768, 256}, {512, 1216}} {
		for _, trans := range []bool{false, true} {
			p := newProblem(1, false, trans, false, 0, s[0], s[1], 0)
			overSets(b, fmt.Sprintf("%dx%d_trans=%v", p.k, p.n, trans), func(b *testing.B) {
				var w Weights
				for b.Loop() {
					w.Pack(trans, p.k, p.n, p.b, p.ldb)
				}
				b.SetBytes(int64(4 * p.k * p.n))
			})
		}
	}
}

// overSets runs a benchmark for every set of kernels, on one thread and on two.
func overSets(b *testing.B, name string, run func(b *testing.B)) {
	for _, set := range Sets() {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/%s/threads=%d", name, set, threads), func(b *testing.B) {
				restore, err := Select(set)
				if err != nil {
					b.Fatal(err)
				}
				defer restore()
				setThreads(b, threads)
				run(b)
			})
		}
	}
}

func (p *problem) time(b *testing.B, run func()) {
	run()
	for b.Loop() {
		run()
	}
	b.ReportMetric(2*float64(p.m*p.n*p.k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

// gonum is the yardstick, on as many threads as it takes by itself.
func (p *problem) gonum() func() {
	general := func(x []float32, ld, rows, cols int, trans bool) (blas.Transpose, blas32.General) {
		if trans {
			return blas.Trans, blas32.General{Rows: cols, Cols: rows, Stride: ld, Data: x}
		}
		return blas.NoTrans, blas32.General{Rows: rows, Cols: cols, Stride: ld, Data: x}
	}
	ta, a := general(p.a, p.lda, p.m, p.k, p.transA)
	tb, b := general(p.b, p.ldb, p.k, p.n, p.transB)
	_, c := general(p.c, p.ldc, p.m, p.n, false)
	return func() { blas32.Gemm(ta, tb, 1, a, b, 0, c) }
}
