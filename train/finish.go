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
	t.drawFrom(t.parts.Validation)
	rng := t.rng(forFinish, 0)
	windows := t.ex.newestWindows(t.parts.Train, t.parts.Validation, trainingBurnIn)
	rng.Shuffle(len(windows), func(i, j int) { windows[i], windows[j] = windows[j], windows[i] })
	groups := group(windows, t.cfg.BatchEvents)
	ahead := startFeed(t.batchers, 0, len(groups), func(b *batcher, i int) {
		t.buildStep(b, groups[i], forFinish, uint64(1+i))
	})
	defer ahead.close()
	for range groups {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%w in its last pass, over the validation part: %w", ErrInterrupted, err)
		}
		if _, err := t.learn(ahead.next(), t.cfg.FinishRate*t.cfg.LearningRate); err != nil {
			return err
		}
	}
	return nil
}
