package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// metric is what a benchmark reports of a run that took so many nanoseconds.
type metric func(nanoseconds float64) (value float64, unit string)

// per is the time for one of count things.
func per(thing string, count int) metric {
	return func(ns float64) (float64, string) { return ns / float64(count), "ns/" + thing }
}

// productRate counts a multiplication and an addition as two operations.
func productRate(m, k, n int) metric {
	return func(ns float64) (float64, string) { return 2 * float64(m*k*n) / ns, "Gop/s" }
}

// timeEachSet times a loop with every set of kernels. What is packed belongs
// to a set, so each prepares a run of its own.
func timeEachSet(b *testing.B, report metric, prepare func() (run func())) {
	for _, name := range Sets() {
		b.Run(name, func(b *testing.B) {
			restore, err := Select(name)
			if err != nil {
				b.Fatal(err)
			}
			defer restore()
			run := prepare()
			run()
			for b.Loop() {
				run()
			}
			b.ReportMetric(report(float64(b.Elapsed().Nanoseconds()) / float64(b.N)))
		})
	}
}

func BenchmarkHalves(b *testing.B) {
	x, h, y := randomVector(timedLength), make([]uint16, timedLength), make([]float32, timedLength)
	for _, k := range []struct {
		name string
		run  func()
	}{
		{"to", func() { ToHalf(h, x) }},
		{"from", func() { FromHalf(y, h) }},
		{"add", func() { AddHalf(y, h, x) }},
	} {
		b.Run(k.name, func(b *testing.B) {
			timeEachSet(b, per("number", timedLength), func() func() { return k.run })
		})
	}
}

func BenchmarkToCodes(b *testing.B) {
	x, shorts, bytes := randomVector(timedLength), make([]int16, timedLength), make([]int8, timedLength)
	b.Run("int16", func(b *testing.B) {
		timeEachSet(b, per("number", timedLength), func() func() { return func() { ToInt16(shorts, x) } })
	})
	b.Run("int8", func(b *testing.B) {
		timeEachSet(b, per("number", timedLength), func() func() { return func() { ToInt8(bytes, x) } })
	})
}

// A row of the seed's width, with its codes in the nearest cache, and from a
// table of more rows than any cache holds, in no order.
func BenchmarkAddCodes(b *testing.B) {
	const width = 512
	y, dst := randomVector(width), make([]float32, width)
	for _, rows := range []int{1, 37_088} {
		shorts, bytes := make([]int16, rows*width), make([]int8, rows*width)
		at := 0
		next := func() int { at = (at + 7_919) % rows; return at * width }
		for _, k := range []struct {
			name string
			run  func()
		}{
			{"int16", func() { AddInt16(dst, shorts[next():][:width], 0.01, y) }},
			{"int8", func() { AddInt8(dst, bytes[next():][:width], 0.01, y) }},
		} {
			b.Run(fmt.Sprintf("%s/rows=%d", k.name, rows), func(b *testing.B) {
				timeEachSet(b, per("number", width), func() func() { return k.run })
			})
		}
	}
}

// One step of a recurrence of 256 numbers: three gates, weights in the
// second-level cache.
func BenchmarkMulVec(b *testing.B) {
	const k, n = 256, 768
	x, y, m := randomVector(k), make([]float32, n), randomVector(k*n)
	timeEachSet(b, per("weight", k*n), func() func() {
		var w HalfWeights
		w.Pack(false, k, n, m, n)
		return func() { w.MulVec(y, x) }
	})
}

// An exact scan of codes of 256 numbers: in cache, and of a catalogue of KuaiRand's size.
func BenchmarkDotsInt8(b *testing.B) {
	const dim = 256
	for _, count := range []int{64, 37_088} {
		query, codes, dst := make([]int8, dim), make([]int8, count*dim), make([]int32, count)
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			timeEachSet(b, per("code", count), func() func() { return func() { DotsInt8(dst, query, codes) } })
		})
	}
}

// The ranker's layers for 100 candidates.
func BenchmarkInt8Gemm(b *testing.B) {
	const m = 100
	for _, s := range []struct{ k, n int }{{512, 256}, {256, 128}, {128, 4}, {64, 512}} {
		x, codes, scales := randomVector(m*s.k), make([]uint8, m*s.k), make([]float32, m)
		c, bias := make([]float32, m*s.n), make([]float32, s.n)
		var w Int8Weights
		w.Pack(false, s.k, s.n, randomVector(s.k*s.n), s.n)
		QuantizeRows(m, s.k, codes, s.k, scales, x, s.k)
		b.Run(fmt.Sprintf("%dx%dx%d", m, s.k, s.n), func(b *testing.B) {
			timeEachSet(b, productRate(m, s.k, s.n), func() func() {
				return func() { w.Gemm(m, codes, s.k, scales, c, s.n, Epilogue{Bias: bias, ReLU: true}) }
			})
		})
	}
}

func BenchmarkQuantizeRows(b *testing.B) {
	const m, k = 100, 512
	x, codes, scales := randomVector(m*k), make([]uint8, m*k), make([]float32, m)
	timeEachSet(b, per("number", m*k), func() func() { return func() { QuantizeRows(m, k, codes, k, scales, x, k) } })
}

// A scan of codes of 256 bits, as a vector index does it, in cache.
func BenchmarkBitDots(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, words := range []int{4, 8, 16} {
		const count = 1024
		codes, planes, dst := make([]uint64, count*words), make([]uint64, queryPlanes*words), make([]int32, count)
		for _, x := range [][]uint64{codes, planes} {
			for i := range x {
				x[i] = rng.Uint64()
			}
		}
		b.Run(fmt.Sprintf("bits=%d", 64*words), func(b *testing.B) {
			timeEachSet(b, per("code", count), func() func() { return func() { BitDots(dst, codes, words, planes) } })
		})
	}
}
