package live

import (
	"context"
	"errors"
	"math"
	"math/bits"
	"sync"
	"time"

	"github.com/reelrank/reelrank/recommend"
)

// Health is what became of the requests for slates since the service was
// opened. The difference of two of them is that of the time between.
type Health struct {
	Requests  uint64
	Failed    uint64 // of them, without an answer, other than by the client's own doing
	Empty     uint64 // of them, answered without a single reel
	NotFinite uint64 // of them, with a score that was not a number
	took      [latencyBuckets]uint64
}

// Latencies are counted in buckets, bucketsPerOctave for each doubling, so that
// a percentile is off by at most a fifth. The last one takes all that is longer
// than an hour.
const (
	bucketsPerOctave = 4
	latencyBuckets   = 32 * bucketsPerOctave
)

// Since is what happened after an earlier state.
func (h Health) Since(earlier Health) Health {
	d := Health{h.Requests - earlier.Requests, h.Failed - earlier.Failed, h.Empty - earlier.Empty, h.NotFinite - earlier.NotFinite, h.took}
	for k := range d.took {
		d.took[k] -= earlier.took[k]
	}
	return d
}

// Percentile is the time within which a share of the requests, e.g. 0.99, was
// answered, rounded up to the end of its bucket; 0 where there was none.
func (h Health) Percentile(share float64) time.Duration {
	var total uint64
	for _, n := range h.took {
		total += n
	}
	if total == 0 {
		return 0
	}
	rank, seen := uint64(math.Ceil(share*float64(total))), uint64(0)
	for k, n := range h.took {
		if seen += n; seen >= rank {
			return endOf(k)
		}
	}
	return endOf(latencyBuckets - 1)
}

// bucketOf is the bucket of a time: octaves of microseconds, in equal parts.
func bucketOf(took time.Duration) int {
	us := uint64(max(took.Microseconds(), bucketsPerOctave))
	octave := bits.Len64(us) - 1 // us is in [2^octave, 2^(octave+1))
	part := int(us>>(octave-2)) - bucketsPerOctave
	return min((octave-2)*bucketsPerOctave+part, latencyBuckets-1)
}

// endOf is where a bucket ends.
func endOf(bucket int) time.Duration {
	octave, part := bucket/bucketsPerOctave, bucket%bucketsPerOctave
	return time.Duration(bucketsPerOctave+part+1) << octave * time.Microsecond
}

// Count adds a request.
func (h *Health) Count(slate *recommend.Slate, err error, took time.Duration) {
	h.Requests++
	h.took[bucketOf(took)]++
	var asked *recommend.RequestError
	switch {
	case errors.As(err, &asked) || errors.Is(err, context.Canceled):
	case err != nil:
		h.Failed++
	case slate.NotFinite > 0:
		h.NotFinite++
	case len(slate.Items) == 0:
		h.Empty++
	}
}

// counts is a Health that many requests add to.
type counts struct {
	mu sync.Mutex
	Health
}

// ended counts a request.
func (c *counts) ended(slate *recommend.Slate, err error, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Count(slate, err, took)
}

// Health is what became of the requests so far.
func (s *Service) Health() Health {
	s.counts.mu.Lock()
	defer s.counts.mu.Unlock()
	return s.counts.Health
}
