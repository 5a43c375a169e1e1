package bench

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/reelrank/reelrank/nn/kernel"
)

// Product is the speed of a matrix product C[m,n] = op(A)[m,k] op(B)[k,n] with
// one set of kernels.
type Product struct {
	M          int     `json:"m"`
	N          int     `json:"n"`
	K          int     `json:"k"`
	Layout     string  `json:"layout"`  // "NN", "NT" or "TN": T where op(A) or op(B) is a transpose
	Operand    string  `json:"operand"` // "plain", or "packed" where B was laid out before, as for a layer's weights
	Kernels    string  `json:"kernels"` // a set, or "gonum" for its blas32 as a yardstick
	OneThread  Rate    `json:"one_thread"`
	AllThreads Rate    `json:"all_threads"`
	Speedup    float64 `json:"speedup"` // all threads over one
}

// Rate is the speed of a product on some number of threads.
type Rate struct {
	GFLOPS    float64 `json:"gflop_per_s"`
	PeakShare float64 `json:"peak_share,omitempty"` // of the set's peak on as many threads; none for gonum
	OverGonum float64 `json:"over_gonum,omitempty"` // times the speed of gonum's, same layout and threads; none for gonum
	Spread    float64 `json:"spread"`               // how far the rounds lie apart, as a share of their median
}

// gonum stands in the place of a set's name.
const gonum = "gonum"

// shape is the size of a product.
type shape struct{ m, n, k int }

func (s shape) String() string { return fmt.Sprintf("%dx%dx%d", s.m, s.k, s.n) }

// flops are the operations of the product: one multiplication and one addition
// for each of m*n*k pairs.
func (s shape) flops() float64 { return 2 * float64(s.m) * float64(s.n) * float64(s.k) }

// The sizes of training: the ranker's first layer over a batch of 512, and a
// GRU's gates over one step of 128 sequences, forward and towards the state.
var (
	denseShape = shape{m: 512, k: 1536, n: 512}
	gruShapes  = []shape{{m: 128, k: 256, n: 768}, {m: 128, k: 768, n: 256}}
)

func productShapes() []shape { return append([]shape{denseShape}, gruShapes...) }

// layouts are those of a layer's forward product, and of its two gradients.
var layouts = []string{"NN", "NT", "TN"}

func (c contest) products(sets []string, peaks []Peak) ([]Product, error) {
	var rows []Product
	for _, s := range productShapes() {
		for _, layout := range layouts {
			found, err := c.product(newProblem(s, layout), sets, peaks)
			if err != nil {
				return nil, err
			}
			rows = append(rows, found...)
		}
	}
	return rows, nil
}

// product compares the sets, and gonum, on one problem.
func (c contest) product(p *problem, sets []string, peaks []Peak) ([]Product, error) {
	rows := []Product{p.row(gonum, "plain")}
	works := []func(){p.gonum()}
	for _, set := range sets {
		rows, works = append(rows, p.row(set, "plain")), append(works, p.plain)
		if p.layout == "NN" { // packed, B has one layout whichever it had before
			packed, err := p.packed(set)
			if err != nil {
				return nil, err
			}
			rows, works = append(rows, p.row(set, "packed")), append(works, packed)
		}
	}
	threads := threadCounts()
	var sides []side
	for i, row := range rows {
		for _, n := range threads {
			s := side{set: row.Kernels, threads: n, work: works[i]}
			if s.set == gonum {
				s.set = ""
			}
			sides = append(sides, s)
		}
	}
	timings, err := c.run(fmt.Sprintf("products %s %s", p.shape, p.layout), sides)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		first, last := i*len(threads), (i+1)*len(threads)-1
		rows[i].OneThread = p.rate(timings[first])
		rows[i].AllThreads = p.rate(timings[last])
		rows[i].Speedup = ratio(rows[i].AllThreads.GFLOPS, rows[i].OneThread.GFLOPS)
	}
	compare(rows, peaks, threads[len(threads)-1])
	return rows, nil
}

// compare fills in the shares of the peaks, and the ratios to the first row,
// which is gonum's.
func compare(rows []Product, peaks []Peak, all int) {
	yardstick := rows[0]
	for i := range rows[1:] {
		row := &rows[i+1]
		for _, p := range peaks {
			if p.Kernels == row.Kernels {
				row.OneThread.PeakShare = ratio(row.OneThread.GFLOPS, p.on(1))
				row.AllThreads.PeakShare = ratio(row.AllThreads.GFLOPS, p.on(all))
			}
		}
		row.OneThread.OverGonum = ratio(row.OneThread.GFLOPS, yardstick.OneThread.GFLOPS)
		row.AllThreads.OverGonum = ratio(row.AllThreads.GFLOPS, yardstick.AllThreads.GFLOPS)
	}
}

// problem is a product with its operands.
type problem struct {
	shape
	layout         string
	transA, transB bool
	lda, ldb       int
	a, b, c        []float32
}

func newProblem(s shape, layout string) *problem {
	p := &problem{shape: s, layout: layout, transA: layout[0] == 'T', transB: layout[1] == 'T', lda: s.k, ldb: s.n}
	if p.transA {
		p.lda = s.m
	}
	if p.transB {
		p.ldb = s.k
	}
	rng := seeded(1)
	p.a, p.b, p.c = normals(rng, s.m*s.k), normals(rng, s.k*s.n), make([]float32, s.m*s.n)
	return p
}

func (p *problem) row(kernels, operand string) Product {
	return Product{M: p.m, N: p.n, K: p.k, Layout: p.layout, Operand: operand, Kernels: kernels}
}

func (p *problem) rate(t timing) Rate {
	return Rate{GFLOPS: t.perSecond(p.flops()) / 1e9, Spread: t.spread()}
}

func (p *problem) plain() {
	kernel.Gemm(p.transA, p.transB, p.m, p.n, p.k, p.a, p.lda, p.b, p.ldb, false, p.c, p.n)
}

// packed lays B out for a set and multiplies by it.
func (p *problem) packed(set string) (func(), error) {
	restore, err := kernel.Select(set)
	if err != nil {
		return nil, err
	}
	defer restore()
	var w kernel.Weights
	w.Pack(p.transB, p.k, p.n, p.b, p.ldb)
	return func() { w.Gemm(p.m, p.a, p.lda, false, p.c, p.n, kernel.Epilogue{}) }, nil
}

func (p *problem) gonum() func() {
	matrix := func(x []float32, ld, rows, cols int, trans bool) (blas.Transpose, blas32.General) {
		if trans {
			return blas.Trans, blas32.General{Rows: cols, Cols: rows, Stride: ld, Data: x}
		}
		return blas.NoTrans, blas32.General{Rows: rows, Cols: cols, Stride: ld, Data: x}
	}
	ta, a := matrix(p.a, p.lda, p.m, p.k, p.transA)
	tb, b := matrix(p.b, p.ldb, p.k, p.n, p.transB)
	_, c := matrix(p.c, p.n, p.m, p.n, false)
	return func() { blas32.Gemm(ta, tb, 1, a, b, 0, c) }
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0xbe4c)) }

func normals(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}
