package bench

import (
	"fmt"
	"math"
	"slices"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/reel"
)

// Throughput is how many units of some work are done in a second.
type Throughput struct {
	Work       string  `json:"work"`  // of the names below
	Unit       string  `json:"unit"`  // what is counted, e.g. "examples"
	Batch      int     `json:"batch"` // units at a time
	Kernels    string  `json:"kernels"`
	OneThread  Pace    `json:"one_thread"`
	AllThreads Pace    `json:"all_threads"`
	Speedup    float64 `json:"speedup"` // all threads over one
}

// Pace is a throughput on some number of threads.
type Pace struct {
	PerSecond float64 `json:"per_s"`
	Spread    float64 `json:"spread"` // how far the rounds lie apart, as a share of their median
}

// What Throughput measures: training steps, and encoding of users in batches.
const (
	RankerStep      = "ranker step"                          // all dense layers forward and backward, input gradients, their norm, Adam
	GRUStep         = "GRU, forward and backward"            // two layers
	GRUWithoutInput = "GRU, without the input's gradient"    // the same, where nothing below the GRU learns
	PresetStep      = "whole step of the default preset"     // model.Pass forward and backward, the gradients' norm, Adam
	EncodeUsers     = "encode users of 50 interactions each" // while serving
)

// workload is work of one name over batches of one size.
type workload struct {
	work, unit string
	batch      int
	// prepare returns one call of the work. It runs with the kernels selected
	// that the work will use.
	prepare func() (func(), error)
}

// workloads are those of the constants above.
func (s sizes) workloads() []workload {
	const steps = reel.HistoryLen
	return []workload{
		{RankerStep, "examples", s.examples, func() (func(), error) { return newRanker(s.examples).step, nil }},
		{GRUStep, "sequences", s.sequences, func() (func(), error) { return gruStep(s.sequences, steps, true) }},
		{GRUWithoutInput, "sequences", s.sequences, func() (func(), error) { return gruStep(s.sequences, steps, false) }},
		{PresetStep, "exposures", s.presetSequences * steps, func() (func(), error) { return presetStep(s.presetSequences, steps) }},
		{EncodeUsers, "users", s.users, func() (func(), error) { return encodeUsers(s.reels, s.users) }},
	}
}

// throughputs measures every workload with every set.
func (c contest) throughputs(sets []string, s sizes) ([]Throughput, error) {
	var rows []Throughput
	for _, w := range s.workloads() {
		found, err := c.throughput(w, sets)
		if err != nil {
			return nil, err
		}
		rows = append(rows, found...)
	}
	return rows, nil
}

func (c contest) throughput(w workload, sets []string) ([]Throughput, error) {
	threads := threadCounts()
	var sides []side
	for _, set := range sets {
		work, err := prepared(set, w.prepare)
		if err != nil {
			return nil, fmt.Errorf("bench: %s: %w", w.work, err)
		}
		for _, n := range threads {
			sides = append(sides, side{set: set, threads: n, work: work})
		}
	}
	timings, err := c.run(w.work, sides)
	if err != nil {
		return nil, err
	}
	rows := make([]Throughput, len(sets))
	for i, set := range sets {
		pace := func(t timing) Pace { return Pace{PerSecond: t.perSecond(float64(w.batch)), Spread: t.spread()} }
		rows[i] = Throughput{
			Work: w.work, Unit: w.unit, Batch: w.batch, Kernels: set,
			OneThread: pace(timings[i*len(threads)]), AllThreads: pace(timings[(i+1)*len(threads)-1]),
		}
		rows[i].Speedup = ratio(rows[i].AllThreads.PerSecond, rows[i].OneThread.PerSecond)
	}
	return rows, nil
}

// prepared calls prepare with a set of kernels selected.
func prepared(set string, prepare func() (func(), error)) (func(), error) {
	restore, err := kernel.Select(set)
	if err != nil {
		return nil, err
	}
	defer restore()
	return prepare()
}

// ranker is the documented ranker on its own, 1,536 -> 512 -> 256 -> 128 -> 4,
// as the model puts it together from layers.
type ranker struct {
	rows    int
	blocks  []rankerBlock
	heads   *nn.Linear
	adam    *nn.Adam
	x, dx   []float32 // [rows, 1536] input and its gradient
	logits  []float32 // [rows, 4], and what they are held to
	targets []float32
	dLogits []float32
	weights []float32
}

// rankerBlock is a dense layer with what a step keeps of it, all [rows, Out].
type rankerBlock struct {
	model.Block
	tape nn.BatchNormTape
	y, d []float32
}

// rankerDropout is the share of values that the presets drop.
const rankerDropout = 0.1

func newRanker(rows int) *ranker {
	rng := seeded(2)
	widths := []int{feature.ReelDim + 256 + feature.ContextDim, 512, 256, 128}
	r := &ranker{rows: rows, x: normals(rng, rows*widths[0]), dx: make([]float32, rows*widths[0])}
	var params []*nn.Param
	for i, in := range widths[:len(widths)-1] {
		out, name := widths[i+1], fmt.Sprintf("dense%d", i+1)
		b := rankerBlock{
			Block: model.Block{Linear: nn.NewLinear(name, in, out, rng), Norm: nn.NewBatchNorm(name, out)},
			y:     make([]float32, rows*out), d: make([]float32, rows*out),
		}
		params = append(append(params, b.Linear.Params()...), b.Norm.Params()...)
		r.blocks = append(r.blocks, b)
	}
	r.heads = nn.NewLinear("heads", widths[len(widths)-1], reel.NumHeads, rng)
	r.adam = nn.NewAdam(append(params, r.heads.Params()...), 0.01)
	n := rows * reel.NumHeads
	r.logits, r.dLogits = make([]float32, n), make([]float32, n)
	r.weights, r.targets = slices.Repeat([]float32{1}, n), make([]float32, n)
	for i := range r.targets {
		r.targets[i] = rng.Float32()
	}
	return r
}

func (r *ranker) step() {
	rng := seeded(uint64(r.adam.Step))
	x := r.x
	for i := range r.blocks {
		b := &r.blocks[i]
		b.Linear.Forward(b.y, x, r.rows)
		b.Norm.Forward(&b.tape, b.y, r.rows)
		nn.ReLUDropout(b.y, rankerDropout, rng)
		x = b.y
	}
	r.heads.Forward(r.logits, x, r.rows)
	nn.LogisticLoss(r.dLogits, r.logits, r.targets, r.weights, float64(len(r.logits)))
	r.heads.Backward(r.blocks[len(r.blocks)-1].d, r.dLogits, x, r.rows)
	for i := len(r.blocks) - 1; i >= 0; i-- {
		b := &r.blocks[i]
		nn.ReLUDropoutBackward(b.d, b.y, rankerDropout)
		b.Norm.Backward(&b.tape, b.d, r.rows)
		in, din := r.x, r.dx
		if i > 0 {
			in, din = r.blocks[i-1].y, r.blocks[i-1].d
		}
		b.Linear.Backward(din, b.d, in, r.rows)
	}
	norm, _ := r.adam.GradNorm()
	r.adam.Update(learningRate, 1/math.Max(norm, 1))
}

// learningRate keeps the weights of a long measurement finite.
const learningRate = 1e-4

// gruStep runs two GRU layers of 256 over sequences of equal length, there and
// back, with or without the gradient of the first layer's input.
func gruStep(sequences, steps int, inputGradient bool) (func(), error) {
	const width = 256
	rng := seeded(3)
	seq, err := nn.Pack(slices.Repeat([]int{steps}, sequences))
	if err != nil {
		return nil, err
	}
	n := seq.Rows() * width
	layers := []*nn.GRU{nn.NewGRU("gru1", width, width, rng), nn.NewGRU("gru2", width, width, rng)}
	x, up, between := normals(rng, n), normals(rng, n), make([]float32, n)
	var dx []float32
	if inputGradient {
		dx = make([]float32, n)
	}
	tapes := make([]nn.GRUTape, 2)
	return func() {
		for _, l := range layers {
			for _, p := range l.Params() {
				p.ZeroGrad()
			}
		}
		layers[0].Forward(&tapes[0], x, seq)
		layers[1].Forward(&tapes[1], tapes[0].H, seq)
		layers[1].Backward(&tapes[1], between, up, tapes[0].H, seq)
		layers[0].Backward(&tapes[0], dx, between, x, seq)
	}, nil
}

// presetNegatives are the reels sampled beside those of the batch, as the
// configuration has them by default.
const presetNegatives = 512

// presetStep is a training step of the default preset: everything but laying
// out the batch.
func presetStep(sequences, steps int) (func(), error) {
	m, err := model.New(model.Presets["default"], 1)
	if err != nil {
		return nil, err
	}
	batch, err := presetBatch(m, sequences, steps)
	if err != nil {
		return nil, err
	}
	pass, adam := model.NewPass(m), nn.NewAdam(m.Params(), 0.01)
	objective := model.Objective{RetrievalWeight: 1, HeadWeights: [reel.NumHeads]float64{1, 1, 1, 1}}
	return func() {
		objective.Dropout = seeded(uint64(adam.Step))
		pass.Forward(batch, objective)
		pass.Backward()
		norm, _ := adam.GradNorm()
		adam.Update(learningRate, 1/math.Max(norm, 1))
	}, nil
}

// presetBatch draws sequences in which every exposure is of another reel.
func presetBatch(m *model.Model, sequences, steps int) (*model.Batch, error) {
	rng := seeded(4)
	seq, err := nn.Pack(slices.Repeat([]int{steps}, sequences))
	if err != nil {
		return nil, err
	}
	rows := seq.Rows()
	reels := rows + presetNegatives
	b := &model.Batch{
		Seq: seq, Content: normals(rng, reels*feature.ReelDim), LogQ: make([]float32, reels), Upload: make([]int64, reels),
		Event: normals(rng, rows*feature.EventDim), Context: normals(rng, rows*feature.ContextDim), Now: make([]int64, rows),
		Recall: slices.Repeat([]float32{1}, rows),
	}
	for i := range reels {
		clear(b.Content[i*feature.ReelDim+feature.EventAt : (i+1)*feature.ReelDim])
		who := m.Identify(reel.ReelID(i), reel.CreatorID(i/4))
		b.IDs, b.Makers = append(b.IDs, who.Reel), append(b.Makers, who.Creator)
	}
	for i := range rows {
		b.Reel = append(b.Reel, int32(i))
		b.Enjoyed = append(b.Enjoyed, float32(rng.IntN(2)))
	}
	for h := range b.Targets {
		b.Weights[h] = slices.Repeat([]float32{1}, rows)
		for range rows {
			b.Targets[h] = append(b.Targets[h], rng.Float32())
		}
	}
	return b, nil
}
