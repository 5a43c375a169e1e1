package evaluate

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/config"
)

// Options are how Run and Heads measure.
type Options struct {
	Catalog    *catalog.Catalog // all reels; Heads does without
	K          []int            // list lengths, each at least 1
	NewWindow  time.Duration    // age up to which a reel counts as new
	Bootstrap  int              // resamples of users; 0 gives no intervals
	Confidence float64          // coverage of the intervals, 0..1; 0 means 0.95
	Seed       uint64           // of the resamples
	Threads    int              // 0 means one per core; the result is the same
}

// NewOptions takes the options from the configuration.
func NewOptions(cfg config.Config, cat *catalog.Catalog) Options {
	return Options{
		Catalog: cat, K: cfg.Evaluate.K, Seed: cfg.Seed,
		NewWindow: time.Duration(cfg.Retrieve.FreshHours * float64(time.Hour)),
		Bootstrap: cfg.Evaluate.Bootstrap, Confidence: cfg.Evaluate.Confidence,
	}
}

func (o Options) withDefaults() Options {
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.Confidence == 0 {
		o.Confidence = 0.95
	}
	o.K = slices.Compact(slices.Sorted(slices.Values(o.K)))
	return o
}

// validate checks what Run needs, after withDefaults.
func (o Options) validate() error {
	switch {
	case o.Catalog == nil:
		return errors.New("evaluate: Options.Catalog is nil: it holds the reels that lists may contain")
	case len(o.K) == 0:
		return errors.New("evaluate: Options.K is empty: name at least one list length, e.g. 10")
	case o.K[0] < 1:
		return fmt.Errorf("evaluate: Options.K holds %d: a list length is at least 1", o.K[0])
	case o.Confidence < 0 || o.Confidence >= 1:
		return fmt.Errorf("evaluate: Options.Confidence is %g: it lies within 0..1, e.g. 0.95", o.Confidence)
	}
	return nil
}
