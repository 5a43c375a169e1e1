package kernel

import "time"

// peakPiece is how long the loop runs between two looks at the clock: long
// against the look, short against what else the machine does.
const peakPiece = 200 * time.Microsecond

// Peak measures for about d how fast one core can multiply and add float32
// with the instructions of the set in use, in GFLOP/s: the fastest of many
// short runs of a loop that never leaves the registers. It runs on the
// caller's goroutine; to load several cores call it on several at once.
func Peak(d time.Duration) float64 {
	loop := peakOf(active.name)
	var lanes [16]float32
	rounds := 1
	for ; loop.time(rounds, &lanes) < peakPiece; rounds *= 2 {
	}
	best := loop.time(rounds, &lanes)
	for start := time.Now(); time.Since(start) < d; {
		best = min(best, loop.time(rounds, &lanes))
	}
	return float64(rounds) * float64(loop.flops()) / float64(best.Nanoseconds())
}

func (l peakLoop) time(rounds int, lanes *[16]float32) time.Duration {
	start := time.Now()
	l.run(rounds, lanes)
	return time.Since(start)
}
