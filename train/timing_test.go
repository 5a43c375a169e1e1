package train

import (
	"testing"

	"github.com/reelrank/reelrank/model"
)

// BenchmarkStep times steps as a run takes them, the next batch being built
// meanwhile, at the default size of a step. "waiting" is the share of the time
// in which there was no batch to compute with.
func BenchmarkStep(b *testing.B) {
	for _, preset := range []string{"compact", "default"} {
		b.Run(preset, func(b *testing.B) {
			cfg, err := model.PresetConfig(preset)
			if err != nil {
				b.Fatal(err)
			}
			benchmarkSteps(b, cfg)
		})
	}
}

func benchmarkSteps(b *testing.B, sizes model.Config) {
	w := newWorld(43, 120, 2500, 12_000)
	cfg := tinyTrain()
	cfg.BatchEvents, cfg.Negatives = 800, 512
	trainer := mustTrainer(b, newModel(b, sizes, 1), w.prepare(b), cfg, w.parts())
	groups := group(trainer.ex.trainingWindows(w.parts().Train, seeded(1)), cfg.BatchEvents)
	const most = 1 << 30
	ahead := startFeed(trainer.batchers, 0, most, func(batch *batcher, i int) {
		trainer.buildStep(batch, groups[i%len(groups)], forSteps, uint64(i))
	})
	defer ahead.close()
	step := func() (rows int) {
		batch := ahead.next()
		if _, err := trainer.learn(batch, 1e-4); err != nil {
			b.Fatal(err)
		}
		return batch.batch.Rows()
	}
	for range groups { // buffers reach their size
		step()
	}
	rows := 0
	ahead.waited = 0
	b.ReportAllocs()
	for b.Loop() {
		rows += step()
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "exposures/s")
	b.ReportMetric(ahead.waited.Seconds()/b.Elapsed().Seconds(), "waiting")
}

// BenchmarkBuild times laying out a batch of the default size, on one thread.
func BenchmarkBuild(b *testing.B) {
	w := newWorld(43, 120, 2500, 12_000)
	cfg := tinyTrain()
	cfg.BatchEvents, cfg.Negatives = 800, 512
	trainer := mustTrainer(b, newModel(b, tinyModel, 1), w.prepare(b), cfg, w.parts())
	groups := group(trainer.ex.trainingWindows(w.parts().Train, seeded(1)), cfg.BatchEvents)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		trainer.buildStep(trainer.batchers[0], groups[n%len(groups)], forSteps, uint64(n))
	}
}
