package nn_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/nn"
)

// How the layers are held to their formulas: reference_test.go states each
// layer's forward pass once more, as plain loops over float64. The layer's
// output must agree with it, and the layer's gradients with the central
// differences of a loss over it. In float64 a step of 1e-6 leaves differences
// good to nine digits, so that what is compared is the layer's algebra and the
// rounding of its float32.

const (
	differenceStep = 1e-6
	relativeError  = 1e-4 // of each value
	roundingError  = 5e-6 // of the largest value of the same tensor
)

// tensor is one input or parameter of a check: the float64 copy that the
// reference reads and the checker moves, and the gradient that the layer's
// Backward has found for it.
type tensor struct {
	name string
	ref  []float64
	grad []float32
}

// paramTensor is the tensor of a parameter.
func paramTensor(p *nn.Param) tensor { return tensor{p.Name, widen(p.Value), p.Grad} }

// checkGradients compares every value of every tensor's gradient with the
// central difference of loss, which reads the tensors' ref.
func checkGradients(t *testing.T, loss func() float64, tensors ...tensor) {
	t.Helper()
	for _, x := range tensors {
		want := make([]float64, len(x.ref))
		for i, v := range x.ref {
			x.ref[i] = v + differenceStep
			up := loss()
			x.ref[i] = v - differenceStep
			want[i] = (up - loss()) / (2 * differenceStep)
			x.ref[i] = v
		}
		checkClose(t, "gradient of "+x.name, x.grad, want)
	}
}

// checkClose fails at the first value that is further from want than float32
// rounding explains.
func checkClose(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d values, want %d", what, len(got), len(want))
	}
	scale := 0.0
	for _, v := range want {
		scale = max(scale, math.Abs(v))
	}
	for i, w := range want {
		g := float64(got[i])
		if !(math.Abs(g-w) <= relativeError*math.Abs(w)+roundingError*scale+1e-7) {
			t.Fatalf("%s[%d] = %.8g, want %.8g (largest value %.3g)", what, i, g, w, scale)
		}
	}
}

// checkSame fails unless got is want, bit for bit (NaN equals nothing).
func checkSame(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d values, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		if got[i] != w {
			t.Fatalf("%s[%d] = %.9g, want exactly %.9g", what, i, got[i], w)
		}
	}
}

// weighted is Σ up·y, a loss whose gradient by y is up.
func weighted(y []float64, up []float32) float64 {
	var s float64
	for i, v := range y {
		s += v * float64(up[i])
	}
	return s
}

func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x5eed)) }

// normals draws n standard normal values.
func normals(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// unset is a buffer of NaN: whatever reads it before writing it is found out.
func unset(n int) []float32 { return slices.Repeat([]float32{float32(math.NaN())}, n) }

// randomize replaces the values of parameters that start as zeros or ones.
func randomize(rng *rand.Rand, params ...*nn.Param) {
	for _, p := range params {
		copy(p.Value, normals(rng, len(p.Value)))
	}
}

func mustPack(t testing.TB, lengths []int) nn.Packed {
	t.Helper()
	seq, err := nn.Pack(lengths)
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

// sequenceCase is the shape of one check of a sequence layer.
type sequenceCase struct {
	name      string
	lengths   []int
	in, width int
}

// sequenceCases are the corners, and shapes drawn from a fixed seed.
func sequenceCases() []sequenceCase {
	cases := []sequenceCase{
		{"one step of width one", []int{1}, 1, 1},
		{"one sequence", []int{6}, 3, 5},
		{"all of length one", []int{1, 1, 1}, 4, 3},
		{"equal lengths", []int{3, 3}, 2, 7},
		{"falling lengths", []int{7, 4, 4, 1}, 5, 3},
		{"more than a thread takes at once", []int{4, 4, 3, 3, 3, 3, 2, 2, 2, 1, 1}, 3, 4},
		{"as many, equally long", slices.Repeat([]int{3}, 10), 2, 3},
	}
	rng := seeded(7)
	for range 4 {
		lengths := make([]int, 1+rng.IntN(5))
		for i := range lengths {
			lengths[i] = 1 + rng.IntN(8)
		}
		slices.Sort(lengths)
		slices.Reverse(lengths)
		cases = append(cases, sequenceCase{"drawn", lengths, 1 + rng.IntN(6), 1 + rng.IntN(9)})
	}
	return cases
}
