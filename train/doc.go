// Package train turns sequences of interactions into weights.
//
//	ex, err := train.Prepare(ctx, cat, counters, enc, interactions, nil)
//	t, err := train.New(m, ex, cfg, split)
//	result, err := t.Run(ctx, func(p train.Progress) { ... })
//
// Prepare replays the log once, in the order of time, and notes for every
// exposure the features as they were at that moment. The trainer then walks
// windows of each user's sequence: at step t the state after the exposures
// before t meets the reel shown at t. While it learns from one batch, the next
// is laid out.
//
// Invariants: no feature and no history of an exposure holds that exposure's
// outcome or anything later; all randomness derives from the seed and the
// step, so that a run that was stopped and resumed equals one that was not,
// bit for bit.
package train
