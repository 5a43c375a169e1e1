package nn_test

import (
	"math"
	"testing"

	"github.com/reelrank/reelrank/nn"
)

func TestAttentionComputesItsFormulaAndItsGradients(t *testing.T) {
	for i, c := range sequenceCases() {
		t.Run(c.name, func(t *testing.T) {
			rng := seeded(uint64(i))
			l, seq := nn.NewAttention("attention", c.width, rng), mustPack(t, c.lengths)
			randomize(rng, l.Params()...)
			size := seq.Rows() * c.width
			h, up, dh := normals(rng, size), normals(rng, size), unset(size)

			var tape nn.AttentionTape
			l.Forward(&tape, h, seq)
			w, b, states := paramTensor(l.W), paramTensor(l.B), tensor{"h", widen(h), dh}
			forward := func() []float64 { return refAttention(w.ref, b.ref, states.ref, seq) }
			checkClose(t, "pooled", tape.Pooled, forward())

			l.Backward(&tape, dh, up, h, seq)
			checkGradients(t, func() float64 { return weighted(forward(), up) }, states, w, b)
		})
	}
}

// With states that are unit vectors the pooled vector is the weights
// themselves, and the scores are W.
func TestAttentionWeightsOfAPrefixAreItsSoftmax(t *testing.T) {
	const steps = 50
	l := nn.NewAttention("attention", steps, seeded(1))
	copy(l.W.Value, normals(seeded(2), steps))
	l.B.Value[0] = 3
	states := make([]float32, steps*steps)
	for s := range steps {
		states[s*steps+s] = 1
	}
	var tape nn.AttentionTape
	l.Forward(&tape, states, mustPack(t, []int{steps}))
	for step := range steps {
		weights := tape.Pooled[step*steps:][:steps]
		var scale, sum float64
		for s := range step + 1 {
			scale += math.Exp(float64(l.W.Value[s]))
		}
		for s, got := range weights {
			want := 0.0
			if s <= step {
				want = math.Exp(float64(l.W.Value[s])) / scale
			}
			if math.Abs(float64(got)-want) > 1e-6 {
				t.Fatalf("prefix %d gives state %d the weight %g, want %g", step, s, got, want)
			}
			sum += float64(got)
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("the weights of prefix %d sum to %.8f", step, sum)
		}
	}
}

func TestAttentionIsFiniteForExtremeScores(t *testing.T) {
	const steps = 4
	l := nn.NewAttention("attention", 1, seeded(1))
	for _, c := range []struct{ states, want []float32 }{
		{[]float32{1e4, -1e4, 1e4, 0}, []float32{1e4, 1e4, 1e4, 1e4}},
		{[]float32{-1e4, 1e4, 0, -1e4}, []float32{-1e4, 1e4, 1e4, 1e4}},
	} {
		l.W.Value[0] = 1 // so that the states are the scores
		var tape nn.AttentionTape
		seq, dh := mustPack(t, []int{steps}), unset(steps)
		l.Forward(&tape, c.states, seq)
		checkSame(t, "pooled", tape.Pooled, c.want)
		l.Backward(&tape, dh, []float32{1, 1, 1, 1}, c.states, seq)
		if !nn.Finite(dh) || !nn.Finite(l.W.Grad) {
			t.Errorf("states %v: gradients %v and %v are not finite", c.states, dh, l.W.Grad)
		}
	}
}

func TestAttentionTapeIsReusedAcrossShapesAndBrokenSteps(t *testing.T) {
	rng := seeded(6)
	const width = 4
	l := nn.NewAttention("attention", width, rng)
	var reused nn.AttentionTape
	for _, lengths := range [][]int{{5, 5, 2}, {2}, {9, 1}} {
		seq := mustPack(t, lengths)
		h, up := normals(rng, seq.Rows()*width), normals(rng, seq.Rows()*width)
		step := func(tape *nn.AttentionTape, up []float32) (pooled, dh []float32) {
			dh = unset(len(h))
			l.Forward(tape, h, seq)
			l.Backward(tape, dh, up, h, seq)
			return tape.Pooled, dh
		}
		pooled, dh := step(&reused, up)
		wantPooled, wantDH := step(new(nn.AttentionTape), up)
		checkSame(t, "pooled", pooled, wantPooled)
		checkSame(t, "gradient of h", dh, wantDH)
		step(&reused, unset(len(h)))
	}
}

func TestAttentionOfTheWholeSequenceIsTheLastPrefix(t *testing.T) {
	rng := seeded(5)
	const width = 9
	l := nn.NewAttention("attention", width, rng)
	for _, n := range []int{1, 2, 50} {
		h := normals(rng, n*width)
		var tape nn.AttentionTape
		l.Forward(&tape, h, mustPack(t, []int{n}))
		last := unset(width)
		l.Last(last, h, n)
		checkSame(t, "pooled", last, tape.Pooled[(n-1)*width:])
	}
	none := unset(width)
	l.Last(none, nil, 0)
	checkSame(t, "pooled vector of an empty history", none, make([]float32, width))
}

// Whoever looks for the layer that broke must find the NaN, in training as in
// serving.
func TestAttentionHandsANaNOn(t *testing.T) {
	const width = 3
	nan := float32(math.NaN())
	for _, broken := range []string{"state", "weight"} {
		l := nn.NewAttention("attention", width, seeded(1))
		h := normals(seeded(2), 2*width)
		if broken == "state" {
			h[1] = nan
		} else {
			l.W.Value[1] = nan
		}
		var tape nn.AttentionTape
		l.Forward(&tape, h, mustPack(t, []int{2}))
		last := make([]float32, width)
		l.Last(last, h, 2)
		for _, pooled := range [][]float32{tape.Pooled[:width], tape.Pooled[width:], last} {
			if nn.Finite(pooled) {
				t.Errorf("with a NaN in a %s the pooled vector is %v", broken, pooled)
			}
		}
	}
}
