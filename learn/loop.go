package learn

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/nn/kernel"
)

// Service is what a loop learns from and keeps on the current model: a
// live.Service.
type Service interface {
	Log
	Swap(ctx context.Context, bundle string) error
	Health() live.Health
}

// Options are what a loop works with.
type Options struct {
	Service  Service
	Registry *Registry
	Serving  string       // the version that the service was opened with
	Config   config.Learn // Every of 0 leaves the learning out
	Logger   *slog.Logger
}

// Loop keeps a service on the current model of a registry, and learns new ones
// from the service's log. Run is called once.
type Loop struct {
	Options

	// Of the goroutine that follows the registry.
	serving string   // the version in service
	failed  string   // a version that could not be put into service
	watched *watched // the swap that is being watched; nil for none
	past    []moment // health before now, once a second

	// Of the goroutine that learns.
	seen mark // how far the log was when a round began last

	proving atomic.Bool // whether a swap is being watched: no training slows the requests meanwhile
	stints  stints
}

// New returns a loop.
func New(o Options) *Loop {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	threads := o.Config.Threads
	if threads == 0 {
		threads = max(1, runtime.GOMAXPROCS(0)/2)
	}
	return &Loop{Options: o, serving: o.Serving, stints: stints{threads: threads}}
}

// followEvery is how often the registry is asked which model is current.
const followEvery = time.Second

// Run follows the registry, and learns at the configured interval, until ctx
// ends.
func (l *Loop) Run(ctx context.Context) {
	var work sync.WaitGroup
	work.Go(func() { every(ctx, followEvery, func() { l.follow(ctx, time.Now()) }) })
	if l.Config.Every > 0 {
		work.Go(func() { every(ctx, l.Config.Every, func() { l.learn(ctx) }) })
	}
	work.Wait()
}

// learn runs a round and says what came of it.
func (l *Loop) learn(ctx context.Context) {
	if l.proving.Load() {
		l.Logger.Debug("nothing is learned while a new model proves itself")
		return
	}
	begun := time.Now()
	done, err := l.Round(ctx)
	switch took := time.Since(begun).Round(time.Millisecond); {
	case ctx.Err() != nil:
	case err != nil:
		l.Logger.Error("a round of learning failed; the model in service stays", "error", err, "took", took)
	case done.Version == "":
		l.Logger.Debug("nothing to learn yet", "reason", done.Reason)
	default:
		l.Logger.Info("learned a model", "version", done.Version, "promoted", done.Promoted, "reason", done.Reason, "took", took)
	}
}

// every calls f at an interval until ctx ends.
func every(ctx context.Context, interval time.Duration, f func()) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f()
		}
	}
}

// stints are heavy pieces of work beside the requests. While there is one, no
// computation of the process gets more than some threads, so that the requests
// find a core.
type stints struct {
	threads int
	mu      sync.Mutex
	running int
}

func (s *stints) begin() (end func()) {
	s.change(1)
	return func() { s.change(-1) }
}

func (s *stints) change(by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running += by; s.running > 0 {
		kernel.SetThreads(s.threads)
	} else {
		kernel.SetThreads(0)
	}
}
