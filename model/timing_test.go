package model

import (
	"slices"
	"testing"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/reel"
)

// BenchmarkRankerStep times the ranker's part of a training step of the seed
// preset, 1,536 -> 512 -> 256 -> 128 -> 4: joining its input, all layers
// forward and backward down to the input's gradient, and Adam.
func BenchmarkRankerStep(b *testing.B) {
	const rows, reels = 512, 400
	m := mustNew(b, Presets["seed"], 1)
	p, rng := NewPass(m), seeded(2)
	p.batch = rankedRows(b, rows, reels)
	p.obj = training(3)
	p.user.state, p.dUser = normals(rng, rows*m.Config.Hidden), make([]float32, rows*m.Config.Hidden)
	adam := nn.NewAdam(m.rankerParams(), 0.01)
	step := func() {
		p.forwardRank()
		p.backwardRank()
		norm, _ := adam.GradNorm()
		adam.Update(1e-4, 1/max(norm, 1))
	}
	step()
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "examples/s")
}

// rankerParams are the parameters of the dense layers and the heads.
func (m *Model) rankerParams() []*nn.Param {
	var ps []*nn.Param
	for _, b := range m.Dense {
		ps = append(append(ps, b.Linear.Params()...), b.Norm.Params()...)
	}
	return append(ps, m.Heads.Params()...)
}

// rankedRows is a batch of single exposures, as far as the ranker reads it.
func rankedRows(b *testing.B, rows, reels int) *Batch {
	rng := seeded(1)
	seq, err := nn.Pack(slices.Repeat([]int{1}, rows))
	if err != nil {
		b.Fatal(err)
	}
	batch := &Batch{Seq: seq, Content: normals(rng, reels*feature.ReelDim), Context: normals(rng, rows*feature.ContextDim)}
	for range rows {
		batch.Reel = append(batch.Reel, int32(rng.IntN(reels)))
	}
	for h := range reel.NumHeads {
		batch.Weights[h] = slices.Repeat([]float32{1}, rows)
		for range rows {
			batch.Targets[h] = append(batch.Targets[h], rng.Float32())
		}
	}
	return batch
}
