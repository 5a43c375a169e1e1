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
	{"NN", 128, 256, 768},
	{"NN", 1600, 192, 64},
	{"NN", 1024, 1280, 128},
	{"NT", 1024, 1024, 64},
	{"NT", 512, 256, 1216},
	{"TN", 1216, 64, 1024},
	{"NT", 32, 192, 64},
	{"NN", 32, 192, 64},
	{"NT", 2, 512, 256},
	{"NT", 4, 512, 256},
	{"NN", 4, 512, 256},
	{"NT", 1, 512, 256},
	{"NN", 1, 512, 256},
	{"NT", 1024, 4, 128},
	{"NN", 1600, 1, 256},
}

func BenchmarkGemm(b *testing.B) {
	for _, s := range timedShapes {
		p := newProblem(1, s.layout[0] == 'T', s.layout[1] == 'T', false, s.m, s.n, s.k, 0)
		name := fmt.Sprintf("%s_%dx%dx%d", s.layout, s.m, s.n, s.k)
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/threads=%d", name, threads), func(b *testing.B) {
				setThreads(b, threads)
				timeProduct(b, p, func() { p.run(p.c) })
			})
		}
		b.Run(name+"/gonum", func(b *testing.B) { timeProduct(b, p, p.gonum()) })
	}
}

func timeProduct(b *testing.B, p *problem, run func()) {
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
