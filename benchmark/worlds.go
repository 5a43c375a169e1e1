package benchmark

import (
	"context"
	"fmt"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/simulate"
)

// Worlds says on which simulated worlds something is measured.
type Worlds struct {
	World  simulate.Preset
	Config config.Config // the networks, their training, and the pipeline; its seed is not used
	Seeds  []uint64      // each of a world, and of what is drawn and trained on it
	Dir    string        // keeps what is finished
	// Progress, when not nil, is told what is being done, and how far it is.
	Progress func(what string, done, total int)
}

// EachWorld measures the seeds of o that are not finished yet, keeps each as
// soon as it is, and returns all. measure is given o with its seed in the
// configuration.
func EachWorld[Result any](ctx context.Context, o Worlds, measure func(context.Context, Worlds, simulate.Params) (*Result, error)) ([]*Result, error) {
	if o.Progress == nil {
		o.Progress = func(string, int, int) {}
	}
	params, err := o.World.Params()
	if err != nil {
		return nil, err
	}
	o.Config.Seed = 0
	kept, err := NewKept(o.Dir, struct {
		World  simulate.Params
		Config config.Config
	}{params, o.Config})
	if err != nil {
		return nil, err
	}
	var results []*Result
	for _, seed := range o.Seeds {
		r, part := new(Result), fmt.Sprintf("seed-%d", seed)
		finished, err := kept.Load(part, r)
		if err != nil {
			return nil, err
		}
		if !finished {
			o.Config.Seed = seed
			if r, err = measure(ctx, o, params); err != nil {
				return nil, fmt.Errorf("seed %d: %w", seed, err)
			}
			if err := kept.Store(part, r); err != nil {
				return nil, err
			}
		}
		results = append(results, r)
	}
	return results, nil
}

// Say reports on one thing that is done for the world of the configuration's
// seed.
func (o Worlds) Say(what string) func(done, total int) {
	return func(done, total int) { o.Progress(fmt.Sprintf("seed %d: %s", o.Config.Seed, what), done, total) }
}
