package kernel

import "fmt"

// DotInt8 is the sum of x[i]*y[i], modulo 2^32; up to 131,071 products cannot
// overflow. It panics where y is shorter than x.
func DotInt8(x, y []int8) int32 { return active.dotInt8(x, y[:len(x)]) }

// DotsInt8 sets dst[i] to the dot product of the query and code i: codes holds
// len(dst) of them, one after another, each as long as the query.
func DotsInt8(dst []int32, query, codes []int8) {
	if len(codes) != len(dst)*len(query) {
		panic(fmt.Sprintf("kernel.DotsInt8: %d numbers are not %d codes of %d", len(codes), len(dst), len(query)))
	}
	active.dotsInt8(dst, query, codes)
}

// dotInt8 gains nothing from more strands: reading single bytes is what it waits for.
func dotInt8(x, y []int8) int32 {
	var sum int32
	y = y[:len(x)]
	for i, v := range x {
		sum += int32(v) * int32(y[i])
	}
	return sum
}

func dotsInt8(dst []int32, query, codes []int8) {
	for i := range dst {
		dst[i] = dotInt8(query, codes[i*len(query):])
	}
}
