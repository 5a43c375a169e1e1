package bench

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// timeQueries asks the queries [n, dim] one after another.
func timeQueries(queries []float32, dim int, search func(query []float32)) Speed {
	took := make([]time.Duration, 0, len(queries)/dim)
	for ; len(queries) >= dim; queries = queries[dim:] {
		start := time.Now()
		search(queries[:dim])
		took = append(took, time.Since(start))
	}
	return speedOf(took)
}

// speedOf sums up the times of queries.
func speedOf(took []time.Duration) Speed {
	if len(took) == 0 {
		return Speed{}
	}
	slices.Sort(took)
	var sum time.Duration
	for _, t := range took {
		sum += t
	}
	return Speed{
		QPS: float64(len(took)) / sum.Seconds(),
		P50: took[len(took)/2], P99: took[len(took)*99/100],
	}
}

// better keeps the faster of two rounds.
func (s *Speed) better(o Speed) {
	if o.QPS > s.QPS {
		*s = o
	}
}

// peakBytes is the most memory that this program held so far, as Linux counts
// it; 0 elsewhere.
func peakBytes() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "VmHWM:" {
			kib, _ := strconv.ParseInt(fields[1], 10, 64)
			return kib << 10
		}
	}
	return 0
}
