package kernel

import "testing"

// The ranker's first layer over a batch: 512 rows of 512.
const timedRows = 512

func BenchmarkColumns(b *testing.B) {
	const cols = timedRows
	x, xhat := randomVector(timedRows*cols), randomVector(timedRows*cols)
	v, sums, squares := randomVector(cols), make([]float64, cols), make([]float64, cols)
	for name, run := range map[string]func(){
		"moments":   func() { ColumnMoments(sums, squares, x, cols, timedRows) },
		"products":  func() { ColumnProducts(sums, squares, x, xhat, cols, timedRows) },
		"sums":      func() { AddColumnSums(v, x, cols, timedRows) },
		"normalize": func() { NormalizeColumns(x, xhat, cols, timedRows, ColumnNorm{v, v, v, v, v}) },
		"affine":    func() { AffineColumns(x, cols, timedRows, v, v) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(4 * int64(len(x)))
			for b.Loop() {
				run()
			}
		})
	}
}

func BenchmarkReLUDropout(b *testing.B) {
	x, dy := randomVector(timedRows*timedRows), randomVector(timedRows*timedRows)
	d := Dropout{Rate: 0.2, Seed: 1}
	b.Run("forward", func(b *testing.B) {
		b.SetBytes(4 * int64(len(x)))
		for b.Loop() {
			ReLUDropout(x, d)
		}
	})
	b.Run("backward", func(b *testing.B) {
		b.SetBytes(4 * int64(len(x)))
		for b.Loop() {
			ReLUBackward(dy, x, 1)
		}
	})
}

// A row of logits.
func BenchmarkSoftmaxRow(b *testing.B) {
	x, y := randomVector(timedLength), make([]float32, timedLength)
	b.SetBytes(4 * timedLength)
	for b.Loop() {
		Scale(y, y, float32(1/ExpSum(y, x, Max(x))))
	}
}
