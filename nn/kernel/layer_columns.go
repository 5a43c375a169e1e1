package kernel

import "fmt"

// The functions over columns work down the rows of matrices [rows, cols] whose
// rows are ld apart; cols is the length of their vectors. Each column's sums
// are in the order of the rows. They use one thread: threads share columns.

// ColumnMoments sets sums[c] to the sum of column c of x and squares[c] to that
// of its squares, in float64.
func ColumnMoments(sums, squares []float64, x []float32, ld, rows int) {
	squares = squares[:len(sums)]
	checkColumns(len(sums), ld, rows, x)
	clearIfEmpty(rows, sums, squares)
	if rows > 0 {
		active.columnMoments(sums, squares, x, ld, rows)
	}
}

// ColumnProducts sets sums[c] to the sum of column c of x and products[c] to
// that of its products with column c of y, in float64.
func ColumnProducts(sums, products []float64, x, y []float32, ld, rows int) {
	products = products[:len(sums)]
	checkColumns(len(sums), ld, rows, x, y)
	clearIfEmpty(rows, sums, products)
	if rows > 0 {
		active.columnProducts(sums, products, x, y, ld, rows)
	}
}

func clearIfEmpty(rows int, vectors ...[]float64) {
	if rows <= 0 {
		for _, v := range vectors {
			clear(v)
		}
	}
}

// columnSumsWork is the number of values whose columns are summed by one
// thread: some 20 microseconds of AVX2.
const columnSumsWork = 1 << 19

// columnSumsGrain is the least number of columns for a thread: the longest
// stretch of a row that the loops take side by side.
const columnSumsGrain = 128

// AddColumnSums adds the rows of x to sums, one after the other. Threads share
// the columns of a large matrix.
func AddColumnSums(sums, x []float32, ld, rows int) {
	checkColumns(len(sums), ld, rows, x)
	switch cols := len(sums); {
	case rows <= 0 || cols == 0:
	case rows*cols <= columnSumsWork:
		active.addColumnSums(sums, x, ld, rows)
	default:
		columnSums.do(cols, max(columnSumsGrain, columnSumsWork/rows), columnSumsArgs{sums, x, ld, rows}, (*columnSumsArgs).run)
	}
}

type columnSumsArgs struct {
	sums, x  []float32
	ld, rows int
}

var columnSums sharer[columnSumsArgs]

func (a *columnSumsArgs) run(lo, hi int) {
	active.addColumnSums(a.sums[lo:hi], a.x[lo:], a.ld, a.rows)
}

// ColumnNorm is how columns are normalised: with xhat = (x-mean)/std a value
// becomes gamma*xhat + beta. All vectors are of one length.
type ColumnNorm struct {
	Mean, Rest  []float32 // the mean in two parts, the second what the first is off by
	InvStd      []float32
	Gamma, Beta []float32
}

// NormalizeColumns replaces x as ColumnNorm says and keeps the normalised
// values in xhat.
func NormalizeColumns(x, xhat []float32, ld, rows int, n ColumnNorm) {
	cols := len(n.Mean)
	checkColumns(cols, ld, rows, x, xhat)
	if rows > 0 {
		active.normalizeColumns(x, xhat, ld, rows, n.Mean, n.Rest[:cols], n.InvStd[:cols], n.Gamma[:cols], n.Beta[:cols])
	}
}

// NormalizeColumnsBackward sets dy to scale*(dy - mean - xhat*along).
func NormalizeColumnsBackward(dy, xhat []float32, ld, rows int, scale, mean, along []float32) {
	cols := len(scale)
	checkColumns(cols, ld, rows, dy, xhat)
	if rows > 0 {
		active.normalizeColumnsBackward(dy, xhat, ld, rows, scale, mean[:cols], along[:cols])
	}
}

// AffineColumns sets x to x*scale + shift.
func AffineColumns(x []float32, ld, rows int, scale, shift []float32) {
	checkColumns(len(scale), ld, rows, x)
	if rows > 0 {
		active.affineColumns(x, ld, rows, scale, shift[:len(scale)])
	}
}

// checkColumns panics unless the matrices hold rows of cols values, ld apart.
func checkColumns(cols, ld, rows int, matrices ...[]float32) {
	if rows <= 0 || cols == 0 {
		return
	}
	if ld < cols {
		panic(fmt.Sprintf("kernel: rows are %d apart, less than their %d columns", ld, cols))
	}
	for _, x := range matrices {
		if need := (rows-1)*ld + cols; len(x) < need {
			panic(fmt.Sprintf("kernel: a matrix has %d elements; its %d rows need %d", len(x), rows, need))
		}
	}
}

func columnMoments(sums, squares []float64, x []float32, ld, rows int) {
	columnProducts(sums, squares, x, x, ld, rows)
}

func columnProducts(sums, products []float64, x, y []float32, ld, rows int) {
	clear(sums)
	clear(products)
	for r := range rows {
		b := y[r*ld:][:len(sums)]
		for c, v := range x[r*ld:][:len(sums)] {
			sums[c] += float64(v)
			products[c] += float64(v) * float64(b[c])
		}
	}
}

func addColumnSums(sums, x []float32, ld, rows int) {
	for r := range rows {
		for c, v := range x[r*ld:][:len(sums)] {
			sums[c] += v
		}
	}
}

func normalizeColumns(x, xhat []float32, ld, rows int, mean, rest, invStd, gamma, beta []float32) {
	for r := range rows {
		row, out := x[r*ld:][:len(mean)], xhat[r*ld:][:len(mean)]
		for c, v := range row {
			h := (v - mean[c] - rest[c]) * invStd[c]
			out[c] = h
			row[c] = h*gamma[c] + beta[c]
		}
	}
}

func normalizeColumnsBackward(dy, xhat []float32, ld, rows int, scale, mean, along []float32) {
	for r := range rows {
		row, h := dy[r*ld:][:len(scale)], xhat[r*ld:][:len(scale)]
		for c, v := range row {
			row[c] = scale[c] * (v - mean[c] - h[c]*along[c])
		}
	}
}

func affineColumns(x []float32, ld, rows int, scale, shift []float32) {
	for r := range rows {
		row := x[r*ld:][:len(scale)]
		for c, v := range row {
			row[c] = v*scale[c] + shift[c]
		}
	}
}
