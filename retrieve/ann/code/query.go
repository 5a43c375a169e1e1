package code

import "math"

// queryPlanes is the number of bits of a query's numbers in products with
// signs: whole numbers -8..7, of which -7..7 are used, in two's complement.
const (
	queryPlanes = 4
	planeLimit  = 7
)

// Query is a turned query in the forms that the loops take. The zero value is
// ready for Prepare, which reuses its memory.
type Query struct {
	Turned []float32 // [width]; the caller may fill it and hand it to Prepare
	Norm   float32   // its length

	// The numbers in steps of step, and what is left of them in steps of fine.
	// Together they have 15 bits.
	coarse, rest []int8
	step, fine   float32

	// The numbers in 4 bits, bit j of each in planes[j*width/64:]; in steps of
	// planeStep, of which they sum up to planeSum.
	planes    []uint64
	planeStep float32
	planeSum  int32
}

// Prepare computes the forms of a turned query. The query keeps the slice.
func (q *Query) Prepare(turned []float32) {
	q.Turned = turned
	largest := largestOf(turned)
	var square float32
	for _, x := range turned {
		square += x * x
	}
	q.Norm = float32(math.Sqrt(float64(square)))
	q.split(largest)
	q.slice(largest)
}

// Coarse is the query in one byte per dimension and its step.
func (q *Query) Coarse() ([]int8, float32) { return q.coarse, q.step }

// split writes the query in bytes twice: the second holds what the first lost.
func (q *Query) split(largest float32) {
	q.coarse, q.rest = grow(q.coarse, len(q.Turned)), grow(q.rest, len(q.Turned))
	q.step = largest / rowLimit
	q.fine = q.step / (2 * rowLimit)
	if q.fine == 0 { // nothing, or too small to tell from it
		q.step = 0
		clear(q.coarse)
		clear(q.rest)
		return
	}
	inverse, fineInverse := 1/q.step, 1/q.fine
	for i, x := range q.Turned {
		n := roundToEven(x * inverse)
		q.coarse[i] = int8(n)
		q.rest[i] = int8(min(max(roundToEven((x-float32(n)*q.step)*fineInverse), -rowLimit), rowLimit))
	}
}

// slice writes the query in planes of bits.
func (q *Query) slice(largest float32) {
	words := len(q.Turned) / wordDims
	q.planes = grow(q.planes, queryPlanes*words)
	clear(q.planes)
	q.planeStep, q.planeSum = largest/planeLimit, 0
	if q.planeStep == 0 {
		return
	}
	inverse := 1 / q.planeStep
	for w := range words {
		var p0, p1, p2, p3 uint64
		for i, x := range (*[wordDims]float32)(q.Turned[w*wordDims:]) {
			n := roundToEven(x * inverse)
			q.planeSum += n
			u := uint64(n)
			p0, p1 = p0|u&1<<i, p1|u>>1&1<<i
			p2, p3 = p2|u>>2&1<<i, p3|u>>3&1<<i
		}
		q.planes[w], q.planes[words+w], q.planes[2*words+w], q.planes[3*words+w] = p0, p1, p2, p3
	}
}

// grow returns a slice of n elements, in x's memory where that is enough.
func grow[T any](x []T, n int) []T {
	if cap(x) < n {
		return make([]T, n)
	}
	return x[:n]
}
