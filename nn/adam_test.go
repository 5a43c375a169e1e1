package nn_test

import (
	"math"
	"testing"

	"github.com/reelrank/reelrank/nn"
)

// Two steps with the gradients 0.5 and -1 at a rate of 0.1, by hand:
//
//	m = 0.05, v = 0.00025: m̂ = 0.5, √v̂ = 0.5, so the first step is 0.1;
//	m = -0.055, v = 0.00124975: m̂ = -0.055/0.19, v̂ = 0.00124975/0.001999, so the second is -0.0366104.
func TestAdamTakesTheStepsOfItsPaper(t *testing.T) {
	bias := nn.NewParam("bias", 1)
	weight := nn.NewParam("weight", 1, 1)
	bias.Value[0], weight.Value[0] = 1, 1
	adam := nn.NewAdam([]*nn.Param{bias, weight}, 0.01)

	bias.Grad[0], weight.Grad[0] = 0.5, 0.5
	adam.Update(0.1, 1)
	checkClose(t, "bias", bias.Value, []float64{0.9})
	checkClose(t, "weight", weight.Value, []float64{0.9 - 0.1*0.01*1}) // matrices decay, biases do not

	bias.Grad[0], weight.Grad[0] = -1, -1
	adam.Update(0.1, 1)
	checkClose(t, "bias", bias.Value, []float64{0.9366104})
	checkClose(t, "weight", weight.Value, []float64{0.899 + 0.0366104 - 0.1*0.01*0.899})
	checkClose(t, "mean", adam.M[0], []float64{-0.055})
	checkClose(t, "mean square", adam.V[0], []float64{0.00124975})
	if adam.Step != 2 {
		t.Errorf("%d steps counted, want 2", adam.Step)
	}
}

func TestAdamScalesGradientsBeforeItUsesThem(t *testing.T) {
	scaled, plain := nn.NewParam("scaled", 3), nn.NewParam("plain", 3)
	a, b := nn.NewAdam([]*nn.Param{scaled}, 0), nn.NewAdam([]*nn.Param{plain}, 0)
	copy(scaled.Grad, []float32{4, -8, 0})
	copy(plain.Grad, []float32{1, -2, 0})
	a.Update(0.1, 0.25)
	b.Update(0.1, 1)
	checkSame(t, "value", scaled.Value, plain.Value)
	checkSame(t, "mean square", a.V[0], b.V[0])
	checkSame(t, "gradient afterwards", scaled.Grad, []float32{0, 0, 0})
}

func TestAdamUpdatesEveryValueOfALargeParameter(t *testing.T) {
	const n = 100_003
	p := nn.NewParam("large", n)
	for i := range p.Grad {
		p.Grad[i] = 1
	}
	nn.NewAdam([]*nn.Param{p}, 0).Update(0.5, 1)
	for i, v := range p.Value {
		if math.Abs(float64(v)+0.5) > 1e-4 {
			t.Fatalf("value %d is %g, want -0.5", i, v)
		}
	}
}

func TestGradNormSpansAllParametersAndNamesTheBrokenOne(t *testing.T) {
	a, b, ids := nn.NewParam("a", 2), nn.NewParam("b", 1), nn.NewEmbedding("ids", 100, 2)
	adam := nn.NewAdam([]*nn.Param{a, b, ids.Table}, 0)
	copy(a.Grad, []float32{1, -2})
	b.Grad[0] = 4
	ids.AddBackward([]float32{2, 0}, []int32{70})
	if norm, broken := adam.GradNorm(); norm != 5 || broken != nil {
		t.Errorf("norm %g and broken %v, want 5 and none", norm, broken)
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		b.Grad[0] = float32(bad)
		if norm, broken := adam.GradNorm(); broken != b || !(math.IsNaN(norm) || math.IsInf(norm, 0)) {
			t.Errorf("gradient %g: norm %g, broken %v, want b", bad, norm, broken)
		}
	}
	a.Grad[1] = float32(math.NaN())
	if _, broken := adam.GradNorm(); broken != a {
		t.Errorf("of two broken parameters %v was named, want the first, a", broken)
	}
	a.Grad[1] = -2
	b.Grad[0] = math.MaxFloat32 // large, and its square beyond float32, but finite
	if _, broken := adam.GradNorm(); broken != nil {
		t.Errorf("a large gradient counts as broken in %s", broken.Name)
	}
}
