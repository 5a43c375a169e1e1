package kuairand

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/reel"
)

// testAUC trains a network on a log's training days and returns the AUC of
// long views on its test days.
func testAUC(t *testing.T, l *Log) float64 {
	t.Helper()
	p := Cut(l)
	in := NewInputs(l, stream(t, l), p.Train)
	o := usualFitting(1)
	o.Epochs, o.Batch = 3, 64
	n, best, err := fit(context.Background(), in, p.Train, p.Valid, o, func(int, int) {})
	if err != nil || best < 1 {
		t.Fatalf("best epoch %d, error %v", best, err)
	}
	return evaluate.AUC(n.logits(in, p.Test)[LongView], labelsOf(l, p.Test, LongView))
}

// There is no way from a row's outcome to its prediction: where outcomes are
// dealt out at random, nothing can be predicted, whatever the network learns.
func TestShuffledOutcomesCannotBePredicted(t *testing.T) {
	l := world(21, 6000)
	if auc := testAUC(t, l); auc < 0.8 {
		t.Errorf("AUC %.3f where there is much to learn, want 0.8 and more", auc)
	}
	rng := rand.New(rand.NewPCG(21, 3))
	rng.Shuffle(len(l.Rows), func(i, j int) {
		a, b := &l.Rows[i], &l.Rows[j]
		a.Is, b.Is, a.Play, b.Play = b.Is, a.Is, b.Play, a.Play
	})
	// Some 1,290 test rows: the AUC of chance is 0.5 with a deviation of 0.016.
	if auc := testAUC(t, l); math.Abs(auc-0.5) > 0.055 {
		t.Errorf("AUC %.3f of shuffled outcomes, want 0.5", auc)
	}
}

// The same seed gives the same network, whatever was trained before.
func TestFittingIsReproducible(t *testing.T) {
	l := world(22, 800)
	p := Cut(l)
	in := NewInputs(l, stream(t, l), p.Train)
	o := usualFitting(3)
	o.Epochs = 2
	var runs [2][numHeads][]float64
	for i := range runs {
		n, _, err := fit(context.Background(), in, p.Train, p.Valid, o, func(int, int) {})
		if err != nil {
			t.Fatal(err)
		}
		runs[i] = n.logits(in, p.Test)
	}
	for h := range numHeads {
		if !slices.Equal(runs[0][h], runs[1][h]) {
			t.Fatalf("head %d differs between two runs of one seed", h)
		}
	}
}

// The weights of the best epoch are put back, not those of the last.
func TestTheBestEpochIsKept(t *testing.T) {
	l := world(23, 800)
	p := Cut(l)
	in := NewInputs(l, stream(t, l), p.Train)
	o := usualFitting(1)
	o.Epochs, o.Rate, o.Batch = 8, 0.02, 32 // learns by heart
	n, best, err := fit(context.Background(), in, p.Train, p.Valid, o, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if best == o.Epochs {
		t.Fatalf("the last epoch is the best: this tests nothing")
	}
	kept := n.lossOn(in, p.Valid, o.HeadWeights)
	last, _, err := fit(context.Background(), in, p.Train, nil, o, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if worse := last.lossOn(in, p.Valid, o.HeadWeights); kept >= worse {
		t.Errorf("the kept weights lose %.4f on validation, the last ones %.4f", kept, worse)
	}
}

// A member that is finished is read, not trained again.
func TestFinishedNetworksAreKept(t *testing.T) {
	l := world(24, 600)
	p := Cut(l)
	in := NewInputs(l, stream(t, l), p.Train)
	kept, err := benchmark.NewKept(t.TempDir(), "a test")
	if err != nil {
		t.Fatal(err)
	}
	o := usualFitting(1)
	o.Epochs = 1
	first, err := member(context.Background(), in, p.Train, p.Valid, p.Test, o, "one", kept, quiet)
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	again, err := member(ended, in, p.Train, p.Valid, p.Test, o, "one", kept, quiet)
	if err != nil {
		t.Fatalf("the finished network is trained again: %v", err)
	}
	if !slices.Equal(first.Test[LongView], again.Test[LongView]) {
		t.Error("the kept logits are others")
	}
	if _, err := member(ended, in, p.Train, p.Valid, p.Test, o, "two", kept, quiet); err == nil {
		t.Error("an ended context trains a network")
	}
}

// Each way of calibration is chosen where it is right.
func TestCalibrationMendsLogits(t *testing.T) {
	rng := rand.New(rand.NewPCG(25, 1))
	for _, c := range []struct {
		name  string
		truth func(x float64) float64 // the logit as it should be
	}{
		{"Platt", func(x float64) float64 { return 0.4*x - 1 }},
		{"isotonic", func(x float64) float64 { return 4 * math.Round(x/4) }},
	} {
		var users []reel.UserID
		var logits []float64
		var labels []bool
		for i := range 40_000 {
			x := 3 * rng.NormFloat64()
			users, logits = append(users, reel.UserID(i/8)), append(logits, x)
			labels = append(labels, rng.Float64() < 1/(1+math.Exp(-c.truth(x))))
		}
		fitted, name := calibrate(users[:20_000], logits[:20_000], labels[:20_000])
		if name != c.name {
			t.Errorf("%s is chosen where %s is right", name, c.name)
		}
		actual := make([]float64, 20_000)
		for i, positive := range labels[20_000:] {
			actual[i] = float64(flag(positive))
		}
		if e := evaluate.ECE(probabilities(fitted, logits[20_000:]), actual); e > 0.015 {
			t.Errorf("%s: calibration error %.4f on other rows", c.name, e)
		}
	}
}

// The curve to seconds goes through medians: outliers do not move it.
func TestSecondsAreMedians(t *testing.T) {
	rng := rand.New(rand.NewPCG(26, 1))
	var x, seconds []float64
	for range 20_000 {
		v := rng.Float64()
		x = append(x, v)
		s := 10 * v
		if rng.IntN(10) == 0 {
			s = 1000
		}
		seconds = append(seconds, s)
	}
	curve := secondsCurve(x, seconds)
	if got := curve.At(0.5); math.Abs(got-5) > 0.3 {
		t.Errorf("%.2f seconds at 0.5, want the median, 5", got)
	}
}

// Predictions that are too low by as much for a while rise to what happens,
// and no row's depends on what comes of it or of a row of its time.
func TestProbabilitiesFollowADrift(t *testing.T) {
	rng := rand.New(rand.NewPCG(27, 1))
	const rows = 20_000
	times, p, happened := make([]int64, rows), make([]float64, rows), make([]bool, rows)
	for i := range rows {
		times[i], p[i] = int64(i/2)*10_000, 0.1+0.3*rng.Float64()
		happened[i] = rng.Float64() < 1.5*p[i]
	}
	out := follow(times, p, happened)
	if out[0] != p[0] || out[1] != p[1] {
		t.Error("the first rows are moved by nothing")
	}
	var expected, actual float64
	for i := rows / 2; i < rows; i++ {
		expected, actual = expected+out[i], actual+float64(flag(happened[i]))
	}
	if r := expected / actual; r < 0.95 || r > 1.05 {
		t.Errorf("the later probabilities come to %.3f of what happened, want about 1, not 0.67", r)
	}
	for i := 5000; i < rows; i++ {
		happened[i] = !happened[i]
	}
	if again := follow(times, p, happened); !slices.Equal(out[:5002], again[:5002]) || again[5002] == out[5002] {
		t.Error("a probability changes with what comes of its time, or not with what came before")
	}
}
