package model

import (
	"math"
	"testing"
)

func TestCodedRowsAreWithinHalfAStep(t *testing.T) {
	checkCoded[int16](t, 2*7+4)
	checkCoded[int8](t, 7+4)
}

func checkCoded[Code int8 | int16](t *testing.T, rowBytes int) {
	rng := seeded(301)
	rows := NewCodedRows[Code](7)
	if got, want := rows.RowBytes(), rowBytes; got != want {
		t.Errorf("%T: %d bytes, want %d", Code(0), got, want)
	}
	sum, y := make([]float32, 7), normals(rng, 7)
	for _, size := range []float64{0, 1e-44, 1e-38, 1e-34, 1e-30, 1e-6, 1, 1e6, math.MaxFloat32 / 8} {
		x := normals(rng, 7)
		largest := 0.0
		for i := range x {
			x[i] = float32(size * math.Max(-1, math.Min(1, float64(x[i]))))
			largest = max(largest, math.Abs(float64(x[i])))
		}
		rows.Put([]int32{3}, x)
		step := largest / rows.largest()
		rows.Add(sum, 3, make([]float32, 7))
		for i, v := range sum {
			// Of a row of tiny numbers nothing is left.
			if off := math.Abs(float64(v) - float64(x[i])); off > 0.50001*step+1e-33 {
				t.Errorf("%T: %g became %g, %g steps off", Code(0), x[i], v, off/step)
			}
		}
		with := make([]float32, 7)
		rows.Add(with, 3, y)
		for i := range with {
			if with[i] != sum[i]+y[i] {
				t.Errorf("%T: %g plus %g is %g", Code(0), sum[i], y[i], with[i])
			}
		}
	}
	rows.Add(sum, 2, make([]float32, 7))
	for _, v := range sum {
		if v != 0 {
			t.Errorf("%T: a row that was not set holds %g", Code(0), v)
		}
	}
}
