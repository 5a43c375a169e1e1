package bench

import (
	"github.com/reelrank/reelrank/nn/kernel"
)

// Loop is the speed of a loop over vectors on one thread.
type Loop struct {
	Loop            string  `json:"loop"`     // e.g. "dot"
	Elements        int     `json:"elements"` // of a vector; it stays in the first-level cache
	Kernels         string  `json:"kernels"`
	NanosPerElement float64 `json:"ns_per_element"`
	Spread          float64 `json:"spread"` // how far the rounds lie apart, as a share of their median
}

// loopElements fill a quarter of the smallest first-level cache with float32.
const loopElements = 2048

// loopCalls make one measured call long against the look at the clock.
const loopCalls = 64

// vectorLoop is a loop and one call of it over loopElements.
type vectorLoop struct {
	name string
	call func()
}

func vectorLoops() []vectorLoop {
	const n = loopElements
	rng := seeded(5)
	x, y, m, v := normals(rng, n), normals(rng, n), make([]float32, n), make([]float32, n)
	out, sink := make([]float32, n), float32(0)
	halves := make([]uint16, n)
	kernel.ToHalf(halves, x)
	bytes, others, sums := make([]int8, n), make([]int8, n), int32(0)
	for i := range bytes {
		bytes[i], others[i] = int8(rng.IntN(255)-127), int8(rng.IntN(255)-127)
	}
	const words = n / 64
	code, planes := make([]uint64, words), make([]uint64, 4*words)
	for i := range code {
		code[i] = rng.Uint64()
	}
	for i := range planes {
		planes[i] = rng.Uint64()
	}
	step := kernel.AdamStep{LR: 1e-9, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Correction1: 0.5, Correction2: 0.5}
	return []vectorLoop{
		{"dot", func() { sink += kernel.Dot(x, y) }},
		{"axpy", func() { kernel.Axpy(1e-9, x, y) }},
		{"exp", func() { kernel.Exp(out, x) }},
		{"sigmoid", func() { kernel.Sigmoid(out, x) }},
		{"tanh", func() { kernel.Tanh(out, x) }},
		{"sum of squares", func() { sink += float32(kernel.SumSquares(x)) }},
		{"Adam", func() { kernel.Adam(out, x, m, v, step) }},
		{"float32 to half", func() { kernel.ToHalf(halves, x) }},
		{"half to float32", func() { kernel.FromHalf(out, halves) }},
		{"int8 dot", func() { sums += kernel.DotInt8(bytes, others) }},
		{"1-bit x 4-bit dot", func() { sums += kernel.BitDot(code, planes) }},
	}
}

func (c contest) loops(sets []string) ([]Loop, error) {
	c.turn /= 3 // calls of microseconds are many in a third, too
	var rows []Loop
	for _, l := range vectorLoops() {
		var sides []side
		for _, set := range sets {
			sides = append(sides, side{set: set, threads: 1, work: func() {
				for range loopCalls {
					l.call()
				}
			}})
		}
		timings, err := c.run(l.name, sides)
		if err != nil {
			return nil, err
		}
		for i, set := range sets {
			rows = append(rows, Loop{
				Loop: l.name, Elements: loopElements, Kernels: set,
				NanosPerElement: 1e9 / timings[i].perSecond(loopElements*loopCalls), Spread: timings[i].spread(),
			})
		}
	}
	return rows, nil
}
