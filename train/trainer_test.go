package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/reel"
)

// In a world where taste decides, a few epochs lower the loss and tell what
// will be enjoyed in a part of the log that training never saw.
func TestTrainingLearnsWhatDecides(t *testing.T) {
	w := newWorld(31, 9, 24, 900)
	cfg := tinyTrain()
	cfg.Epochs, cfg.LearningRate = 24, 0.02
	trainer := newTrainer(t, w, cfg)
	trainer.m.InitHeadBias(trainer.ex.BaseRates(w.parts().Train))
	r := mustRun(t, trainer, nil)
	first, best := r.Epochs[0], r.Epochs[r.BestEpoch-1]
	if !(r.Epochs[len(r.Epochs)-1].TrainLoss < first.TrainLoss-0.1) || !(best.Validation < first.Validation-0.1) {
		t.Errorf("the loss fell from %.3f to %.3f in training and %.3f in validation", first.TrainLoss, r.Epochs[len(r.Epochs)-1].TrainLoss, best.Validation)
	}
	lo := w.parts().Validation
	predictions, err := Predict(context.Background(), trainer.m, trainer.ex, lo, len(w.log))
	if err != nil {
		t.Fatal(err)
	}
	var scores []float64
	var enjoyed []bool
	for i, p := range predictions {
		scores, enjoyed = append(scores, float64(p[reel.HeadWatch])), append(enjoyed, w.log[lo+i].Watch >= reel.PositiveWatch)
	}
	if auc := evaluate.AUC(scores, enjoyed); !(auc > 0.8) {
		t.Errorf("the AUC of the watch head on the held-out part is %.3f, want more than 0.8", auc)
	}
}

func TestRateWarmsUpAndFallsAlongACosine(t *testing.T) {
	trainer := &Trainer{}
	trainer.cfg = tinyTrain()
	trainer.cfg.Epochs, trainer.cfg.LearningRate, trainer.cfg.WarmupShare = 4, 0.01, 0.2
	const steps = 25 // 100 in all, of which 20 warm up
	at := func(update int) float64 {
		trainer.state.Epoch, trainer.state.Step = update/steps, update%steps
		return trainer.learningRate(steps)
	}
	for _, c := range []struct {
		update int
		want   float64
	}{
		{0, 0.01 / 20}, {9, 0.01 * 10 / 20}, {19, 0.01}, {20, 0.01}, // the peak, and the cosine's start
		{60, 0.01 * (finalRate + (1-finalRate)/2)}, // half-way down
		{100, 0.01 * finalRate},
	} {
		if got := at(c.update); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("the rate of update %d is %.6g, want %.6g", c.update, got, c.want)
		}
	}
	for u := 1; u <= 100; u++ {
		if rising := at(u) > at(u-1); rising != (u < 20) && at(u) != at(u-1) {
			t.Errorf("the rate goes from %g to %g at update %d", at(u-1), at(u), u)
		}
	}
}

func TestTheRateStaysWithinItsPeak(t *testing.T) {
	for _, share := range []float64{0, 0.01, 0.15, 0.5, 1} {
		for _, steps := range []int{1, 3, 10} {
			trainer := &Trainer{}
			trainer.cfg = tinyTrain()
			trainer.cfg.WarmupShare = share
			for u := range steps * trainer.cfg.Epochs {
				trainer.state.Epoch, trainer.state.Step = u/steps, u%steps
				if rate := trainer.learningRate(steps); !(rate > 0 && rate <= trainer.cfg.LearningRate) {
					t.Errorf("warm-up %g, %d steps: the rate of update %d is %g, want within 0..%g", share, steps, u, rate, trainer.cfg.LearningRate)
				}
			}
		}
	}
}

// Labels without sense cannot be learned for long: what helps the training
// part harms the validation.
func TestTrainingStopsWhenValidationNoLongerImproves(t *testing.T) {
	w := newWorld(32, 6, 24, 300)
	rng := seeded(1)
	for i := range w.log {
		w.log[i].Watch, w.log[i].Signals = reel.WatchTime(rng.IntN(2)), reel.Signals(rng.IntN(16))&^reel.Watched
	}
	cfg := tinyTrain()
	cfg.Epochs, cfg.Patience, cfg.LearningRate = 60, 3, 0.03
	trainer := newTrainer(t, w, cfg)
	after := map[int][]float32{} // the weights after each epoch
	r := mustRun(t, trainer, func(p Progress) {
		if p.Finished != nil {
			after[p.Epoch] = weights(trainer.m)
		}
	})
	if !r.Stopped || len(r.Epochs) != r.BestEpoch+cfg.Patience {
		t.Fatalf("%d epochs were trained, the best was %d, stopped %v; want %d more than the best", len(r.Epochs), r.BestEpoch, r.Stopped, cfg.Patience)
	}
	for _, e := range r.Epochs {
		if best := r.Epochs[r.BestEpoch-1]; e.Validation < best.Validation || e.Validation == best.Validation && e.Epoch < best.Epoch {
			t.Errorf("epoch %d validates at %g, better than the best one, %d at %g", e.Epoch, e.Validation, best.Epoch, best.Validation)
		}
	}
	if !sameBits(weights(trainer.m), after[r.BestEpoch]) {
		t.Error("the model does not hold the weights of the best epoch")
	}
	if sameBits(weights(trainer.m), after[len(r.Epochs)]) {
		t.Error("the model holds the weights of the last epoch")
	}
}

func TestWithoutPatienceAllEpochsAreTrained(t *testing.T) {
	w := newWorld(33, 6, 24, 200)
	cfg := tinyTrain()
	cfg.Epochs, cfg.Patience, cfg.LearningRate = 6, 0, 0.1
	if r := mustRun(t, newTrainer(t, w, cfg), nil); r.Stopped || len(r.Epochs) != 6 {
		t.Errorf("%d epochs, stopped %v; want 6 and no", len(r.Epochs), r.Stopped)
	}
}

// Where no part is kept for validation the training part chooses.
func TestAValidationPartIsOptional(t *testing.T) {
	w := newWorld(34, 6, 24, 200)
	trainer := mustTrainer(t, newModel(t, tinyModel, 1), w.prepare(t), tinyTrain(), Parts{Train: 150, Validation: 150})
	for _, e := range mustRun(t, trainer, nil).Epochs {
		if !(e.Validation > 0) {
			t.Errorf("epoch %d validates at %g", e.Epoch, e.Validation)
		}
	}
}

func TestImpossibleRunsAreRefused(t *testing.T) {
	w := newWorld(35, 3, 10, 40)
	ex, m := w.prepare(t), newModel(t, tinyModel, 1)
	for _, p := range []Parts{{0, 0}, {0, 10}, {20, 10}, {20, 41}, {-1, 5}} {
		if _, err := New(m, ex, tinyTrain(), 1, p); err == nil {
			t.Errorf("the parts %+v of 40 rows are taken", p)
		}
	}
	for _, cfg := range []func() (epochs, events int){func() (int, int) { return 0, 4 }, func() (int, int) { return 3, 0 }} {
		c := tinyTrain()
		c.Epochs, c.BatchEvents = cfg()
		if _, err := New(m, ex, c, 1, w.parts()); err == nil {
			t.Errorf("%d epochs of %d exposures a step are taken", c.Epochs, c.BatchEvents)
		}
	}
}

// wide is large enough that products and layers are split over threads.
var wide = model.Config{Preset: "wide", Tower: 16, IDBuckets: 32, IDDropout: 0.3, Creators: 16, Hidden: 24, Layers: 2, Dense: []int{160, 16}, Dropout: 0.1, Temperature: 0.2}

func TestResultsDoNotDependOnThreads(t *testing.T) {
	w := newWorld(36, 12, 80, 500)
	ex := w.prepare(t)
	t.Cleanup(func() { kernel.SetThreads(0) })
	run := func(threads int) standing {
		kernel.SetThreads(threads)
		cfg := tinyTrain()
		cfg.Epochs, cfg.BatchEvents, cfg.Negatives = 1, 72, 40
		trainer := mustTrainer(t, newModel(t, wide, 1), ex, cfg, w.parts())
		mustRun(t, trainer, nil)
		return trainer.standing()
	}
	one := run(1)
	for _, threads := range []int{2, 5} {
		checkSameStanding(t, "threads", run(threads), one)
	}
}

func TestProgressCountsEveryStep(t *testing.T) {
	w := newWorld(37, 6, 24, 200)
	cfg := tinyTrain()
	var reports []Progress
	r := mustRun(t, newTrainer(t, w, cfg), func(p Progress) { reports = append(reports, p) })
	epoch, step := 1, 0
	for _, p := range reports {
		if p.Finished != nil {
			if p.Epoch != epoch || *p.Finished != r.Epochs[epoch-1] || p.Step != p.Steps {
				t.Errorf("epoch %d is told as finished by %+v", epoch, p)
			}
			epoch, step = epoch+1, 0
			continue
		}
		step++
		if p.Epoch != epoch || p.Step != step || p.Step > p.Steps || p.Epochs != cfg.Epochs || !(p.Loss > 0) {
			t.Errorf("step %d of epoch %d is told as %+v", step, epoch, p)
		}
	}
	if epoch != cfg.Epochs+1 {
		t.Errorf("%d epochs were told as finished, want %d", epoch-1, cfg.Epochs)
	}
}

func TestSameSeedSameWeights(t *testing.T) {
	w := newWorld(38, 6, 24, 200)
	ex := w.prepare(t)
	run := func(seed uint64) []float32 {
		trainer, err := New(newModel(t, tinyModel, 1), ex, tinyTrain(), seed, w.parts())
		if err != nil {
			t.Fatal(err)
		}
		mustRun(t, trainer, nil)
		return weights(trainer.m)
	}
	if !sameBits(run(5), run(5)) {
		t.Error("two runs of the same seed differ")
	}
	if sameBits(run(5), run(6)) {
		t.Error("the seed changes nothing")
	}
}

// One short sequence is the same window in every epoch, but the negatives and
// what is hidden are drawn anew.
func TestEveryStepDrawsAnew(t *testing.T) {
	w := newWorld(38, 1, 24, 30)
	trainer := newTrainer(t, w, tinyTrain())
	seen := map[string]int{}
	mustRun(t, trainer, func(p Progress) {
		if p.Finished == nil {
			b := trainer.batchers[0] // there is one step per epoch
			seen[fmt.Sprint(b.columns, b.batch.IDs)]++
		}
	})
	if len(seen) != trainer.cfg.Epochs {
		t.Errorf("%d steps of one window drew %d different batches", trainer.cfg.Epochs, len(seen))
	}
}

// nan is what the tests of this file poison with.
var nan = float32(math.NaN())

func TestANonFiniteStepStopsWithItsStepAndLayer(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(t *Trainer)
		layer string
	}{
		{"weight of the GRU", func(t *Trainer) { t.m.Users.Params()[0].Value[2] = nan }, "gru1"},
		{"weight of the tower", func(t *Trainer) { t.m.Tower.W.Value[7] = nan }, "tower"},
		{"weight of a head", func(t *Trainer) { t.m.Heads.W.Value[1] = float32(math.Inf(1)) }, "heads"},
		{"age table", func(t *Trainer) { t.m.Age.Value[0], t.m.Age.Value[14] = nan, nan }, "retrieval"},
		{"gradient", func(t *Trainer) { t.m.Query.B.Grad[0] = nan }, "gradient of query.bias"},
	} {
		w, cfg := newWorld(39, 6, 24, 300), tinyTrain()
		cfg.BatchEvents = 1
		trainer := newTrainer(t, w, cfg)
		var before []float32
		_, err := trainer.Run(context.Background(), func(p Progress) {
			if p.Epoch == 1 && p.Step == 3 {
				c.spoil(trainer)
				before = weights(trainer.m)
			}
		})
		var broken *NonFiniteError
		if !errors.As(err, &broken) {
			t.Errorf("%s: the error is %v", c.name, err)
			continue
		}
		if broken.Step != 3 || broken.Layer != c.layer || !strings.Contains(err.Error(), "step 4: "+c.layer) {
			t.Errorf("%s: it broke at %+v, want after 3 updates at %q", c.name, *broken, c.layer)
		}
		if !sameBits(weights(trainer.m), before) {
			t.Errorf("%s: the failed step moved the weights or the running statistics", c.name)
		}
		if c.layer == "gradient of query.bias" { // was in the gradient alone, and is gone
			if _, err := trainer.Run(context.Background(), nil); err != nil {
				t.Errorf("%s: after the failed step: %v", c.name, err)
			}
		}
	}
}

// What is broken in the data stops the first step that reads it, and no step
// before: those leave the weights that they leave over sound data.
func TestBrokenDataStopsTheFirstStepThatReadsIt(t *testing.T) {
	const row = 150
	for _, c := range []struct {
		name  string
		spoil func(ex *Examples)
		layer string
	}{
		{"a context", func(ex *Examples) { ex.Context[(row+1)*feature.ContextDim-1] = nan }, "input features"},
		{"a reel's features", func(ex *Examples) { ex.Content(ex.Reel[row])[3] = nan }, "input features"},
		{"a watch time", func(ex *Examples) { ex.Interactions[row].Watch = reel.WatchTime(math.NaN()) }, "targets"},
	} {
		w, cfg := newWorld(39, 6, 200, 300), tinyTrain()
		cfg.BatchEvents, cfg.Negatives = 1, 1                    // of one window each, and so of few reels
		after := [][]float32{weights(newModel(t, tinyModel, 1))} // so many steps
		sound := newTrainer(t, w, cfg)
		mustRun(t, sound, func(p Progress) {
			if p.Finished == nil {
				after = append(after, weights(sound.m))
			}
		})

		broken := newTrainer(t, w, cfg)
		c.spoil(broken.ex)
		_, err := broken.Run(context.Background(), nil)
		var stop *NonFiniteError
		if !errors.As(err, &stop) || stop.Layer != c.layer || stop.Step == 0 {
			t.Errorf("%s: the error is %v, want one of %s after some steps", c.name, err, c.layer)
			continue
		}
		if !sameBits(weights(broken.m), after[stop.Step]) {
			t.Errorf("%s: the weights after %d steps are not those of a sound run", c.name, stop.Step)
		}
	}
}

func poison(x []float32) {
	for i := range x {
		x[i] = nan
	}
}

// A validation part that cannot be computed would otherwise win as the best
// epoch: nothing is less than NaN.
func TestANonFiniteValidationStops(t *testing.T) {
	w := newWorld(40, 6, 24, 300)
	trainer := newTrainer(t, w, tinyTrain())
	n := len(trainer.ex.Context) / len(w.log)
	poison(trainer.ex.Context[w.parts().Train*n:])
	_, err := trainer.Run(context.Background(), nil)
	var broken *NonFiniteError
	if !errors.As(err, &broken) || broken.Layer != "input features in validation" {
		t.Errorf("the error is %v", err)
	}
}

// stepOn learns from windows as the next step of an epoch of so many would.
func (t *Trainer) stepOn(ws []window, steps int) (float64, error) {
	t.buildStep(t.batchers[0], ws, forSteps, uint64(t.state.Updates))
	return t.learn(t.batchers[0], t.learningRate(steps))
}

func TestGradientsAreClipped(t *testing.T) {
	w := newWorld(41, 6, 24, 200)
	moved := func(clip float64) float64 {
		cfg := tinyTrain()
		cfg.ClipNorm, cfg.WeightDecay = clip, 0
		trainer := newTrainer(t, w, cfg)
		ws := trainer.ex.trainingWindows(w.parts().Train, seeded(1))
		if _, err := trainer.stepOn(ws[:4], 5); err != nil {
			t.Fatal(err)
		}
		var squares float64
		for _, m := range trainer.adam.M { // after one step a tenth of the gradient
			squares += kernel.SumSquares(m) * 100
		}
		return math.Sqrt(squares)
	}
	free := moved(0)
	if got := moved(free / 3); math.Abs(got-free/3) > 1e-3*free {
		t.Errorf("a gradient of norm %g clipped to %g has norm %g", free, free/3, got)
	}
	if got := moved(free * 3); math.Abs(got-free) > 1e-3*free {
		t.Errorf("a gradient of norm %g has norm %g under a limit of %g", free, got, free*3)
	}
}

// A step reuses the buffers of the steps before, whatever the number of
// threads; laying out its batch is part of it.
func TestStepsAllocateNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes pools forget")
	}
	t.Cleanup(func() { kernel.SetThreads(0) })
	w := newWorld(42, 12, 40, 600)
	trainer := mustTrainer(t, newModel(t, wide, 1), w.prepare(t), tinyTrain(), w.parts())
	groups := slices.Collect(slices.Chunk(trainer.ex.trainingWindows(w.parts().Train, seeded(1)), 6))
	for _, threads := range []int{1, 2} {
		kernel.SetThreads(threads)
		epoch := func() {
			for _, g := range groups {
				if _, err := trainer.stepOn(g, len(groups)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := allocations(epoch); got != 0 {
			t.Errorf("with %d threads %d steps allocate %g times, want never", threads, len(groups), got)
		}
	}
}

// allocations is how often run allocates, the least of some tries: until every
// buffer in the kernels' pools has met its largest product, and as many are
// there as ever work at once, a pool may still grow.
func allocations(run func()) float64 {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection empties the pools
	least := math.Inf(1)
	for try := 0; try < 10 && least > 0; try++ {
		least = min(least, testing.AllocsPerRun(5, run))
	}
	return least
}
