package evaluate

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Estimate is a measured value with its bootstrap interval. What is undefined
// is NaN.
type Estimate struct {
	Value  float64
	Lo, Hi float64 // NaN where there is no interval
}

// point is an estimate without an interval.
func point(v float64) Estimate { return Estimate{v, math.NaN(), math.NaN()} }

// HasInterval tells whether both ends of the interval are defined.
func (e Estimate) HasInterval() bool { return !math.IsNaN(e.Lo) && !math.IsNaN(e.Hi) }

// String is "0.1234 [0.1200, 0.1270]", without the interval where there is
// none, and "n/a" where the value is undefined.
func (e Estimate) String() string { return e.format("%.4f") }

// Signed is String with the sign always written, for differences.
func (e Estimate) Signed() string { return e.format("%+.4f") }

func (e Estimate) format(verb string) string {
	if math.IsNaN(e.Value) {
		return "n/a"
	}
	value := fmt.Sprintf(verb, e.Value)
	if !e.HasInterval() {
		return value
	}
	return fmt.Sprintf("%s ["+verb+", "+verb+"]", value, e.Lo, e.Hi)
}

// MarshalJSON writes {"value", "lo", "hi"}, null for what is undefined.
func (e Estimate) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Value *float64 `json:"value"`
		Lo    *float64 `json:"lo"`
		Hi    *float64 `json:"hi"`
	}{defined(e.Value), defined(e.Lo), defined(e.Hi)})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *Estimate) UnmarshalJSON(raw []byte) error {
	var v struct{ Value, Lo, Hi *float64 }
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	for _, part := range []struct {
		into *float64
		from *float64
	}{{&e.Value, v.Value}, {&e.Lo, v.Lo}, {&e.Hi, v.Hi}} {
		*part.into = math.NaN()
		if part.from != nil {
			*part.into = *part.from
		}
	}
	return nil
}

// defined returns nil for NaN, which JSON cannot write.
func defined(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}

// MeanOf is the mean of values, one per unit (user), with its percentile
// bootstrap interval over resamples of the units.
func MeanOf(values []float64, resamples int, confidence float64, seed uint64) Estimate {
	mean := newMeans([][][]float64{{values}})
	rows := bootstrap(len(values), resamples, mean.width(), runtime.GOMAXPROCS(0), seed,
		func() func(counts, out []float64) { return mean.of })
	value := make([]float64, mean.width())
	mean.of(ones(len(values)), value)
	return estimate(value[0], rows, 0, confidence)
}

// bootstrap evaluates statistics on resamples of n units (users) with
// replacement. A statistic gets how often each unit was drawn, float64 counts
// that sum to n, and fills one row of width values. newStatistic is called
// once per thread, so that each has its own buffers. Resample r depends on the
// seed and r alone, whatever the threads.
func bootstrap(n, resamples, width, threads int, seed uint64, newStatistic func() func(counts, out []float64)) [][]float64 {
	if n < 2 {
		return nil // one user says nothing about the next
	}
	rows := make([][]float64, resamples)
	parallel(threads, resamples, func() func(int) {
		statistic := newStatistic()
		counts := make([]float64, n)
		return func(r int) {
			resample(counts, rand.New(rand.NewPCG(seed, uint64(r))))
			rows[r] = make([]float64, width)
			statistic(counts, rows[r])
		}
	})
	return rows
}

// resample fills counts with one multinomial resample of its own length.
func resample(counts []float64, rng *rand.Rand) {
	clear(counts)
	n := uint32(len(counts))
	for range counts {
		counts[rng.Uint32N(n)]++
	}
}

// estimate joins a value with the percentile interval of its column of
// bootstrap rows.
func estimate(value float64, rows [][]float64, column int, confidence float64) Estimate {
	lo, hi := interval(rows, func(row []float64) float64 { return row[column] }, confidence)
	return Estimate{value, lo, hi}
}

// interval is the percentile interval of a statistic of bootstrap rows. It is
// NaN where the statistic is undefined in more than half of the rows.
func interval(rows [][]float64, of func(row []float64) float64, confidence float64) (lo, hi float64) {
	values := make([]float64, 0, len(rows))
	for _, row := range rows {
		if v := of(row); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	if len(values) == 0 || 2*len(values) < len(rows) {
		return math.NaN(), math.NaN()
	}
	slices.Sort(values)
	return quantile(values, (1-confidence)/2), quantile(values, (1+confidence)/2)
}

// quantile interpolates linearly between the order statistics of sorted values.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	below := min(max(int(at), 0), len(sorted)-1)
	above := min(below+1, len(sorted)-1)
	part := at - float64(below)
	return sorted[below]*(1-part) + sorted[above]*part
}

// parallel calls do(0..n-1) on the given number of threads; each thread gets
// its own do. Results must depend on the index alone.
func parallel(threads, n int, newDo func() func(i int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range max(1, min(threads, n)) {
		group.Go(func() {
			do := newDo()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	group.Wait()
}
