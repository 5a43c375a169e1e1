package nn_test

import (
	"slices"
	"testing"

	"github.com/reelrank/reelrank/nn"
)

func TestEmbeddingAddsEachRowsBucketAndItsGradients(t *testing.T) {
	const buckets, width = 6, 3
	rng := seeded(1)
	e := nn.NewEmbedding("ids", buckets, width)
	randomize(rng, e.Table)
	picks := []int32{4, 0, -1, 4, 5} // one twice, and one reel without a bucket
	y, up := normals(rng, len(picks)*width), normals(rng, len(picks)*width)
	table, base := paramTensor(e.Table), widen(y)
	forward := func() []float64 {
		out := slices.Clone(base)
		for i, b := range picks {
			for c := range width {
				if b >= 0 {
					out[i*width+c] += table.ref[int(b)*width+c]
				}
			}
		}
		return out
	}
	e.Add(y, picks)
	checkClose(t, "output", y, forward())
	e.AddBackward(up, picks)
	checkGradients(t, func() float64 { return weighted(forward(), up) }, table)
	if want := []int32{4, 0, 5}; !slices.Equal(e.Table.Touched, want) {
		t.Errorf("touched rows %v, want %v", e.Table.Touched, want)
	}
}

func TestEmbeddingStartsAtZero(t *testing.T) {
	e := nn.NewEmbedding("ids", 10, 2)
	y := []float32{1, 2, 3, 4}
	e.Add(y, []int32{9, 3})
	checkSame(t, "output", y, []float32{1, 2, 3, 4})
}

func TestZeroGradOfSparseParametersForgetsTheTouchedRows(t *testing.T) {
	e := nn.NewEmbedding("ids", 5, 2)
	for range 2 {
		e.AddBackward([]float32{1, 2, 3, 4}, []int32{3, 1})
		checkSame(t, "gradient", e.Table.Grad, []float32{0, 0, 3, 4, 0, 0, 1, 2, 0, 0})
		e.Table.ZeroGrad()
		checkSame(t, "gradient after ZeroGrad", e.Table.Grad, make([]float32, 10))
		if len(e.Table.Touched) != 0 {
			t.Errorf("rows %v are still touched", e.Table.Touched)
		}
	}
}

// A row without a gradient in a step is left alone: neither its momentum nor
// weight decay moves it.
func TestAdamMovesOnlyTouchedRows(t *testing.T) {
	e := nn.NewEmbedding("ids", 4, 2)
	randomize(seeded(2), e.Table)
	before := slices.Clone(e.Table.Value)
	adam := nn.NewAdam(e.Params(), 0.1)
	step := func(row int32) {
		e.AddBackward([]float32{1, -1}, []int32{row})
		adam.Update(0.01, 1)
	}
	step(1)
	afterFirst := slices.Clone(e.Table.Value)
	step(2)
	checkSame(t, "untouched rows", e.Table.Value[:2], before[:2])
	checkSame(t, "the first step's row", e.Table.Value[2:4], afterFirst[2:4])
	checkSame(t, "the last row", e.Table.Value[6:], before[6:])
	for i, sign := range []float64{-1, 1} {
		b := float64(before[2+i])
		checkClose(t, "touched row", afterFirst[2+i:3+i], []float64{b + 0.01*(sign-0.1*b)})
	}
	if slices.Equal(e.Table.Value[4:6], before[4:6]) {
		t.Error("the second step did not move its row")
	}
}
