package train

import (
	"context"
	"fmt"
)

// Finish makes one pass over the validation part, which until now has only
// chosen the epoch, at train.finish_rate of the peak learning rate: the newest
// exposures are the ones that the next requests resemble most. It is called
// after Run, and after everything else that the validation part is to choose;
// no loss on that part means anything afterwards. With a rate of 0, or without
// a validation part, it does nothing.
func (t *Trainer) Finish(ctx context.Context) error {
	if t.cfg.FinishRate == 0 || t.parts.Validation == t.parts.Train {
		return nil
	}
	t.batcher = newBatcher(t.ex, t.m, t.parts.Validation)
	t.batcher.sampleFrom(t.ex.Interactions[t.parts.Validation-1].Time)
	rng := t.rng(forFinish, 0)
	windows := t.ex.newestWindows(t.parts.Train, t.parts.Validation, trainingBurnIn)
	rng.Shuffle(len(windows), func(i, j int) { windows[i], windows[j] = windows[j], windows[i] })
	for i, ws := range group(windows, t.cfg.BatchEvents) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%w in its last pass, over the validation part: %w", ErrInterrupted, err)
		}
		if _, err := t.learn(ws, t.cfg.FinishRate*t.cfg.LearningRate, t.rng(forFinish, uint64(1+i))); err != nil {
			return err
		}
	}
	return nil
}
