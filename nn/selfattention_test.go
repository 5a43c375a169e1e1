package nn_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/reelrank/reelrank/nn"
)

// selfAttentionRef holds a layer's parameters in float64.
type selfAttentionRef struct {
	l                    *nn.SelfAttention
	inW, inB, outW, outB tensor
	bias                 tensor
}

func newSelfAttentionRef(l *nn.SelfAttention) selfAttentionRef {
	return selfAttentionRef{l, paramTensor(l.In.W), paramTensor(l.In.B), paramTensor(l.Out.W), paramTensor(l.Out.B), paramTensor(l.Bias)}
}

func (r selfAttentionRef) tensors() []tensor { return []tensor{r.inW, r.inB, r.outW, r.outB, r.bias} }

// forward asks step by step and head by head.
func (r selfAttentionRef) forward(x []float64, seq nn.Packed) []float64 {
	w, heads, reach := r.l.Width, r.l.Heads, r.l.Reach
	width := w / heads
	qkv := refLinear(r.inW.ref, r.inB.ref, x, w)
	read := make([]float64, len(x))
	for b, length := range seq.Lengths {
		at := func(which, h, step int) []float64 {
			return qkv[seq.Row(step, b)*3*w+which*w+h*width:][:width]
		}
		for h := range heads {
			for step := range length {
				var sum float64
				out := read[seq.Row(step, b)*w+h*width:][:width]
				for s := max(0, step-reach+1); s <= step; s++ {
					e := r.bias.ref[h*reach+reach-1-(step-s)]
					for j, q := range at(0, h, step) {
						e += q * at(1, h, s)[j] / math.Sqrt(float64(width))
					}
					sum += math.Exp(e)
					for j, v := range at(2, h, s) {
						out[j] += math.Exp(e) * v
					}
				}
				for j := range out {
					out[j] /= sum
				}
			}
		}
	}
	return refLinear(r.outW.ref, r.outB.ref, read, w)
}

func TestSelfAttentionComputesItsFormulaAndItsGradients(t *testing.T) {
	for i, c := range sequenceCases() {
		for _, reach := range []int{3, 20} {
			t.Run(fmt.Sprintf("%s, reach %d", c.name, reach), func(t *testing.T) {
				rng := seeded(uint64(i))
				const width, heads = 6, 2
				l, seq := nn.NewSelfAttention("a", width, heads, reach, rng), mustPack(t, c.lengths)
				randomize(rng, l.Params()...)
				size := seq.Rows() * width
				x, up, y, dx := normals(rng, size), normals(rng, size), unset(size), unset(size)

				var tape nn.SelfAttentionTape
				l.Forward(&tape, y, x, seq, 0, nil)
				ref, in := newSelfAttentionRef(l), tensor{"x", widen(x), dx}
				forward := func() []float64 { return ref.forward(in.ref, seq) }
				checkClose(t, "output", y, forward())
				l.Backward(&tape, dx, up, x, seq)
				tensors := append(ref.tensors(), in)
				if seq.Steps() == 1 { // a step that reads itself alone has no choice: gradients of rounding's size
					tensors = []tensor{ref.outW, ref.outB, in}
				}
				checkGradients(t, func() float64 { return weighted(forward(), up) }, tensors...)
			})
		}
	}
}

// Sequences that take several blocks, whose gradients are too many to be moved
// one by one: those along a few drawn directions are compared.
func TestSelfAttentionOfLongSequencesFollowsItsGradients(t *testing.T) {
	const width, heads = 4, 2
	for _, reach := range []int{70, 300} {
		rng := seeded(uint64(reach))
		l, seq := nn.NewSelfAttention("a", width, heads, reach, rng), mustPack(t, []int{150, 64, 65, 1}[:2])
		randomize(rng, l.Bias)
		size := seq.Rows() * width
		x, up, y, dx := normals(rng, size), normals(rng, size), unset(size), unset(size)
		var tape nn.SelfAttentionTape
		l.Forward(&tape, y, x, seq, 0, nil)
		ref, in := newSelfAttentionRef(l), tensor{"x", widen(x), dx}
		checkClose(t, "output", y, ref.forward(in.ref, seq))
		l.Backward(&tape, dx, up, x, seq)
		for _, of := range append(ref.tensors(), in) {
			direction := normals(rng, len(of.ref))
			move := func(by float64) float64 {
				for i := range of.ref {
					of.ref[i] += by * float64(direction[i])
				}
				return weighted(ref.forward(in.ref, seq), up)
			}
			upwards := move(differenceStep)
			slope := (upwards - move(-2*differenceStep)) / (2 * differenceStep)
			move(differenceStep)
			var got, scale float64
			for i, g := range of.grad {
				got += float64(g) * float64(direction[i])
				scale += math.Abs(float64(g) * float64(direction[i]))
			}
			if math.Abs(got-slope) > 1e-5*scale {
				t.Errorf("reach %d: along a direction of %s the gradient is %.8g, want %.8g", reach, of.name, got, slope)
			}
		}
	}
}

func TestSelfAttentionOfTheLastStepIsThatOfTheSequence(t *testing.T) {
	const width, heads = 8, 2
	for _, reach := range []int{5, 200} {
		for _, n := range []int{1, 5, 70, 130} {
			rng := seeded(3)
			l := nn.NewSelfAttention("a", width, heads, reach, rng)
			randomize(rng, l.Bias)
			x, y := normals(rng, n*width), unset(n*width)
			var tape nn.SelfAttentionTape
			l.Forward(&tape, y, x, mustPack(t, []int{n}), 0, nil)
			qkv, kv := unset(n*3*width), []float32{}
			l.In.Forward(qkv, x, n)
			for step := range n {
				kv = append(kv, qkv[step*3*width+width:][:2*width]...)
			}
			read, last := unset(width), unset(width)
			l.AttendLast(read, unset(n), qkv[(n-1)*3*width:], kv, n)
			l.Out.Forward(last, read, 1)
			checkSame(t, fmt.Sprintf("last of %d steps", n), last, y[(n-1)*width:])
		}
	}
}

// What is dropped must be the same on the way back: with the masks fixed the
// layer is linear in the values, so that a step along the gradient of x's
// values foretells the change of the loss.
func TestSelfAttentionDropsTheSameOnTheWayBack(t *testing.T) {
	const width, heads, rate = 4, 2, 0.5
	rng := seeded(4)
	l, seq := nn.NewSelfAttention("a", width, heads, 100, rng), mustPack(t, []int{90, 70, 3})
	size := seq.Rows() * width
	x, up, y, dx := normals(rng, size), normals(rng, size), unset(size), unset(size)
	var tape nn.SelfAttentionTape
	loss := func() float64 {
		l.Forward(&tape, y, x, seq, rate, seeded(9))
		return weighted(widen(y), up)
	}
	loss()
	l.Backward(&tape, dx, up, x, seq)
	for _, of := range []struct {
		name        string
		value, grad []float32
	}{{"the values' weights", l.In.W.Value[2*width*width:], l.In.W.Grad[2*width*width:]}, {"x", x, dx}} {
		const by = 1e-3
		direction := normals(rng, len(of.value))
		var want float64
		for i, d := range direction {
			want += float64(of.grad[i]) * float64(d)
		}
		for i, d := range direction {
			of.value[i] += by * d
		}
		upwards := loss()
		for i, d := range direction {
			of.value[i] -= 2 * by * d
		}
		slope := (upwards - loss()) / (2 * by)
		for i, d := range direction {
			of.value[i] += by * d
		}
		if math.Abs(slope-want) > 0.01*math.Abs(want) {
			t.Errorf("along a direction of %s the loss changes by %.6g, want %.6g", of.name, slope, want)
		}
	}
	without := unset(size)
	l.Forward(&tape, without, x, seq, 0, nil)
	if y[0] == without[0] && y[size-1] == without[size-1] {
		t.Error("nothing was dropped")
	}
}
