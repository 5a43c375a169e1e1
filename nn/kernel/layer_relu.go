package kernel

import "math"

// memoryGrain is the number of elements that are worth a thread to a loop
// which does little more than read and write them: some 15 microseconds.
const memoryGrain = 1 << 17

// ReLU sets y = max(x, 0), and NaN for NaN. y may be x. It panics where y is shorter than x.
func ReLU(y, x []float32) { elementwise(active.relu, y, x, memoryGrain) }

// ReLUBackward multiplies dy by scale where y is above 0 or NaN, and is 0
// elsewhere. With y from ReLU, scale is 1; with y from ReLUDropout it is that
// Dropout's Scale. It panics where dy is shorter than y.
func ReLUBackward(dy, y []float32, scale float32) {
	dy = dy[:len(y)]
	if len(y) <= memoryGrain {
		active.reluBackward(dy, y, scale)
		return
	}
	reluBackwardWork.do(len(y), memoryGrain, reluBackwardArgs{dy, y, scale}, (*reluBackwardArgs).run)
}

type reluBackwardArgs struct {
	dy, y []float32
	scale float32
}

var reluBackwardWork sharer[reluBackwardArgs]

func (a *reluBackwardArgs) run(lo, hi int) { active.reluBackward(a.dy[lo:hi], a.y[lo:hi], a.scale) }

// Dropout draws which values of a vector to drop. What it draws for a value
// depends on the seed and on the value's number in the vector alone: it is the
// same in every set and for any number of threads.
type Dropout struct {
	// Rate is the share of values that are dropped, at least 0 and below 1, in
	// steps of 2^-16.
	Rate float64
	Seed uint64
}

// dropped is the number out of 65536 values that are dropped.
func (d Dropout) dropped() int { return min(max(int(math.Round(d.Rate*65536)), 0), 65535) }

// Scale is what the kept values are multiplied by, so that their sum is
// expected to stay what it was.
func (d Dropout) Scale() float32 { return float32(65536 / float64(65536-d.dropped())) }

// constants are the two halves of the seed, mixed so that similar seeds share
// none, the limit below which a draw drops its value, twice in 16 bits, and the
// bits of Scale.
func (d Dropout) constants() [4]uint32 {
	const golden, root3 = 0x9e3779b97f4a7c15, 0xbb67ae8584caa73b
	seed := (d.Seed ^ d.Seed>>32) * golden
	seed = (seed ^ seed>>29) * root3
	seed ^= seed >> 32
	limit := uint32(uint16(d.dropped() + math.MinInt16))
	return [4]uint32{uint32(seed), uint32(seed >> 32), limit<<16 | limit, math.Float32bits(d.Scale())}
}

// ReLUDropout sets x = max(x, 0), drops some of it and scales the rest. What
// is dropped is 0, whatever it was; so the output is enough for ReLUBackward.
func ReLUDropout(x []float32, d Dropout) {
	c := d.constants()
	if len(x) <= memoryGrain {
		active.reluDropout(x, 0, c)
		return
	}
	reluDropoutWork.do(len(x), memoryGrain, reluDropoutArgs{x, c}, (*reluDropoutArgs).run)
}

type reluDropoutArgs struct {
	x []float32
	c [4]uint32
}

var reluDropoutWork sharer[reluDropoutArgs]

func (a *reluDropoutArgs) run(lo, hi int) { active.reluDropout(a.x[lo:hi], uint32(lo/2), a.c) }

// hash is what Dropout draws for the values 2*pair and 2*pair+1, in the lower
// and the upper 16 bits: a counter from one half of the seed on, mixed by two
// rounds of shift, exclusive or and multiplication between which the other
// half joins, so that no two seeds walk along the same sequence. The factors
// are the fractions of the golden ratio and of the root of 3.
func hash(pair, seed, second uint32) uint32 {
	h := pair + seed
	h ^= h >> 16
	h = h*0x9e3779b9 + second
	h ^= h >> 15
	h *= 0xbb67ae85
	return h ^ h>>15
}

func relu(y, x []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] = max(v, 0)
	}
}

func reluBackward(dy, y []float32, scale float32) {
	dy = dy[:len(y)]
	for i, v := range y {
		bits := math.Float32bits(scale * dy[i])
		if v <= 0 { // on bits a conditional move; on floats a branch, wrong half the time
			bits = 0
		}
		dy[i] = math.Float32frombits(bits)
	}
}

func reluDropout(x []float32, first uint32, c [4]uint32) {
	limit, scale := int16(c[2]), math.Float32frombits(c[3])
	var draws uint32
	for i, v := range x {
		if i%2 == 0 {
			draws = hash(first+uint32(i/2), c[0], c[1])
		} else {
			draws >>= 16
		}
		bits := math.Float32bits(max(v, 0) * scale)
		if int16(draws) < limit { // on bits, as in reluBackward
			bits = 0
		}
		x[i] = math.Float32frombits(bits)
	}
}
