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
	const n = 256 * 512
	rng := seeded(1)
	x, y, d, mask := normals(rng, n), unset(n), normals(rng, n), unset(n)
	for b.Loop() {
		nn.ReLU(y, x)
		nn.Dropout(y, mask, 0.2, rng)
		nn.DropoutBackward(d, mask)
		nn.ReLUBackward(d, y)
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
