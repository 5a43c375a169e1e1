package nn_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/reelrank/reelrank/nn"
)

// drawLengths draws falling lengths of 1 to 5 sequences.
func drawLengths(t *rapid.T) []int {
	lengths := rapid.SliceOfN(rapid.IntRange(1, 7), 1, 5).Draw(t, "lengths")
	slices.Sort(lengths)
	slices.Reverse(lengths)
	return lengths
}

func TestPackNumbersRowsStepByStep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lengths := drawLengths(t)
		seq, err := nn.Pack(lengths)
		if err != nil {
			t.Fatal(err)
		}
		row := 0
		for step := range lengths[0] {
			active := 0
			for b, n := range lengths {
				if step >= n {
					continue
				}
				if got := seq.Row(step, b); got != row {
					t.Fatalf("step %d of sequence %d is row %d, want %d", step, b, got, row)
				}
				row++
				active++
			}
			if seq.Active(step) != active {
				t.Fatalf("%d sequences have a step %d, want %d", seq.Active(step), step, active)
			}
		}
		if seq.Rows() != row || seq.Steps() != lengths[0] {
			t.Fatalf("%d rows and %d steps, want %d and %d", seq.Rows(), seq.Steps(), row, lengths[0])
		}
	})
}

func TestPackRefusesLengthsThatDoNotFall(t *testing.T) {
	for _, lengths := range [][]int{{2, 3}, {0}, {3, 0}, {3, -1}} {
		if _, err := nn.Pack(lengths); err == nil {
			t.Errorf("lengths %v were packed", lengths)
		}
	}
	if seq := mustPack(t, nil); seq.Rows() != 0 || seq.Steps() != 0 {
		t.Errorf("no sequences make %d rows and %d steps", seq.Rows(), seq.Steps())
	}
}

// encoder is the sequence part of the model: a GRU under causal pooling.
type encoder struct {
	gru       *nn.GRU
	attention *nn.Attention
}

const encoderIn, encoderHidden = 3, 5

func newEncoder(seed uint64) encoder {
	rng := seeded(seed)
	return encoder{nn.NewGRU("gru", encoderIn, encoderHidden, rng), nn.NewAttention("attention", encoderHidden, rng)}
}

// encode returns the pooled vector after each row, and the gradient of x for a
// gradient up of it.
func (e encoder) encode(x, up []float32, seq nn.Packed) (pooled, dx []float32) {
	var gru nn.GRUTape
	var attention nn.AttentionTape
	dh, dx := unset(seq.Rows()*encoderHidden), unset(len(x))
	e.gru.Forward(&gru, x, seq)
	e.attention.Forward(&attention, gru.H, seq)
	e.attention.Backward(&attention, dh, up, gru.H, seq)
	e.gru.Backward(&gru, dx, dh, x, seq)
	return attention.Pooled, dx
}

// rowsOf gathers the rows of one sequence.
func rowsOf(x []float32, seq nn.Packed, b, width int) []float32 {
	var out []float32
	for t := range seq.Lengths[b] {
		out = append(out, x[seq.Row(t, b)*width:][:width]...)
	}
	return out
}

func TestASequenceInABatchIsEncodedAsIfAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lengths := drawLengths(t)
		seed := rapid.Uint64().Draw(t, "seed")
		seq, err := nn.Pack(lengths)
		if err != nil {
			t.Fatal(err)
		}
		e, rng := newEncoder(seed), seeded(seed)
		x, up := normals(rng, seq.Rows()*encoderIn), normals(rng, seq.Rows()*encoderHidden)
		pooled, dx := e.encode(x, up, seq)
		for b, n := range lengths {
			single, err := nn.Pack([]int{n})
			if err != nil {
				t.Fatal(err)
			}
			gotPooled, gotDX := e.encode(rowsOf(x, seq, b, encoderIn), rowsOf(up, seq, b, encoderHidden), single)
			if i := firstApart(gotPooled, rowsOf(pooled, seq, b, encoderHidden)); i >= 0 {
				t.Fatalf("sequence %d of %v: pooled vector alone differs at %d", b, lengths, i)
			}
			if i := firstApart(gotDX, rowsOf(dx, seq, b, encoderIn)); i >= 0 {
				t.Fatalf("sequence %d of %v: gradient alone differs at %d", b, lengths, i)
			}
		}
	})
}

// firstApart is the first place where a and b differ by more than rounding, or -1.
func firstApart(a, b []float32) int {
	for i := range a {
		if !(math.Abs(float64(a[i]-b[i])) <= 1e-5*(1+math.Abs(float64(b[i])))) {
			return i
		}
	}
	return -1
}

// No leakage: what comes later in a sequence, and what is in other sequences,
// reaches no output, not even by rounding. And no gradient flows from an
// output to what came after it.
func TestTheFutureAndOthersNeverReachAnOutput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lengths := drawLengths(t)
		seed := rapid.Uint64().Draw(t, "seed")
		b := rapid.IntRange(0, len(lengths)-1).Draw(t, "sequence")
		step := rapid.IntRange(0, lengths[b]-1).Draw(t, "step")
		seq, err := nn.Pack(lengths)
		if err != nil {
			t.Fatal(err)
		}
		e, rng := newEncoder(seed), seeded(seed)
		x, up := normals(rng, seq.Rows()*encoderIn), make([]float32, seq.Rows()*encoderHidden)
		copy(up[seq.Row(step, b)*encoderHidden:], normals(rng, encoderHidden))
		pooled, dx := e.encode(x, up, seq)

		changed := normals(rng, len(x))
		for s := range step + 1 {
			copy(changed[seq.Row(s, b)*encoderIn:][:encoderIn], x[seq.Row(s, b)*encoderIn:])
		}
		pooledChanged, _ := e.encode(changed, up, seq)
		for s := range step + 1 {
			at := seq.Row(s, b) * encoderHidden
			if !slices.Equal(pooled[at:at+encoderHidden], pooledChanged[at:at+encoderHidden]) {
				t.Fatalf("step %d of sequence %d of %v moved when only others and later steps changed", s, b, lengths)
			}
		}
		for other, n := range lengths {
			for s := range n {
				if other == b && s <= step {
					continue
				}
				at := seq.Row(s, other) * encoderIn
				if slices.ContainsFunc(dx[at:at+encoderIn], func(v float32) bool { return v != 0 }) {
					t.Fatalf("step %d of sequence %d has gradient %v from step %d of sequence %d", s, other, dx[at:at+encoderIn], step, b)
				}
			}
		}
	})
}
