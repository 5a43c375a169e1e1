package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/reel"
)

// Parts says which rows of the examples are for what, by the order of time:
// training is [0, Train), validation [Train, Validation).
type Parts struct {
	Train      int
	Validation int
}

// Trainer fits a model to examples. One goroutine uses it.
type Trainer struct {
	m     *model.Model
	ex    *Examples
	cfg   config.Train
	seed  uint64
	parts Parts

	pass     *model.Pass
	batchers []*batcher // two: one is built while the other is computed with
	adam     *nn.Adam
	state    state
	best     snapshot  // weights of the best epoch so far
	norms    []float32 // running statistics before the current step
	data     string    // hash of the examples, once a checkpoint needed it
}

// state is where a run stands. Together with the weights and the optimiser's
// moments it is all that a resumed run needs.
type state struct {
	Epoch     int           `json:"epoch"`    // epochs finished
	Step      int           `json:"step"`     // steps finished of the current epoch
	Updates   int           `json:"updates"`  // steps finished in all
	LossSum   float64       `json:"loss_sum"` // over the steps of the current epoch
	BestEpoch int           `json:"best_epoch"`
	History   []EpochResult `json:"history"`
	Done      bool          `json:"done"`
}

// EpochResult is what one pass over the data gave.
type EpochResult struct {
	Epoch      int                    `json:"epoch"`      // from 1
	TrainLoss  float64                `json:"train_loss"` // mean over the steps, nats
	Validation float64                `json:"validation"` // total loss on the validation part, nats; lower is better
	Retrieval  float64                `json:"retrieval"`  // its retrieval part
	Heads      [reel.NumHeads]float64 `json:"heads"`      // its heads' parts
}

// Progress tells how far a run is.
type Progress struct {
	Epoch, Epochs int // current epoch, from 1
	Step, Steps   int // finished steps of the epoch
	Loss          float64
	Finished      *EpochResult // set on the last report of an epoch
}

// Result is what a finished run gave. The model holds the best epoch's weights.
type Result struct {
	Epochs    []EpochResult
	BestEpoch int // from 1
	Stopped   bool
}

// ErrInterrupted: the context ended before the training did. A checkpoint was
// written if a directory is configured.
var ErrInterrupted = errors.New("training was interrupted")

// New returns a trainer that starts from the model's weights.
func New(m *model.Model, ex *Examples, cfg config.Train, seed uint64, parts Parts) (*Trainer, error) {
	if parts.Train < 1 || parts.Validation < parts.Train || parts.Validation > len(ex.Interactions) {
		return nil, fmt.Errorf("train: %d training and %d validation rows of %d: there must be at least one training row", parts.Train, parts.Validation-parts.Train, len(ex.Interactions))
	}
	if cfg.Epochs < 1 || cfg.BatchEvents < 1 {
		return nil, fmt.Errorf("train: %d epochs of %d exposures per step: want at least 1 of each", cfg.Epochs, cfg.BatchEvents)
	}
	t := &Trainer{m: m, ex: ex, cfg: cfg, seed: seed, parts: parts, pass: model.NewPass(m)}
	t.drawFrom(parts.Train)
	t.adam = nn.NewAdam(m.Params(), cfg.WeightDecay)
	t.best = takeSnapshot(m)
	return t, nil
}

// drawFrom makes the rows before end what batches are drawn from.
func (t *Trainer) drawFrom(end int) {
	b := newBatcher(t.ex, t.m, end)
	b.sampleFrom(t.ex.Interactions[end-1].Time)
	t.batchers = []*batcher{b, b.population.batcher()}
}

// rng is the randomness of one purpose and moment: it depends on nothing else.
func (t *Trainer) rng(purpose, moment uint64) *rand.Rand {
	var source rand.PCG
	t.seedFor(&source, purpose, moment)
	return rand.New(&source)
}

func (t *Trainer) seedFor(source *rand.PCG, purpose, moment uint64) {
	source.Seed(t.seed^purpose*0x9e3779b97f4a7c15, moment)
}

// The purposes of randomness.
const (
	forWindows = iota + 1
	forSteps
	forValidation
	forFinish
)

// Run trains until the epochs are done, validation stops improving, or ctx
// ends. It then puts the best epoch's weights into the model.
func (t *Trainer) Run(ctx context.Context, report func(Progress)) (Result, error) {
	if report == nil {
		report = func(Progress) {}
	}
	for !t.state.Done && t.state.Epoch < t.cfg.Epochs {
		if err := t.epoch(ctx, report); err != nil {
			return Result{Epochs: t.state.History, BestEpoch: t.state.BestEpoch}, err
		}
	}
	t.best.restore(t.m)
	return Result{Epochs: t.state.History, BestEpoch: t.state.BestEpoch, Stopped: t.state.Epoch < t.cfg.Epochs}, nil
}

// epoch walks the training windows once, from where the state stands.
func (t *Trainer) epoch(ctx context.Context, report func(Progress)) error {
	windows := t.ex.trainingWindows(t.parts.Train, t.rng(forWindows, uint64(t.state.Epoch)))
	groups := group(windows, t.cfg.BatchEvents)
	if err := t.steps(ctx, groups, report); err != nil {
		return err
	}
	return t.finishEpoch(len(groups), report)
}

// steps learns from the groups of the current epoch that are left.
func (t *Trainer) steps(ctx context.Context, groups [][]window, report func(Progress)) error {
	before := t.state.Updates - t.state.Step // the epoch
	ahead := startFeed(t.batchers, t.state.Step, len(groups), func(b *batcher, step int) {
		t.buildStep(b, groups[step], forSteps, uint64(before+step))
	})
	defer ahead.close()
	for t.state.Step < len(groups) {
		if ctx.Err() != nil {
			return t.interrupted()
		}
		loss, err := t.learn(ahead.next(), t.learningRate(len(groups)))
		if err != nil {
			return err
		}
		t.state.Step++
		t.state.Updates++
		t.state.LossSum += loss
		report(Progress{Epoch: t.state.Epoch + 1, Epochs: t.cfg.Epochs, Step: t.state.Step, Steps: len(groups), Loss: t.state.LossSum / float64(t.state.Step)})
		if t.cfg.CheckpointEvery > 0 && t.state.Updates%t.cfg.CheckpointEvery == 0 {
			if err := t.Checkpoint(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *Trainer) finishEpoch(steps int, report func(Progress)) error {
	result, err := t.validate()
	if err != nil {
		return err
	}
	result.Epoch, result.TrainLoss = t.state.Epoch+1, t.state.LossSum/float64(max(steps, 1))
	t.state.History = append(t.state.History, result)
	if t.state.BestEpoch == 0 || result.Validation < t.state.History[t.state.BestEpoch-1].Validation {
		t.state.BestEpoch = result.Epoch
		t.best = takeSnapshot(t.m)
	}
	t.state.Epoch, t.state.Step, t.state.LossSum = t.state.Epoch+1, 0, 0
	t.state.Done = t.cfg.Patience > 0 && t.state.Epoch-t.state.BestEpoch >= t.cfg.Patience
	report(Progress{Epoch: result.Epoch, Epochs: t.cfg.Epochs, Step: steps, Steps: steps, Loss: result.TrainLoss, Finished: &result})
	return t.Checkpoint()
}

// interrupted leaves a checkpoint and says so.
func (t *Trainer) interrupted() error {
	if t.cfg.CheckpointDir == "" {
		return fmt.Errorf("%w in epoch %d; no checkpoint was written, since train.checkpoint_dir is not set", ErrInterrupted, t.state.Epoch+1)
	}
	if err := t.Checkpoint(); err != nil {
		return fmt.Errorf("%w in epoch %d, and its checkpoint failed: %w", ErrInterrupted, t.state.Epoch+1, err)
	}
	return fmt.Errorf("%w in epoch %d after %d steps; the checkpoint is in %s: resume from there", ErrInterrupted, t.state.Epoch+1, t.state.Updates, t.cfg.CheckpointDir)
}

// buildStep lays out windows to learn from. The batcher's randomness is then
// that of the step: dropout goes on where the layout stopped.
func (t *Trainer) buildStep(b *batcher, windows []window, purpose, moment uint64) {
	t.seedFor(&b.source, purpose, moment)
	b.build(windows, t.cfg.Negatives, b.rng)
}

// learn moves the weights by one batch and returns its loss.
func (t *Trainer) learn(b *batcher, learningRate float64) (float64, error) {
	t.keepNorms()
	loss := t.pass.Forward(&b.batch, t.objective(b.rng))
	if layer := t.brokenLayer(loss); layer != "" {
		t.restoreNorms()
		return 0, &NonFiniteError{Step: t.state.Updates, Layer: layer}
	}
	t.pass.Backward()
	norm, broken := t.adam.GradNorm()
	if broken != nil {
		t.restoreNorms()
		for _, p := range t.adam.Params {
			p.ZeroGrad()
		}
		return 0, &NonFiniteError{Step: t.state.Updates, Layer: "gradient of " + broken.Name}
	}
	scale := 1.0
	if t.cfg.ClipNorm > 0 && norm > t.cfg.ClipNorm {
		scale = t.cfg.ClipNorm / norm
	}
	t.adam.Update(learningRate, scale)
	return loss.Total, nil
}

func (t *Trainer) objective(dropout *rand.Rand) model.Objective {
	o := model.Objective{RetrievalWeight: t.cfg.RetrievalWeight, Dropout: dropout}
	for h := range o.HeadWeights {
		o.HeadWeights[h] = 1
	}
	return o
}

// finalRate is the share of the peak learning rate that the schedule ends at.
const finalRate = 0.05

// learningRate rises linearly over the warm-up and then falls along a half
// cosine (Loshchilov & Hutter 2017) over the configured epochs.
func (t *Trainer) learningRate(steps int) float64 {
	done := (float64(t.state.Epoch) + float64(t.state.Step)/float64(steps)) / float64(t.cfg.Epochs)
	if done < t.cfg.WarmupShare {
		first := 1 / float64(steps*t.cfg.Epochs)
		return t.cfg.LearningRate * min(1, (done+first)/t.cfg.WarmupShare)
	}
	progress := (done - t.cfg.WarmupShare) / (1 - t.cfg.WarmupShare)
	return t.cfg.LearningRate * (finalRate + (1-finalRate)*(1+math.Cos(math.Pi*progress))/2)
}

// validate computes the losses on the validation part, or on the training
// part where there is none. The sampled negatives are the same every time.
func (t *Trainer) validate() (EpochResult, error) {
	lo, hi := t.parts.Train, t.parts.Validation
	if lo == hi {
		lo = 0
	}
	var r EpochResult
	var rows float64
	groups := group(t.ex.evaluationWindows(lo, hi), t.cfg.BatchEvents)
	ahead := startFeed(t.batchers, 0, len(groups), func(b *batcher, i int) {
		t.buildStep(b, groups[i], forValidation, uint64(i))
		b.identify() // nothing is hidden here
	})
	defer ahead.close()
	for _, ws := range groups {
		loss := t.pass.Forward(&ahead.next().batch, t.objective(nil))
		if layer := t.brokenLayer(loss); layer != "" {
			return r, &NonFiniteError{Step: t.state.Updates, Layer: layer + " in validation"}
		}
		n := float64(learned(ws))
		rows += n
		r.Validation += n * loss.Total
		r.Retrieval += n * loss.Retrieval
		for h := range r.Heads {
			r.Heads[h] += n * loss.Heads[h]
		}
	}
	if rows > 0 {
		r.Validation, r.Retrieval = r.Validation/rows, r.Retrieval/rows
		for h := range r.Heads {
			r.Heads[h] /= rows
		}
	}
	return r, nil
}

// learned counts the rows that windows learn from.
func learned(ws []window) int {
	n := 0
	for _, w := range ws {
		n += len(w.rows) - w.learn
	}
	return n
}

// group splits windows into batches of about the given number of exposures, at
// least one window each. People with short histories so share a batch with
// many others, and its fixed costs.
func group(ws []window, events int) [][]window {
	var gs [][]window
	lo, n := 0, 0
	for i, w := range ws {
		if n > 0 && n+len(w.rows) > events {
			gs, lo, n = append(gs, ws[lo:i]), i, 0
		}
		n += len(w.rows)
	}
	if lo < len(ws) {
		gs = append(gs, ws[lo:])
	}
	return gs
}
