package nn_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/nn"
)

// benchmark times forward plus backward of an exercise that costs the given
// number of floating point operations.
func benchmark(b *testing.B, e exercise, flops int) {
	e.run()
	b.ReportAllocs()
	for b.Loop() {
		e.run()
	}
	b.ReportMetric(float64(flops)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

const steps = 50

func BenchmarkGRU(b *testing.B) {
	for _, hidden := range []int{64, 256} {
		for _, sequences := range []int{32, 64} {
			b.Run(fmt.Sprintf("hidden=%d/sequences=%d", hidden, sequences), func(b *testing.B) {
				seq := mustPack(b, slices.Repeat([]int{steps}, sequences))
				// Each of x WXᵀ and h WHᵀ is a product forward and two backward.
				benchmark(b, exerciseGRU(seq, hidden, hidden), 3*2*seq.Rows()*3*hidden*(hidden+hidden))
			})
		}
	}
}

// The user encoder's training: two layers, forward and backward, down to the
// gradient of the first one's input.
func BenchmarkGRUTraining2x256(b *testing.B) {
	const sequences, hidden = 128, 256
	seq := mustPack(b, slices.Repeat([]int{steps}, sequences))
	rng, size := seeded(1), seq.Rows()*hidden
	first, second := nn.NewGRU("gru1", hidden, hidden, rng), nn.NewGRU("gru2", hidden, hidden, rng)
	var tape1, tape2 nn.GRUTape
	x, up, between, dx := normals(rng, size), normals(rng, size), unset(size), unset(size)
	step := func() {
		first.Forward(&tape1, x, seq)
		second.Forward(&tape2, tape1.H, seq)
		second.Backward(&tape2, between, up, tape1.H, seq)
		first.Backward(&tape1, dx, between, x, seq)
	}
	step()
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
	perSecond := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(sequences*perSecond, "sequences/s")
	b.ReportMetric(2*3*2*float64(seq.Rows())*3*hidden*(hidden+hidden)*perSecond/1e9, "GFLOP/s")
}

func BenchmarkAttention(b *testing.B) {
	for _, width := range []int{64, 256} {
		b.Run(fmt.Sprintf("width=%d/sequences=64", width), func(b *testing.B) {
			seq := mustPack(b, slices.Repeat([]int{steps}, 64))
			// Score 2 and mean 3; sum 1, two dots 4, gradients 4, weight 2.
			benchmark(b, exerciseAttention(seq, width), 16*seq.Rows()*width)
		})
	}
}

func BenchmarkBatchNorm(b *testing.B) {
	for _, rows := range []int{256, 2048} {
		b.Run(fmt.Sprintf("rows=%d/width=512", rows), func(b *testing.B) {
			// Moments 4, output 4; sums 3, gradient 5.
			benchmark(b, exerciseBatchNorm(rows, 512), 16*rows*512)
		})
	}
}

func BenchmarkSoftmaxLoss(b *testing.B) {
	const rows, cols = 1024, 2048
	// Maximum 1, shift 1, exponential counted as 1, sum 1, scale 1.
	benchmark(b, exerciseSoftmaxLoss(rows, cols), 5*rows*cols)
}

func BenchmarkReLUAndDropout(b *testing.B) {
	const n, rate = 512 * 512, 0.2
	rng := seeded(1)
	x, d := normals(rng, n), normals(rng, n)
	for b.Loop() {
		nn.ReLUDropout(x, rate, rng)
		nn.ReLUDropoutBackward(d, x, rate)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/value")
}

func BenchmarkAdam(b *testing.B) {
	const n = 2_480_517 // parameters of the seed preset
	p := nn.NewParam("p", n)
	adam := nn.NewAdam([]*nn.Param{p}, 0.01)
	for b.Loop() {
		adam.GradNorm()
		adam.Update(1e-3, 0.5)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/value")
}
