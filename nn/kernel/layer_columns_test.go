package kernel

import (
	"math/rand/v2"
	"testing"
	"unsafe"
)

const (
	testRows = 5
	testGap  = 3 // elements between the end of a row and the next
)

// matrixOf is the length of a matrix of testRows rows of n values, its last
// row's gap left out.
func matrixOf(n int) int { return max((testRows-1)*(n+testGap)+n, 0) }

// cells calls fn for each place in a matrix of n columns.
func cells(n int, fn func(at, column int)) {
	for r := range testRows {
		for c := range n {
			fn(r*(n+testGap)+c, c)
		}
	}
}

// asDoubles is memory of float32, twice as many, seen as float64.
func asDoubles(x []float32) []float64 {
	if len(x) == 0 {
		return nil // its address may be that of memory behind it
	}
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(x))), len(x)/2)
}

// rounded replaces memory of float64 by as many float32 and zeros.
func rounded(x []float32) {
	for i, d := range asDoubles(x) {
		x[i] = float32(d)
	}
	clear(x[len(x)/2:])
}

// sumsCase is a loop that leaves two float64 per column.
func sumsCase(name string, run func(first, second []float64, x, y []float32, n int), second func(x, y float64) float64) loopCase {
	return loopCase{
		name: name, tolerance: 1e-6,
		lengths: func(n int) []int { return []int{2 * n, 2 * n, matrixOf(n), matrixOf(n)} },
		run: func(x [][]float32) {
			run(asDoubles(x[0]), asDoubles(x[1]), x[2], x[3], len(x[0])/2)
			rounded(x[0])
			rounded(x[1])
		},
		define: func(x [][]float64) {
			clear(x[0])
			clear(x[1])
			cells(len(x[0])/2, func(at, c int) {
				x[0][c] += x[2][at]
				x[1][c] += second(x[2][at], x[3][at])
			})
		},
	}
}

var columnCases = []loopCase{
	sumsCase("ColumnMoments",
		func(sums, squares []float64, x, _ []float32, n int) {
			ColumnMoments(sums, squares, x, n+testGap, testRows)
		},
		func(x, _ float64) float64 { return x * x }),
	sumsCase("ColumnProducts",
		func(sums, products []float64, x, y []float32, n int) {
			ColumnProducts(sums, products, x, y, n+testGap, testRows)
		},
		func(x, y float64) float64 { return x * y }),
	{
		name: "AddColumnSums", tolerance: 2e-6,
		lengths: func(n int) []int { return []int{n, matrixOf(n)} },
		run:     func(x [][]float32) { AddColumnSums(x[0], x[1], len(x[0])+testGap, testRows) },
		define: func(x [][]float64) {
			cells(len(x[0]), func(at, c int) { x[0][c] += x[1][at] })
		},
	},
	{
		name: "NormalizeColumns", tolerance: 2e-6,
		lengths: func(n int) []int { return []int{matrixOf(n), matrixOf(n), n, n, n, n, n} },
		run: func(x [][]float32) {
			NormalizeColumns(x[0], x[1], len(x[2])+testGap, testRows, ColumnNorm{Mean: x[2], Rest: x[3], InvStd: x[4], Gamma: x[5], Beta: x[6]})
		},
		define: func(x [][]float64) {
			cells(len(x[2]), func(at, c int) {
				x[1][at] = (x[0][at] - x[2][c] - x[3][c]) * x[4][c]
				x[0][at] = x[1][at]*x[5][c] + x[6][c]
			})
		},
	},
	{
		name: "NormalizeColumnsBackward", tolerance: 2e-6,
		lengths: func(n int) []int { return []int{matrixOf(n), matrixOf(n), n, n, n} },
		run: func(x [][]float32) {
			NormalizeColumnsBackward(x[0], x[1], len(x[2])+testGap, testRows, x[2], x[3], x[4])
		},
		define: func(x [][]float64) {
			cells(len(x[2]), func(at, c int) { x[0][at] = x[2][c] * (x[0][at] - x[3][c] - x[1][at]*x[4][c]) })
		},
	},
	{
		name: "AffineColumns", tolerance: 1e-6,
		lengths: func(n int) []int { return []int{matrixOf(n), n, n} },
		run:     func(x [][]float32) { AffineColumns(x[0], len(x[1])+testGap, testRows, x[1], x[2]) },
		define: func(x [][]float64) {
			cells(len(x[1]), func(at, c int) { x[0][at] = x[0][at]*x[1][c] + x[2][c] })
		},
	},
}

func TestColumnSumsHaveTheSameBitsForAnyThreadCountAndAsRowsAddedByAxpy(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const rows, cols = 700, 900
	x := make([]float32, rows*cols)
	for i := range x {
		x[i] = rng.Float32() - 0.5
	}
	want := make([]float32, cols)
	for r := range rows {
		axpy(1, x[r*cols:][:cols], want)
	}
	overEverySet(t, func(t *testing.T) {
		for _, threads := range []int{1, 3} {
			setThreads(t, threads)
			got := make([]float32, cols)
			AddColumnSums(got, x, cols, rows)
			if at := firstDifference(got, want); at >= 0 {
				t.Errorf("%d threads: sum %d is %g, want %g", threads, at, got[at], want[at])
			}
		}
	})
}

func TestColumnsOfNoRowsSumToZeroAndChangeNothing(t *testing.T) {
	overEverySet(t, func(t *testing.T) {
		sums, squares, kept := []float64{7}, []float64{7}, []float32{7}
		ColumnMoments(sums, squares, nil, 1, 0)
		AddColumnSums(kept, nil, 1, 0)
		AffineColumns(nil, 1, 0, kept, kept)
		if sums[0] != 0 || squares[0] != 0 || kept[0] != 7 {
			t.Errorf("sums %v and %v, want zeros; %v, want 7", sums, squares, kept)
		}
	})
}

func TestAMatrixTooSmallForItsRowsIsACallersBug(t *testing.T) {
	vector, doubles, x := make([]float32, 4), make([]float64, 4), make([]float32, 11) // 3 rows of 4 need 12
	for name, call := range map[string]func(){
		"ColumnMoments":    func() { ColumnMoments(doubles, doubles, x, 4, 3) },
		"AddColumnSums":    func() { AddColumnSums(vector, x, 4, 3) },
		"AffineColumns":    func() { AffineColumns(x, 4, 3, vector, vector) },
		"rows overlapping": func() { AddColumnSums(vector, x, 3, 2) },
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
