package nn_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
)

// What doc.go promises of every layer alike. An exercise is a layer with
// inputs and buffers, whose run goes forward and backward once.
type exercise struct {
	name   string
	params []*nn.Param
	run    func() (results [][]float32) // outputs and input gradients
}

// exercises are large enough for work to be split among threads.
func exercises(t testing.TB) []exercise {
	lengths := slices.Concat(slices.Repeat([]int{4}, 40), slices.Repeat([]int{2}, 30), slices.Repeat([]int{1}, 9))
	seq := mustPack(t, lengths)
	const in, width = 24, 200
	return []exercise{
		exerciseLinear(seq.Rows(), in, width), exerciseGRU(seq, in, width), exerciseAttention(seq, width),
		exerciseBatchNorm(seq.Rows(), width), exerciseSoftmaxLoss(300, 200), exerciseEmbedding(seq.Rows(), in),
		exerciseTransformer(seq, width),
	}
}

func exerciseLinear(rows, in, out int) exercise {
	rng := seeded(1)
	l := nn.NewLinear("dense", in, out, rng)
	x, up, y, dx := normals(rng, rows*in), normals(rng, rows*out), unset(rows*out), unset(rows*in)
	return exercise{"linear", l.Params(), func() [][]float32 {
		l.Forward(y, x, rows)
		l.Backward(dx, up, x, rows)
		return [][]float32{y, dx}
	}}
}

func exerciseGRU(seq nn.Packed, in, hidden int) exercise {
	rng, rows := seeded(2), seq.Rows()
	g := nn.NewGRU("gru", in, hidden, rng)
	x, up, dx := normals(rng, rows*in), normals(rng, rows*hidden), unset(rows*in)
	var tape nn.GRUTape
	return exercise{"gru", g.Params(), func() [][]float32 {
		g.Forward(&tape, x, seq)
		g.Backward(&tape, dx, up, x, seq)
		return [][]float32{tape.H, dx}
	}}
}

func exerciseAttention(seq nn.Packed, width int) exercise {
	rng, size := seeded(3), seq.Rows()*width
	l := nn.NewAttention("attention", width, rng)
	h, up, dh := normals(rng, size), normals(rng, size), unset(size)
	var tape nn.AttentionTape
	return exercise{"attention", l.Params(), func() [][]float32 {
		l.Forward(&tape, h, seq)
		l.Backward(&tape, dh, up, h, seq)
		return [][]float32{tape.Pooled, dh}
	}}
}

func exerciseTransformer(seq nn.Packed, width int) exercise {
	rng, size := seeded(7), seq.Rows()*width
	l := nn.NewTransformer("block", 2, width, 4, 2*width, 3, rng)
	x, up, dx := normals(rng, size), normals(rng, size), unset(size)
	var tape nn.TransformerTape
	source := rand.NewPCG(0, 0)
	drops := rand.New(source)
	return exercise{"transformer", l.Params(), func() [][]float32 {
		source.Seed(1, 2)
		l.Forward(&tape, x, seq, 0.2, drops)
		l.Backward(&tape, dx, up, x, seq)
		return [][]float32{tape.Y, dx}
	}}
}

func exerciseBatchNorm(rows, width int) exercise {
	rng := seeded(4)
	bn := nn.NewBatchNorm("norm", width)
	x, up := normals(rng, rows*width), normals(rng, rows*width)
	y, d := unset(len(x)), unset(len(x))
	var tape nn.BatchNormTape
	return exercise{"batch norm", bn.Params(), func() [][]float32 {
		copy(y, x)
		copy(d, up)
		bn.Forward(&tape, y, rows)
		bn.Backward(&tape, d, rows)
		return [][]float32{y, d}
	}}
}

func exerciseSoftmaxLoss(rows, cols int) exercise {
	rng := seeded(5)
	x, y := normals(rng, rows*cols), unset(rows*cols)
	target, weight := make([]int32, rows), make([]float32, rows)
	for r := range target {
		target[r], weight[r] = int32(rng.IntN(cols)), rng.Float32()
	}
	loss := unset(1)
	return exercise{"softmax loss", nil, func() [][]float32 {
		copy(y, x)
		loss[0] = float32(nn.SoftmaxLoss(y, target, weight, rows, cols))
		return [][]float32{y, loss}
	}}
}

func exerciseEmbedding(rows, width int) exercise {
	const buckets = 50
	rng := seeded(6)
	e := nn.NewEmbedding("ids", buckets, width)
	randomize(rng, e.Table)
	picks, up, y := make([]int32, rows), normals(rng, rows*width), unset(rows*width)
	for i := range picks {
		picks[i] = int32(rng.IntN(buckets+1)) - 1
	}
	return exercise{"embedding", e.Params(), func() [][]float32 {
		clear(y)
		e.Add(y, picks)
		e.AddBackward(up, picks)
		return [][]float32{y}
	}}
}

// fresh runs an exercise with cleared gradients and returns copies of its
// results and of the parameters' gradients.
func (e exercise) fresh() [][]float32 {
	for _, p := range e.params {
		p.ZeroGrad()
	}
	var all [][]float32
	for _, r := range e.run() {
		all = append(all, slices.Clone(r))
	}
	for _, p := range e.params {
		all = append(all, slices.Clone(p.Grad))
	}
	return all
}

func TestResultsDoNotDependOnTheNumberOfThreads(t *testing.T) {
	t.Cleanup(func() { kernel.SetThreads(0) })
	for _, e := range exercises(t) {
		kernel.SetThreads(1)
		want := e.fresh()
		for _, threads := range []int{2, 5} {
			kernel.SetThreads(threads)
			for i, got := range e.fresh() {
				checkSame(t, fmt.Sprintf("%s with %d threads: result %d", e.name, threads, i), got, want[i])
			}
		}
	}
}

func TestAdamDoesNotDependOnTheNumberOfThreads(t *testing.T) {
	t.Cleanup(func() { kernel.SetThreads(0) })
	const n = 150_001
	update := func(threads int) []float32 {
		kernel.SetThreads(threads)
		p := nn.NewParam("p", n, 1)
		adam := nn.NewAdam([]*nn.Param{p}, 0.01)
		for range 2 {
			copy(p.Grad, normals(seeded(1), n))
			adam.Update(0.01, 0.5)
		}
		return p.Value
	}
	want := update(1)
	for _, threads := range []int{2, 5} {
		checkSame(t, fmt.Sprintf("value with %d threads", threads), update(threads), want)
	}
}

func TestBackwardAddsToParametersAndOverwritesTheRest(t *testing.T) {
	for _, e := range exercises(t) {
		once := e.fresh()
		results := e.run() // without clearing the gradients
		for i, r := range results {
			checkSame(t, fmt.Sprintf("%s: result %d of the second run", e.name, i), r, once[i])
		}
		for i, p := range e.params {
			want := widen(once[len(results)+i])
			for j := range want {
				want[j] *= 2
			}
			checkClose(t, p.Name+" after two runs", p.Grad, want)
		}
	}
}

// A training step reuses its buffers, whatever the number of threads.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes the kernels' pools forget at random")
	}
	t.Cleanup(func() { kernel.SetThreads(0) })
	for _, threads := range []int{1, 2} {
		kernel.SetThreads(threads)
		for _, e := range exercises(t) {
			var results [][]float32 // the list is the exercise's own
			if got := allocations(func() { results = e.run() }); got > 1 {
				t.Errorf("%s with %d threads: %g allocations per run of %d results, want 1 for their list", e.name, threads, got, len(results))
			}
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

func TestAdamAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes the kernels' pools forget at random")
	}
	e := nn.NewEmbedding("ids", 300, 8)
	adam := nn.NewAdam(append(nn.NewLinear("dense", 90, 400, seeded(1)).Params(), e.Params()...), 0.01)
	rows, up := []int32{7, 299, 7}, normals(seeded(2), 3*8)
	step := func() {
		e.AddBackward(up, rows)
		adam.GradNorm()
		adam.Update(0.01, 0.5)
	}
	if got := allocations(step); got != 0 {
		t.Errorf("%g allocations per update, want none", got)
	}
}
