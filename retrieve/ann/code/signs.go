package code

import "math"

// Factors turn the product of a code of signs with a query into an estimate.
// Two numbers of 16 bits, the upper halves of float32, share the word:
//
//	low half:  f = |r|^2 / sum |r_i|, r the vector less its centroid c
//	high half: g = <r, c> - f <sign r, c>
//
// f <sign r, q> estimates <r, q>, and g what that estimate misses along c.
type Factors uint32

// PackFactors rounds f and g to their halves of the word.
func PackFactors(f, g float32) Factors {
	return Factors(upperHalf(f) | upperHalf(g)<<16)
}

// Gain is f.
func (f Factors) Gain() float32 { return math.Float32frombits(uint32(f) << 16) }

// Lean is g.
func (f Factors) Lean() float32 { return math.Float32frombits(uint32(f) & 0xffff0000) }

// upperHalf rounds a finite number to the nearest of 16 bits.
func upperHalf(v float32) uint32 {
	bits := math.Float32bits(v)
	return (bits + 0x7fff + bits>>16&1) >> 16
}

// Signs sets the bits of dst[len(v)/64] where v is at or above the centroid,
// and returns the code's factors. v and centroid are turned.
func Signs(dst []uint64, v, centroid []float32) Factors {
	var size, square, along, alongSigns float32 // sum |r|, |r|^2, <r, c>, <sign r, c>
	for w := range dst[:len(v)/wordDims] {
		x, c := (*[wordDims]float32)(v[w*wordDims:]), (*[wordDims]float32)(centroid[w*wordDims:])
		var word uint64
		for i := range x {
			r := x[i] - c[i]
			negative := math.Float32bits(r) & (1 << 31)
			word |= uint64(negative>>31^1) << i
			size += math.Float32frombits(math.Float32bits(r) ^ negative)
			square += r * r
			along += r * c[i]
			alongSigns += math.Float32frombits(math.Float32bits(c[i]) ^ negative)
		}
		dst[w] = word
	}
	if size == 0 {
		return 0
	}
	f := square / size
	return PackFactors(f, along-f*alongSigns)
}
