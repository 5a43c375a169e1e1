package kernel

import "testing"

func TestVectorAndLayerKernelsAllocateNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes pools forget at random")
	}
	const n = 2*sumGrain + 5 // beyond every grain
	x, y, z, m, v := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	sums := make([]float32, 1000)
	for name, call := range map[string]func(){
		"Exp":           func() { Exp(y, x) },
		"ReLU":          func() { ReLU(y, x) },
		"ReLUBackward":  func() { ReLUBackward(y, x, 2) },
		"ReLUDropout":   func() { ReLUDropout(x, testDropout) },
		"SumSquares":    func() { SumSquares(x) },
		"Adam":          func() { Adam(x, y, m, v, adamStep(1)) },
		"Adam, small":   func() { Adam(x[:9], y, m, v, adamStep(1)) },
		"AddColumnSums": func() { AddColumnSums(sums, x, len(sums), n/len(sums)) },
		"ColumnMoments": func() { ColumnMoments(asDoubles(y), asDoubles(z), x, n, 1) },
		"Normalize":     func() { NormalizeColumns(x, y, n, 1, ColumnNorm{z, z, z, z, z}) },
		"ExpSum":        func() { ExpSum(y, x, 1) },
	} {
		for _, threads := range []int{1, 2} {
			setThreads(t, threads)
			if got := testing.AllocsPerRun(5, call); got >= 1 {
				t.Errorf("%s on %d threads allocates %g times", name, threads, got)
			}
		}
	}
}
