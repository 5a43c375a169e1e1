package nn_test

import (
	"math"
	"testing"

	"github.com/reelrank/reelrank/nn"
)

func TestBatchNormComputesItsFormulaAndItsGradients(t *testing.T) {
	for i, c := range []struct{ rows, w int }{{2, 1}, {3, 5}, {8, 7}, {17, 4}} {
		rng := seeded(uint64(i))
		bn := nn.NewBatchNorm("norm", c.w)
		randomize(rng, bn.Params()...)
		x, up := normals(rng, c.rows*c.w), normals(rng, c.rows*c.w)
		gamma, beta := paramTensor(bn.Gamma), paramTensor(bn.Beta)
		input := tensor{"x", widen(x), append([]float32(nil), up...)}
		forward := func() []float64 { return refBatchNorm(gamma.ref, beta.ref, input.ref, float64(bn.Epsilon)) }

		var tape nn.BatchNormTape
		bn.Forward(&tape, x, c.rows)
		checkClose(t, "output", x, forward())
		bn.Backward(&tape, input.grad, c.rows) // turns dy into dx
		checkGradients(t, func() float64 { return weighted(forward(), up) }, gamma, beta, input)
	}
}

// Columns far from zero lose nothing but what their own rounding loses.
func TestBatchNormIsExactForColumnsFarFromZero(t *testing.T) {
	const rows, w = 64, 3
	rng := seeded(1)
	bn := nn.NewBatchNorm("norm", w)
	x := normals(rng, rows*w)
	for i := range x {
		x[i] += float32(1000 * (1 + i%w))
	}
	want := refBatchNorm(widen(bn.Gamma.Value), widen(bn.Beta.Value), widen(x), float64(bn.Epsilon))
	bn.Forward(new(nn.BatchNormTape), x, rows)
	checkClose(t, "output", x, want)
}

// Two columns, {1, 3} and {10, 10}: means 2 and 10, unbiased variances 2 and 0.
func TestBatchNormMovesItsRunningStatistics(t *testing.T) {
	bn := nn.NewBatchNorm("norm", 2)
	bn.Momentum = 0.25
	var tape nn.BatchNormTape
	bn.Forward(&tape, []float32{1, 10, 3, 10}, 2)
	checkClose(t, "mean", bn.Mean, []float64{0.5, 2.5})
	checkClose(t, "variance", bn.Var, []float64{1.25, 0.75})
	bn.Forward(&tape, []float32{1, 10, 3, 10}, 2)
	checkClose(t, "mean after two", bn.Mean, []float64{0.875, 4.375})
	checkClose(t, "variance after two", bn.Var, []float64{1.4375, 0.5625})
}

func TestBatchNormInfersByItsRunningStatisticsAlone(t *testing.T) {
	bn := nn.NewBatchNorm("norm", 2)
	bn.Epsilon = 0.75
	bn.Gamma.Value, bn.Beta.Value = []float32{2, -1}, []float32{10, 0}
	bn.Mean, bn.Var = []float32{1, -2}, []float32{3.25, 0.25} // standard deviations 2 and 1
	x := []float32{1, -2, 5, 0}
	bn.Infer(x, 2)
	checkClose(t, "output", x, []float64{10, 0, 14, -2})
	checkSame(t, "running mean", bn.Mean, []float32{1, -2})
	checkSame(t, "running variance", bn.Var, []float32{3.25, 0.25})
}

// What training has settled on is what serving computes.
func TestBatchNormInferConvergesToTraining(t *testing.T) {
	const rows, w = 32, 4
	rng := seeded(3)
	bn := nn.NewBatchNorm("norm", w)
	randomize(rng, bn.Params()...)
	x := normals(rng, rows*w)
	var trained []float32
	for range 300 { // (1-0.05)^300 is 2e-7
		trained = append([]float32(nil), x...)
		bn.Forward(new(nn.BatchNormTape), trained, rows)
	}
	for i := range bn.Var {
		bn.Var[i] *= float32(rows-1) / rows // the running variance is the unbiased one
	}
	bn.Infer(x, rows)
	checkClose(t, "inferred", x, widen(trained))
}

func TestBatchNormFoldsIntoTheLayerBefore(t *testing.T) {
	const rows, in, out = 5, 4, 3
	rng := seeded(4)
	dense, bn := nn.NewLinear("dense", in, out, rng), nn.NewBatchNorm("norm", out)
	randomize(rng, append(bn.Params(), dense.B)...)
	copy(bn.Mean, normals(rng, out))
	copy(bn.Var, []float32{0.1, 1, 30})
	x, y := normals(rng, rows*in), unset(rows*out)
	dense.Forward(y, x, rows)
	bn.Infer(y, rows)

	scale, shift := bn.Affine()
	for o := range out {
		for k := range in {
			dense.W.Value[o*in+k] *= scale[o]
		}
		dense.B.Value[o] = dense.B.Value[o]*scale[o] + shift[o]
	}
	folded := unset(rows * out)
	dense.Forward(folded, x, rows)
	checkClose(t, "folded", folded, widen(y))
}

func TestBatchNormOfOneRowIsBeta(t *testing.T) {
	bn := nn.NewBatchNorm("norm", 2)
	copy(bn.Beta.Value, []float32{0.5, -3})
	x, dy := []float32{7, -1e6}, []float32{1, 2}
	var tape nn.BatchNormTape
	bn.Forward(&tape, x, 1)
	checkSame(t, "output", x, bn.Beta.Value)
	bn.Backward(&tape, dy, 1)
	checkSame(t, "gradient of x", dy, []float32{0, 0})
	checkSame(t, "gradient of beta", bn.Beta.Grad, []float32{1, 2})
	if !nn.Finite(bn.Mean) || !nn.Finite(bn.Var) {
		t.Errorf("running statistics %v and %v are not finite", bn.Mean, bn.Var)
	}
}

// Rounding must not make the variance of a constant negative.
func TestBatchNormOfConstantColumnsIsBeta(t *testing.T) {
	const rows, w = 37, 40
	bn := nn.NewBatchNorm("norm", w)
	randomize(seeded(5), bn.Params()...)
	x, want := unset(rows*w), make([]float64, rows*w)
	for i := range x {
		x[i], want[i] = float32(i%w+1)*1e6/7, float64(bn.Beta.Value[i%w])
	}
	bn.Forward(new(nn.BatchNormTape), x, rows)
	checkClose(t, "output", x, want)
}

func TestBatchNormOfAnEmptyBatchChangesNothing(t *testing.T) {
	bn := nn.NewBatchNorm("norm", 2)
	var tape nn.BatchNormTape
	bn.Forward(&tape, nil, 0)
	bn.Backward(&tape, nil, 0)
	bn.Infer(nil, 0)
	checkSame(t, "mean", bn.Mean, []float32{0, 0})
	checkSame(t, "variance", bn.Var, []float32{1, 1})
}

func TestBatchNormOutputHasMeanBetaAndDeviationGamma(t *testing.T) {
	const rows = 1000
	bn := nn.NewBatchNorm("norm", 1)
	bn.Gamma.Value[0], bn.Beta.Value[0] = 3, -2
	x := normals(seeded(6), rows)
	bn.Forward(new(nn.BatchNormTape), x, rows)
	var mean, squares float64
	for _, v := range x {
		mean += float64(v) / rows
	}
	for _, v := range x {
		squares += (float64(v) - mean) * (float64(v) - mean) / rows
	}
	if math.Abs(mean+2) > 1e-5 || math.Abs(math.Sqrt(squares)-3) > 1e-4 {
		t.Errorf("mean %.6f and deviation %.6f, want -2 and 3", mean, math.Sqrt(squares))
	}
}
