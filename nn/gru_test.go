package nn_test

import (
	"slices"
	"testing"

	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
)

func TestGRUComputesItsFormulaAndItsGradients(t *testing.T) {
	for i, c := range sequenceCases() {
		t.Run(c.name, func(t *testing.T) {
			rng := seeded(uint64(i))
			g, seq := nn.NewGRU("gru", c.in, c.width, rng), mustPack(t, c.lengths)
			rows := seq.Rows()
			x, up, dx := normals(rng, rows*c.in), normals(rng, rows*c.width), unset(rows*c.in)

			var tape nn.GRUTape
			g.Forward(&tape, x, seq)
			ref, input := newGRURef(g), tensor{"x", widen(x), dx}
			checkClose(t, "output", tape.H, ref.forward(input.ref, seq))

			g.Backward(&tape, dx, up, x, seq)
			loss := func() float64 { return weighted(ref.forward(input.ref, seq), up) }
			checkGradients(t, loss, append(ref.tensors(), input)...)
		})
	}
}

func TestGRUSkipsTheInputGradientThatNobodyWants(t *testing.T) {
	rng := seeded(2)
	g, seq := nn.NewGRU("gru", 3, 4, rng), mustPack(t, []int{3, 1})
	x, up := normals(rng, 4*3), normals(rng, 4*4)
	var tape nn.GRUTape
	g.Forward(&tape, x, seq)
	g.Backward(&tape, unset(len(x)), up, x, seq)
	want := append([]float32(nil), g.WX.Grad...)
	g.WX.ZeroGrad()
	g.Forward(&tape, x, seq)
	g.Backward(&tape, nil, up, x, seq)
	checkSame(t, "gradient of W", g.WX.Grad, want)
}

// Serving projects each reel's input once and keeps it.
func TestGRUOverProjectedInputsIsTheSame(t *testing.T) {
	rng := seeded(3)
	g, seq := nn.NewGRU("gru", 5, 6, rng), mustPack(t, []int{4, 2})
	x := normals(rng, seq.Rows()*5)
	var direct, projected nn.GRUTape
	g.Forward(&direct, x, seq)

	kept := make([]float32, seq.Rows()*3*6)
	g.ProjectInput(kept, x, seq.Rows())
	copy(g.InputGates(&projected, seq.Rows()), kept)
	g.ForwardProjected(&projected, seq)
	checkSame(t, "output", projected.H, direct.H)
}

// Weights that were packed once serve any batch, and give the bits of those
// that lie as they are.
func TestGRUOverPackedWeightsIsTheSame(t *testing.T) {
	rng := seeded(5)
	g := nn.NewGRU("gru", 6, 20, rng)
	var weights kernel.Weights
	g.PackRecurrent(&weights)
	for _, lengths := range [][]int{{3}, {4, 2}, slices.Repeat([]int{3}, 13), {5, 4, 4, 4, 3, 3, 2, 2, 1, 1}} {
		seq := mustPack(t, lengths)
		gates := normals(rng, seq.Rows()*3*20)
		run := func(w *kernel.Weights) []float32 {
			var tape nn.GRUTape
			copy(g.InputGates(&tape, seq.Rows()), gates)
			g.Recur(&tape, w, seq)
			return tape.H
		}
		checkSame(t, "output", run(&weights), run(nil))
	}
}

func TestGRUTapeIsReusedAcrossShapes(t *testing.T) {
	rng := seeded(4)
	g := nn.NewGRU("gru", 3, 4, rng)
	var reused nn.GRUTape
	for _, lengths := range [][]int{{5, 5, 2}, {2}, {9, 1}, {1, 1, 1, 1}} {
		seq := mustPack(t, lengths)
		x, up := normals(rng, seq.Rows()*3), normals(rng, seq.Rows()*4)
		step := func(tape *nn.GRUTape) (h, dx []float32) {
			dx = unset(len(x))
			g.Forward(tape, x, seq)
			g.Backward(tape, dx, up, x, seq)
			return tape.H, dx
		}
		h, dx := step(&reused)
		wantH, wantDX := step(new(nn.GRUTape))
		checkSame(t, "output", h, wantH)
		checkSame(t, "gradient of x", dx, wantDX)
	}
}

// The counts that docs and `model info` state.
func TestParameterCounts(t *testing.T) {
	rng := seeded(1)
	for _, c := range []struct {
		name   string
		params []*nn.Param
		want   int
	}{
		{"GRU 1216->256", nn.NewGRU("gru1", 1216, 256, rng).Params(), 1_132_032},
		{"GRU 256->256", nn.NewGRU("gru2", 256, 256, rng).Params(), 394_752},
		{"attention over 256", nn.NewAttention("attention", 256, rng).Params(), 257},
		{"dense 1536->512", nn.NewLinear("dense1", 1536, 512, rng).Params(), 786_944},
		{"batch norm of 512", nn.NewBatchNorm("norm1", 512).Params(), 1_024},
		{"embedding 1000x32", nn.NewEmbedding("ids", 1000, 32).Params(), 32_000},
	} {
		got := 0
		for _, p := range c.params {
			got += p.Count()
		}
		if got != c.want {
			t.Errorf("%s has %d parameters, want %d", c.name, got, c.want)
		}
	}
}
