package nn_test

import (
	"math"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/nn"
)

func TestSoftmaxLossComputesItsFormulaAndItsGradient(t *testing.T) {
	for i, c := range []struct{ rows, cols int }{{1, 1}, {1, 6}, {5, 3}, {8, 11}} {
		rng := seeded(uint64(i))
		logits := normals(rng, c.rows*c.cols)
		target, weight := make([]int32, c.rows), make([]float32, c.rows)
		for r := range target {
			target[r], weight[r] = int32(rng.IntN(c.cols)), 0.1+rng.Float32()
		}
		input := tensor{"logits", widen(logits), logits} // the loss leaves its gradient in the logits
		want := refSoftmaxLoss(input.ref, target, weight)
		got := nn.SoftmaxLoss(logits, target, weight, c.rows, c.cols)
		if math.Abs(got-want) > 1e-5 {
			t.Errorf("%v: loss %.8f, want %.8f", c, got, want)
		}
		checkGradients(t, func() float64 { return refSoftmaxLoss(input.ref, target, weight) }, input)
	}
}

// A batch whose logits are computed part by part has the loss and the
// gradients of the whole; smoothing mixes in the mean over all columns.
func TestPartsOfASoftmaxLossAddUp(t *testing.T) {
	const rows, cols, first, smoothing = 7, 5, 3, 0.2
	rng := seeded(11)
	logits := normals(rng, rows*cols)
	target, weight := make([]int32, rows), make([]float32, rows)
	var total float64
	for r := range target {
		target[r], weight[r] = int32(rng.IntN(cols)), 0.1+rng.Float32()
		total += float64(weight[r])
	}
	input := tensor{"logits", widen(logits), logits}
	smoothed := func() float64 {
		loss := (1 - smoothing) * refSoftmaxLoss(input.ref, target, weight)
		for c := range cols {
			every := slices.Repeat([]int32{int32(c)}, rows)
			loss += smoothing / cols * refSoftmaxLoss(input.ref, every, weight)
		}
		return loss
	}
	want := smoothed()
	got := nn.SoftmaxLossPart(logits, target[:first], weight[:first], first, cols, total, smoothing)
	got += nn.SoftmaxLossPart(logits[first*cols:], target[first:], weight[first:], rows-first, cols, total, smoothing)
	if math.Abs(got-want) > 1e-5 {
		t.Errorf("loss %.8f, want %.8f", got, want)
	}
	checkGradients(t, smoothed, input)
}

func TestSoftmaxLossByHand(t *testing.T) {
	ln2, ln3 := math.Ln2, math.Log(3)
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct {
		name     string
		logits   []float32
		target   []int32
		weight   []float32
		want     float64
		gradient []float64
	}{
		{"two even columns", []float32{5, 5}, []int32{0}, []float32{1}, ln2, []float64{-0.5, 0.5}},
		{"odds of one to three", []float32{0, float32(ln3)}, []int32{1}, []float32{2}, math.Log(4. / 3), []float64{0.25, -0.25}},
		{"weights are shares", []float32{0, 0, float32(ln3), 0}, []int32{0, 1}, []float32{1, 3},
			0.25*ln2 + 0.75*math.Log(4), []float64{-0.125, 0.125, 0.5625, -0.5625}},
		{"a row without weight", []float32{0, 0, 9, -9}, []int32{0, 1}, []float32{1, 0}, ln2, []float64{-0.5, 0.5, 0, 0}},
		{"a row without weight is not read", []float32{0, 0, nan, inf}, []int32{0, 1}, []float32{1, 0}, ln2, []float64{-0.5, 0.5, 0, 0}},
		{"no weight at all", []float32{1, 2}, []int32{0}, []float32{0}, 0, []float64{0, 0}},
		{"right beyond doubt", []float32{1e4, -1e4}, []int32{0}, []float32{1}, 0, []float64{0, 0}},
		{"wrong beyond doubt", []float32{1e4, -1e4}, []int32{1}, []float32{1}, 2e4, []float64{1, -1}},
		{"a column left out", []float32{0, -inf, 0}, []int32{2}, []float32{1}, ln2, []float64{0.5, 0, -0.5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := nn.SoftmaxLoss(c.logits, c.target, c.weight, len(c.target), len(c.logits)/len(c.target))
			if !(math.Abs(got-c.want) <= 1e-6*(1+c.want)) {
				t.Errorf("loss %.8f, want %.8f", got, c.want)
			}
			checkClose(t, "gradient", c.logits, c.gradient)
		})
	}
}

func TestSoftmaxLossShowsNaN(t *testing.T) {
	logits := []float32{1, float32(math.NaN()), 2}
	if loss := nn.SoftmaxLoss(logits, []int32{0}, []float32{1}, 1, 3); !math.IsNaN(loss) || nn.Finite(logits) {
		t.Errorf("loss %g and gradient %v of a NaN logit", loss, logits)
	}
}

func TestLogisticLossComputesItsFormulaAndItsGradient(t *testing.T) {
	const n = 40
	rng := seeded(1)
	logits, targets, weights := normals(rng, n), make([]float32, n), make([]float32, n)
	for i := range targets {
		targets[i], weights[i] = rng.Float32(), rng.Float32()
	}
	const total = 17.5
	input := tensor{"logits", widen(logits), unset(n)}
	loss := func() float64 { return refLogisticLoss(input.ref, targets, weights, total) }
	if got := nn.LogisticLoss(input.grad, logits, targets, weights, total); math.Abs(got-loss()) > 1e-6 {
		t.Errorf("loss %.8f, want %.8f", got, loss())
	}
	checkGradients(t, loss, input)
}

func TestLogisticLossByHand(t *testing.T) {
	ln3 := float32(math.Log(3)) // σ(ln 3) = 3/4
	for _, c := range []struct {
		name                  string
		logit, target, weight float32
		total, want, gradient float64
	}{
		{"even odds", 0, 1, 1, 1, math.Ln2, -0.5},
		{"three to one, and so it was", ln3, 1, 1, 1, math.Log(4. / 3), -0.25},
		{"three to one, and it was not", ln3, 0, 1, 1, math.Log(4), 0.75},
		{"a fraction is met exactly", ln3, 0.75, 1, 1, math.Log(4) - 0.75*math.Log(3), 0},
		{"a share of the total", 0, 1, 2, 8, math.Ln2 / 4, -0.125},
		{"not observed", 3, 1, 0, 1, 0, 0},
		{"nothing observed", 3, 1, 0, 0, 0, 0},
		{"right beyond doubt", 1e4, 1, 1, 1, 0, 0},
		{"wrong beyond doubt", 1e4, 0, 1, 1, 1e4, 1},
		{"wrong beyond doubt below", -1e4, 1, 1, 1, 1e4, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			grad := unset(1)
			got := nn.LogisticLoss(grad, []float32{c.logit}, []float32{c.target}, []float32{c.weight}, c.total)
			if !(math.Abs(got-c.want) <= 1e-6*(1+c.want)) {
				t.Errorf("loss %.8f, want %.8f", got, c.want)
			}
			checkClose(t, "gradient", grad, []float64{c.gradient})
		})
	}
}
