package bench

import (
	"runtime"
	"sync"

	"github.com/reelrank/reelrank/nn/kernel"
)

// Peak is how fast a set's instructions can multiply and add float32 while
// nothing leaves the registers.
type Peak struct {
	Kernels    string  `json:"kernels"`
	OneThread  float64 `json:"one_thread_gflop_per_s"`
	AllThreads float64 `json:"all_threads_gflop_per_s"`
}

// on is the peak of one thread, or of all.
func (p Peak) on(threads int) float64 {
	if threads == 1 {
		return p.OneThread
	}
	return p.AllThreads
}

func (c contest) peaks(sets []string) ([]Peak, error) {
	threads := threadCounts()
	measured := make([][]float64, len(sets)*len(threads)) // of each set and number of threads, a peak per round
	for round := range c.rounds {
		for i := range measured {
			if err := c.ctx.Err(); err != nil {
				return nil, err
			}
			s := side{set: sets[i/len(threads)], threads: threads[i%len(threads)]}
			err := s.onItsMachine(func() { measured[i] = append(measured[i], c.peakOf(s.threads)) })
			if err != nil {
				return nil, err
			}
			if c.progress != nil {
				c.progress("peaks", round*len(measured)+i+1, c.rounds*len(measured))
			}
		}
	}
	peaks := make([]Peak, len(sets))
	for i, set := range sets {
		first, last := i*len(threads), (i+1)*len(threads)-1
		peaks[i] = Peak{Kernels: set, OneThread: median(measured[first]), AllThreads: median(measured[last])}
	}
	return peaks, nil
}

// peakOf adds up the peaks of cores that all work at the same time.
func (c contest) peakOf(threads int) float64 {
	each := make([]float64, threads)
	var wait sync.WaitGroup
	for i := range each {
		wait.Go(func() { each[i] = kernel.Peak(c.turn) })
	}
	wait.Wait()
	var sum float64
	for _, v := range each {
		sum += v
	}
	return sum
}

// threadCounts are the numbers of threads that everything is measured on: one,
// and all if there are more.
func threadCounts() []int {
	if all := runtime.GOMAXPROCS(0); all > 1 {
		return []int{1, all}
	}
	return []int{1}
}
