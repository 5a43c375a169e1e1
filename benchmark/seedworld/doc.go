// Package seedworld is the benchmark of the whole pipeline on simulated worlds:
// on each, one per seed, every baseline, the model after each of its stages, and
// the oracle, which knows everyone's taste, answer the same questions.
//
//	results, err := seedworld.Run(ctx, seedworld.Options{World: simulate.Seed, Config: cfg, Seeds: []uint64{1, 2}, Dir: dir})
//	for _, t := range seedworld.Tables(results) {
//		err = t.Print(os.Stdout)
//	}
//
// Invariant: a result depends on the world's preset, the configuration and the
// seed alone, and a seed that was finished is not measured again.
package seedworld
