package nn

import (
	"math"

	"github.com/reelrank/reelrank/nn/kernel"
)

// normFloor keeps the norm of a zero row from dividing by zero.
const normFloor = 1e-12

// Normalize sets each row of y[rows, w] to x's row over its Euclidean norm and
// writes the norms to norms[rows]. y may be x. Like NormalizeBackward it uses
// one thread: threads share rows.
func Normalize(y, norms, x []float32, rows, w int) {
	for r := range rows {
		row := x[r*w : (r+1)*w]
		norms[r] = float32(math.Sqrt(kernel.SumSquares(row) + normFloor))
		kernel.Scale(y[r*w:], row, 1/norms[r])
	}
}

// NormalizeBackward sets dx = (dy - y (y·dy)) / norm per row. dx may be dy.
func NormalizeBackward(dx, dy, y, norms []float32, rows, w int) {
	for r := range rows {
		yr, dr := y[r*w:(r+1)*w], dy[r*w:(r+1)*w]
		inv := 1 / norms[r]
		kernel.Blend(dx[r*w:][:w], inv, dr, -inv*kernel.Dot(yr, dr), yr)
	}
}
