package code

import (
	"math/bits"
	"unsafe"
)

// BlockCodes is the number of codes that a scan takes at once. The slices of
// a List are as long as whole blocks need.
const BlockCodes = 16

// List is codes of signs against one centroid, one after another.
type List struct {
	Codes   []uint64 // [n rounded up to blocks, width/64]
	Factors []Factors
	Slots   []int32 // what each code stands for: the number of its row
}

// Prefetch asks for the codes from..n-1, to be scanned soon. Lists lie anywhere
// in memory, so that waiting for one takes longer than scanning it.
func (l List) Prefetch(from, n int) {
	if from >= n {
		return
	}
	words := len(l.Codes) / len(l.Factors)
	active.prefetch((*byte)(unsafe.Pointer(&l.Codes[from*words])), (n-from)*words*8)
	active.prefetch((*byte)(unsafe.Pointer(&l.Factors[from])), 4*(n-from))
}

// Fetch asks for a vector, to be read soon. It has at least 1 number.
func Fetch(v []float32) { active.prefetch((*byte)(unsafe.Pointer(&v[0])), 4*len(v)) }

// signNoise is the standard deviation of f <sign r, q> for a q of length 1
// perpendicular to r, over f: sqrt(1 - 2/pi), since r's numbers are spread
// like a normal distribution after the rotation.
const signNoise = 0.6028

// Bound says what to keep of a list: the codes whose estimate, plus Deviations
// standard deviations of its error, is above Threshold.
type Bound struct {
	Product    float32 // <q, c>, of query and centroid
	Slope      float32 // <q, c> / |c|^2: how much of the query lies along c
	Aside      float32 // length of the rest of the query
	Deviations float32
	Threshold  float32
}

// line is a bound as the loops take it: with S the product of code and planes,
//
//	upper = base + slope*g + f*(gain*S + shift)
type line struct{ base, slope, gain, shift, threshold float32 }

func (q *Query) line(b Bound) line {
	return line{
		base: b.Product, slope: b.Slope, gain: 2 * q.planeStep,
		shift:     b.Deviations*signNoise*b.Aside - q.planeStep*float32(q.planeSum),
		threshold: b.Threshold,
	}
}

// Survivors are rows worth a look.
type Survivors struct {
	Slots  []int32
	Uppers []float32 // the estimates with their deviations
}

// Len is the number of rows.
func (s *Survivors) Len() int { return len(s.Slots) }

// Reset forgets the rows.
func (s *Survivors) Reset() { s.Slots, s.Uppers = s.Slots[:0], s.Uppers[:0] }

// reserve makes room for n more, and for the whole block that a loop writes.
func (s *Survivors) reserve(n int) {
	if need := len(s.Slots) + n + BlockCodes; cap(s.Slots) < need || cap(s.Uppers) < need {
		s.Slots = append(make([]int32, 0, 2*need), s.Slots...)
		s.Uppers = append(make([]float32, 0, 2*need), s.Uppers...)
	}
}

// Scan adds to the survivors those of the first n codes of the list that the
// bound keeps and, where pass is not nil, whose bit in it is set: bit
// slot%64 of word slot/64. Slots beyond pass have none. As many codes of the
// list that is scanned next are asked for meanwhile; nil, or one without codes,
// says that there is none.
func (q *Query) Scan(s *Survivors, list List, n int, b Bound, pass []uint64, next *List) {
	if n == 0 || pass != nil && len(pass) == 0 {
		return
	}
	s.reserve(n)
	words := len(q.planes) / queryPlanes
	whole := (n + BlockCodes - 1) / BlockCodes * BlockCodes
	list = List{list.Codes[:whole*words], list.Factors[:whole], list.Slots[:whole]}
	if next == nil || len(next.Codes) == 0 {
		own := list // a copy, or every call would pay for memory that this one needs
		next = &own
	}
	l := q.line(b)
	at := len(s.Slots)
	found := active.scan(s.Slots[at:at+n+BlockCodes], s.Uppers[at:at+n+BlockCodes], list, n, q.planes, l, pass, next)
	s.Slots, s.Uppers = s.Slots[:at+found], s.Uppers[:at+found]
}

// scanPortable is the loop in Go.
func scanPortable(slots []int32, uppers []float32, list List, n int, planes []uint64, l line, pass []uint64, _ *List) (found int) {
	words := len(planes) / queryPlanes
	for i := range n {
		slot := list.Slots[i]
		if pass != nil && (int(slot)/64 >= len(pass) || pass[slot/64]>>(slot%64)&1 == 0) {
			continue
		}
		f := list.Factors[i]
		t := l.gain*float32(bitProduct(list.Codes[i*words:][:words], planes)) + l.shift
		upper := l.base + l.slope*f.Lean() + f.Gain()*t
		if upper > l.threshold {
			slots[found], uppers[found] = slot, upper
			found++
		}
	}
	return found
}

// bitProduct is the sum of the query's whole numbers where the code has a 1.
func bitProduct(code, planes []uint64) int32 {
	n := len(code)
	p0, p1, p2, p3 := planes[:n], planes[n:][:n], planes[2*n:][:n], planes[3*n:][:n]
	var s0, s1, s2, s3 int
	for i, c := range code {
		s0 += bits.OnesCount64(c & p0[i])
		s1 += bits.OnesCount64(c & p1[i])
		s2 += bits.OnesCount64(c & p2[i])
		s3 += bits.OnesCount64(c & p3[i])
	}
	return int32(s0 + s1<<1 + s2<<2 - s3<<3)
}
