package code

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// everySet calls f once for each set of loops that this processor can run.
func everySet(t *testing.T, f func(t *testing.T)) {
	for _, set := range supported() {
		t.Run(set.name, func(t *testing.T) {
			before := active
			active = set
			defer func() { active = before }()
			f(t)
		})
	}
}

// unit draws a vector of length 1.
func unit(r *rand.Rand, dim int) []float32 {
	v := make([]float32, dim)
	var square float64
	for i := range v {
		v[i] = float32(r.NormFloat64())
		square += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(square))
	}
	return v
}

func dot(a, b []float32) float64 {
	var s float64
	for i := range a {
		s += float64(a[i]) * float64(b[i])
	}
	return s
}

// sample is a list of codes around one centroid with the vectors they are of.
type sample struct {
	vectors  [][]float32
	centroid []float32
	list     List
	chunks   []Chunk
	query    Query
}

// newSample draws n vectors near a centroid, and a query. The slots are in no
// order.
func newSample(seed uint64, n, width int) *sample {
	r := rand.New(rand.NewPCG(seed, 1))
	s := &sample{centroid: unit(r, width)}
	for d := range s.centroid {
		s.centroid[d] *= 0.6
	}
	whole := (n + BlockCodes - 1) / BlockCodes * BlockCodes
	words := width / wordDims
	s.list = List{Codes: make([]uint64, whole*words), Factors: make([]Factors, whole), Slots: make([]int32, whole)}
	rows, marks := make([]int8, max(n, 1)*width), make([]Mark, max(n, 1))
	s.vectors = make([][]float32, n)
	for i, slot := range r.Perm(n) {
		v := unit(r, width)
		for d := range v {
			v[d] = 0.8*v[d] + s.centroid[d]
		}
		s.vectors[slot] = v
		marks[slot] = Mark{Scale: QuantizeRow(rows[slot*width:][:width], v), ID: int32(slot)}
		s.list.Factors[i] = Signs(s.list.Codes[i*words:][:words], v, s.centroid)
		s.list.Slots[i] = int32(slot)
	}
	for from := 0; from < len(marks); from += ChunkRows {
		to := min(from+ChunkRows, len(marks))
		s.chunks = append(s.chunks, NewChunk(rows[from*width:to*width], marks[from:to], width))
	}
	q := unit(r, width)
	for d := range q {
		q[d] = 0.7*q[d] + 1.2*s.centroid[d]
	}
	s.query.Prepare(q)
	return s
}

// bound keeps what the given number of deviations lets through.
func (s *sample) bound(deviations, threshold float32) Bound {
	product, square := float32(dot(s.query.Turned, s.centroid)), float32(dot(s.centroid, s.centroid))
	aside := math.Sqrt(max(0, float64(s.query.Norm*s.query.Norm-product*product/square)))
	return Bound{Product: product, Slope: product / square, Aside: float32(aside), Deviations: deviations, Threshold: threshold}
}

func TestScanFindsTheSameInEverySet(t *testing.T) {
	everySet(t, func(t *testing.T) {
		for _, width := range []int{64, 128, 192, 256, 320} {
			for _, n := range []int{1, 2, 15, 16, 17, 31, 33, 100, 257} {
				s := newSample(uint64(n), n, width)
				pass := make([]uint64, (n+63)/64)
				r := rand.New(rand.NewPCG(9, uint64(n)))
				for i := range pass {
					pass[i] = r.Uint64() & r.Uint64()
				}
				for _, p := range [][]uint64{nil, pass, pass[:len(pass)/2], make([]uint64, len(pass))} {
					for _, threshold := range []float32{float32(math.Inf(-1)), 0.5, 0.55, 9} {
						compareScan(t, s, n, s.bound(1, threshold), p)
					}
				}
			}
		}
	})
}

// compareScan compares the active loop with the portable one. An estimate
// within rounding of the threshold may fall on either side of it.
func compareScan(t *testing.T, s *sample, n int, b Bound, pass []uint64) {
	t.Helper()
	got := Survivors{Slots: []int32{-7}, Uppers: []float32{-7}} // what was there stays
	s.query.Scan(&got, s.list, n, b, pass, nil)
	if got.Slots[0] != -7 || got.Uppers[0] != -7 {
		t.Fatal("earlier survivors were overwritten")
	}
	want := map[int32]float32{}
	slots, uppers := make([]int32, n), make([]float32, n)
	all := s.query.line(b)
	all.threshold = float32(math.Inf(-1))
	found := 0
	if pass == nil || len(pass) > 0 {
		found = scanPortable(slots, uppers, s.list, n, s.query.planes, all, pass, nil)
	}
	for i := range found {
		want[slots[i]] = uppers[i]
	}
	const rounding = 1e-5
	for i, slot := range got.Slots[1:] {
		upper, ok := want[slot]
		if !ok || math.Abs(float64(upper-got.Uppers[i+1])) > rounding || !(got.Uppers[i+1] > b.Threshold) {
			t.Fatalf("n %d: slot %d with %g, want %g (known: %v)", n, slot, got.Uppers[i+1], upper, ok)
		}
		delete(want, slot)
	}
	for slot, upper := range want {
		if upper > b.Threshold+rounding {
			t.Fatalf("n %d: slot %d with %g is above %g and was not found", n, slot, upper, b.Threshold)
		}
	}
}

func TestRowsAreTheProductsInEverySet(t *testing.T) {
	everySet(t, func(t *testing.T) {
		for _, width := range []int{64, 128, 256, 320} {
			s := newSample(uint64(width), 300, width)
			slots := make([]int32, 300)
			for i := range slots {
				slots[i] = int32((i * 7) % 300)
			}
			got := make([]float32, len(slots))
			s.query.Rows(got, s.chunks, slots)
			for i, slot := range slots {
				want := dot(s.query.Turned, s.vectors[slot])
				if math.Abs(float64(got[i])-want) > 0.004 {
					t.Fatalf("width %d, slot %d: %g, want %g", width, slot, got[i], want)
				}
			}
		}
	})
}

func TestRowsFindTheirChunk(t *testing.T) {
	everySet(t, func(t *testing.T) {
		s := newSample(3, ChunkRows+100, 64)
		slots := []int32{0, ChunkRows - 1, ChunkRows, ChunkRows + 99}
		got := make([]float32, len(slots))
		s.query.Rows(got, s.chunks, slots)
		for i, slot := range slots {
			if want := dot(s.query.Turned, s.vectors[slot]); math.Abs(float64(got[i])-want) > 0.01 {
				t.Fatalf("slot %d: %g, want %g", slot, got[i], want)
			}
		}
	})
}

func TestSweepsFindTheSameInEverySet(t *testing.T) {
	everySet(t, func(t *testing.T) {
		for _, width := range []int{64, 128, 192, 256} {
			s := newSample(uint64(width), 640, width)
			r := rand.New(rand.NewPCG(11, uint64(width)))
			pass := make([]uint64, 9)
			for i := range pass {
				pass[i] = r.Uint64() | r.Uint64()
			}
			pass[3], pass[4] = 0, 1<<17
			for _, p := range [][]uint64{nil, pass[:1], pass, make([]uint64, 9)} {
				for _, floor := range []float32{float32(math.Inf(-1)), 0.5, 0.6, 9} {
					compareSweep(t, s, p, floor)
				}
			}
		}
	})
}

// compareSweep compares the active loop with the portable one over row 64 and
// on, bit for bit.
func compareSweep(t *testing.T, s *sample, pass []uint64, floor float32) {
	t.Helper()
	const base, from = 3 * ChunkRows, 64
	sweep := func() Survivors {
		found := Survivors{Slots: []int32{-7}, Uppers: []float32{-7}} // what was there stays
		s.query.Sweep(&found, &s.chunks[0], base, from, pass, floor)
		return found
	}
	got, was := sweep(), active
	active = portable
	want := sweep()
	active = was
	if !slices.Equal(got.Slots, want.Slots) || !slices.Equal(got.Uppers, want.Uppers) {
		t.Fatalf("width %d, floor %g: %d slots, want %d:\n%v\n%v", len(s.query.Turned), floor, got.Len(), want.Len(), got, want)
	}
	for i, slot := range got.Slots[1:] {
		row := int(slot) - base
		if at := row - from; row < from || pass[at/64]>>(at%64)&1 == 0 || !(got.Uppers[i+1] > floor) {
			t.Fatalf("row %d does not pass", row)
		}
	}
}

// A search keeps what is a number of deviations below the last of the best.
func TestTheErrorOfARowDeviatesAsItSays(t *testing.T) {
	for _, width := range []int{64, 256, 1024} {
		const n = 2000
		s := newSample(5, n, width)
		scores, slots := make([]float32, n), make([]int32, n)
		for i := range slots {
			slots[i] = int32(i)
		}
		s.query.Rows(scores, s.chunks, slots)
		var square, largest float64
		for i := range slots {
			deviation := RowDeviation * s.query.Norm * s.chunks[0].Mark(i).Scale
			off := (float64(scores[i]) - dot(s.query.Turned, s.vectors[i])) / float64(deviation)
			square, largest = square+off*off/n, max(largest, math.Abs(off))
		}
		if root := math.Sqrt(square); root < 0.8 || root > 1.1 || largest > 5 {
			t.Errorf("width %d: in its own deviations the error is %.2f, and %.2f at most; want about 1, and at most 5", width, root, largest)
		}
	}
}

// The estimate must be unbiased and its error as large as it says, or the
// number of deviations that a search keeps means nothing.
func TestTheEstimateErrsAsItSays(t *testing.T) {
	const n = 4000
	s := newSample(8, n, 256)
	var found Survivors
	inf := float32(math.Inf(-1))
	s.query.Scan(&found, s.list, n, s.bound(0, inf), nil, nil)
	var above Survivors
	s.query.Scan(&above, s.list, n, s.bound(1, inf), nil, nil)
	var mean, square float64
	for i, slot := range found.Slots {
		deviation := float64(above.Uppers[i] - found.Uppers[i])
		off := (float64(found.Uppers[i]) - dot(s.query.Turned, s.vectors[slot])) / deviation
		mean, square = mean+off/n, square+off*off/n
	}
	if math.Abs(mean) > 0.06 || math.Abs(math.Sqrt(square)-1) > 0.1 {
		t.Errorf("in its own deviations the error has mean %.3f and deviation %.3f, want 0 and 1", mean, math.Sqrt(square))
	}
}

func TestRotationKeepsProducts(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for _, dim := range []int{1, 2, 63, 64, 100, 192, 200, 256, 384} {
		rotation := NewRotation(dim, 7)
		a, b := unit(r, dim), unit(r, dim)
		x, y := make([]float32, Width(dim)), make([]float32, Width(dim))
		rotation.Apply(x, a)
		rotation.Apply(y, b)
		if got, want := dot(x, y), dot(a, b); math.Abs(got-want) > 1e-5 {
			t.Errorf("dim %d: product %g, want %g", dim, got, want)
		}
		if got := dot(x, x); math.Abs(got-1) > 1e-5 {
			t.Errorf("dim %d: length squared %g, want 1", dim, got)
		}
	}
}

func TestTheSameSeedTurnsAlike(t *testing.T) {
	v := unit(rand.New(rand.NewPCG(1, 1)), 100)
	x, y, z := make([]float32, 128), make([]float32, 128), make([]float32, 128)
	NewRotation(100, 3).Apply(x, v)
	NewRotation(100, 3).Apply(y, v)
	NewRotation(100, 4).Apply(z, v)
	if !slices.Equal(x, y) || slices.Equal(x, z) {
		t.Error("a rotation does not follow from its seed")
	}
}

func TestZeroHasAPlace(t *testing.T) {
	zero, row := make([]float32, 64), make([]int8, 64)
	if scale := QuantizeRow(row, zero); scale != 0 {
		t.Errorf("scale of zero is %g", scale)
	}
	var bits [1]uint64
	if f := Signs(bits[:], zero, zero); f != 0 {
		t.Errorf("factors of a vector on its centroid are %x", f)
	}
	var q Query
	q.Prepare(zero)
	got := make([]float32, 1)
	q.Rows(got, []Chunk{NewChunk(row, make([]Mark, 1), 64)}, []int32{0})
	if got[0] != 0 {
		t.Errorf("0 times 0 is %g", got[0])
	}
}

func BenchmarkScan(b *testing.B) {
	for _, n := range []int{128, 4096, 1 << 20} {
		s := newSample(1, min(n, 4096), 256)
		for len(s.list.Slots) < n {
			s.list.Codes, s.list.Slots = append(s.list.Codes, s.list.Codes...), append(s.list.Slots, s.list.Slots...)
			s.list.Factors = append(s.list.Factors, s.list.Factors...)
		}
		bound := s.bound(1.5, 0.8)
		pass := make([]uint64, 4096/64)
		for i := range pass {
			pass[i] = math.MaxUint64
		}
		for name, p := range map[string][]uint64{"all": nil, "pass": pass} {
			b.Run(name, func(b *testing.B) {
				var found Survivors
				for b.Loop() {
					found.Reset()
					s.query.Scan(&found, s.list, n, bound, p, nil)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/code")
			})
		}
	}
}

func BenchmarkSweep(b *testing.B) {
	for _, width := range []int{64, 256} {
		b.Run(strconv.Itoa(width), func(b *testing.B) {
			s := newSample(1, ChunkRows, width)
			pass := make([]uint64, ChunkRows/64)
			for i := range pass {
				pass[i] = math.MaxUint64
			}
			var found Survivors
			for b.Loop() {
				found.Reset()
				s.query.Sweep(&found, &s.chunks[0], 0, 0, pass, 0.8)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/ChunkRows, "ns/row")
		})
	}
}

func BenchmarkRows(b *testing.B) {
	const n = 1 << 18
	rows, marks := make([]int8, n*256), make([]Mark, n)
	for i := range rows {
		rows[i] = int8(i)
	}
	var chunks []Chunk
	for from := 0; from < n; from += ChunkRows {
		chunks = append(chunks, NewChunk(rows[from*256:(from+ChunkRows)*256], marks[from:from+ChunkRows], 256))
	}
	s := newSample(1, 10, 256)
	r := rand.New(rand.NewPCG(1, 1))
	slots, scores := make([]int32, 1000), make([]float32, 1000)
	for b.Loop() {
		b.StopTimer()
		for i := range slots {
			slots[i] = r.Int32N(n)
		}
		b.StartTimer()
		s.query.Rows(scores, chunks, slots)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/row")
}

func BenchmarkEncode(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	v, c := unit(r, 256), unit(r, 256)
	rotation := NewRotation(256, 1)
	turned, row, bits := make([]float32, 256), make([]int8, 256), make([]uint64, 4)
	b.Run("rotate", func(b *testing.B) {
		for b.Loop() {
			rotation.Apply(turned, v)
		}
	})
	b.Run("row", func(b *testing.B) {
		for b.Loop() {
			QuantizeRow(row, turned)
		}
	})
	b.Run("signs", func(b *testing.B) {
		for b.Loop() {
			Signs(bits, turned, c)
		}
	})
	b.Run("query", func(b *testing.B) {
		var q Query
		for b.Loop() {
			q.Prepare(turned)
		}
	})
}
