package nn_test

import (
	"testing"

	"github.com/reelrank/reelrank/nn"
)

// refTransformer runs a stack in float64 and lists its tensors in the order of Params.
func refTransformer(l *nn.Transformer) (forward func(x []float64, seq nn.Packed) []float64, tensors []tensor) {
	type block struct {
		norm1, norm2           tensor
		attention              selfAttentionRef
		upW, upB, downW, downB tensor
	}
	var blocks []block
	for _, b := range l.Blocks {
		ref := block{
			paramTensor(b.Norm1.Gain), paramTensor(b.Norm2.Gain), newSelfAttentionRef(b.Attention),
			paramTensor(b.Up.W), paramTensor(b.Up.B), paramTensor(b.Down.W), paramTensor(b.Down.B),
		}
		blocks = append(blocks, ref)
		tensors = append(tensors, ref.norm1, ref.norm2, ref.upW, ref.upB, ref.downW, ref.downB)
		tensors = append(tensors, ref.attention.tensors()...)
	}
	norm := paramTensor(l.Norm.Gain)
	add := func(x, y []float64) []float64 {
		sum := make([]float64, len(x))
		for i := range x {
			sum[i] = x[i] + y[i]
		}
		return sum
	}
	return func(x []float64, seq nn.Packed) []float64 {
		for _, b := range blocks {
			x = add(x, b.attention.forward(refRMSNorm(b.norm1.ref, x), seq))
			up := refLinear(b.upW.ref, b.upB.ref, refRMSNorm(b.norm2.ref, x), l.Width)
			for i := range up {
				up[i] = max(up[i], 0)
			}
			x = add(x, refLinear(b.downW.ref, b.downB.ref, up, len(b.upB.ref)))
		}
		return refRMSNorm(norm.ref, x)
	}, append(tensors, norm)
}

func TestTransformerComputesItsFormulaAndItsGradients(t *testing.T) {
	for i, c := range sequenceCases() {
		t.Run(c.name, func(t *testing.T) {
			rng := seeded(uint64(i))
			const width = 4
			l, seq := nn.NewTransformer("block", 2, width, 2, 6, 5, rng), mustPack(t, c.lengths)
			for _, b := range l.Blocks {
				randomize(rng, b.Norm1.Gain, b.Norm2.Gain, b.Attention.Bias, b.Up.B)
			}
			size := seq.Rows() * width
			x, up, dx := normals(rng, size), normals(rng, size), unset(size)
			var tape nn.TransformerTape
			l.Forward(&tape, x, seq, 0, nil)
			forward, tensors := refTransformer(l)
			in := tensor{"x", widen(x), dx}
			checkClose(t, "output", tape.Y, forward(in.ref, seq))
			l.Backward(&tape, dx, up, x, seq)
			checkGradients(t, func() float64 { return weighted(forward(in.ref, seq), up) }, append(tensors, in)...)
		})
	}
}

func TestDropoutOfATapeIsUndoneByTheSameMask(t *testing.T) {
	const n, rate = 100_000, 0.25
	x := make([]float32, n)
	for i := range x {
		x[i] = -1
	}
	var tape nn.DropoutTape
	tape.Forward(x, rate, seeded(1))
	dropped := 0
	for i, v := range x {
		switch v {
		case 0:
			dropped++
		case -1 / (1 - rate):
		default:
			t.Fatalf("value %d became %g", i, v)
		}
	}
	if share := float64(dropped) / n; share < rate-0.01 || share > rate+0.01 {
		t.Errorf("a share of %.3f was dropped, want %g", share, rate)
	}
	d := repeat(-1, n)
	tape.Backward(d)
	checkSame(t, "gradient", d, x)
	tape.Forward(d, rate, nil)
	checkSame(t, "value without randomness", d, x)
}
