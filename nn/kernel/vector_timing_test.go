package kernel

import (
	"math/rand/v2"
	"testing"
)

// timedLength fits the first-level cache: the loops are timed, not the memory.
const timedLength = 2048

func randomVector(n int) []float32 {
	rng := rand.New(rand.NewPCG(1, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = rng.Float32()*8 - 4
	}
	return x
}

func BenchmarkDot(b *testing.B) {
	x, y := randomVector(timedLength), randomVector(timedLength)
	b.SetBytes(4 * 2 * timedLength)
	for b.Loop() {
		Dot(x, y)
	}
}

func BenchmarkAxpy(b *testing.B) {
	x, y := randomVector(timedLength), randomVector(timedLength)
	b.SetBytes(4 * 3 * timedLength)
	for b.Loop() {
		Axpy(1e-9, x, y)
	}
}

func BenchmarkElementwise(b *testing.B) {
	x, y := randomVector(timedLength), make([]float32, timedLength)
	for _, k := range elementwiseKernels {
		b.Run(k.name, func(b *testing.B) {
			for b.Loop() {
				k.run(y, x)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/timedLength, "ns/element")
		})
	}
}

func BenchmarkSumSquares(b *testing.B) {
	x := randomVector(timedLength)
	b.SetBytes(4 * timedLength)
	for b.Loop() {
		SumSquares(x)
	}
}

// One step of the optimiser over the seed preset's parameters.
func BenchmarkAdam(b *testing.B) {
	const parameters = 2_480_517
	p, g, m, v := randomVector(parameters), randomVector(parameters), make([]float32, parameters), make([]float32, parameters)
	for b.Loop() {
		Adam(p, g, m, v, adamStep(9))
	}
}
