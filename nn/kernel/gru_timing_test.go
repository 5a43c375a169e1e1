package kernel

import "testing"

// A row of the user encoder's width.
func BenchmarkGRUStep(b *testing.B) {
	const h = 256
	x := randomVector(3 * h)
	gates, projected, before, after, carry := make([]float32, 3*h), make([]float32, 3*h), randomVector(h), make([]float32, h), make([]float32, h)
	b.Run("forward", func(b *testing.B) {
		for b.Loop() {
			copy(gates, x) // the gates become numbers of another size
			copy(projected, x)
			GRUStep(gates, projected, before, after)
		}
	})
	b.Run("backward", func(b *testing.B) {
		for b.Loop() {
			copy(gates, x)
			copy(projected, x)
			clear(carry)
			GRUStepBackward(gates, projected, before, after, carry)
		}
	})
}
