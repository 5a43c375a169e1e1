package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/store"
	"github.com/reelrank/reelrank/store/embedded"
)

// Options are how a Service is opened.
type Options struct {
	// Dir holds the log, the views of it, and the state from which a start goes
	// on. It is made where there is none.
	Dir string

	// Bundle is the directory of the model to answer with. A store that is
	// empty starts with the reels and interactions that it was fitted on.
	Bundle string

	// Adjust returns the configuration to serve by, of the one that the bundle
	// was made with; nil takes that.
	Adjust func(own config.Config) (config.Config, error)

	// Config are the settings of the world and the store, which models share.
	Config config.Config

	// Progress is told how far a step of the start has come; nil tells nobody.
	// total is 0 where it is not known.
	Progress func(step string, done, total int)

	Logger *slog.Logger // of what happens in the background; nil for none

	Now func() time.Time // the clock; nil for time.Now
}

// Service is a recommender over a store. All methods are safe for concurrent
// use.
type Service struct {
	options Options
	log     *slog.Logger
	store   *embedded.Store
	world   *recommend.World
	model   *recommend.Recommender

	follows atomic.Bool   // whether the world takes in what is appended
	offset  atomic.Uint64 // of the last record that the world has taken in

	slates *slateLog
	stop   context.CancelFunc
	work   sync.WaitGroup
}

// The parts of a service's directory.
const (
	logFolder   = "log"
	stateFolder = "state"
)

// Open opens the store in a directory, brings the world up to its last record,
// and puts the model of a bundle into service over it.
func Open(ctx context.Context, o Options) (*Service, error) {
	s, err := openStore(o)
	if err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.store.Close())
	}
	return s, nil
}

// openStore opens the store alone.
func openStore(o Options) (*Service, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Progress == nil {
		o.Progress = func(string, int, int) {}
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	s := &Service{options: o, log: o.Logger}
	var err error
	s.store, err = embedded.Open(embedded.Options{
		Dir: filepath.Join(o.Dir, logFolder), Applied: s.applied, RememberIDs: o.Config.Store.RememberIDs, Logger: o.Logger, Now: o.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("open the store in %s: %w", o.Dir, err)
	}
	return s, nil
}

// start makes the service complete over its open store.
func (s *Service) start(ctx context.Context) error {
	if err := s.seed(ctx); err != nil {
		return fmt.Errorf("bring the bundle's data into the store: %w", err)
	}
	var err error
	if s.world, err = s.loadWorld(ctx); err != nil {
		return fmt.Errorf("build the world from the store: %w", err)
	}
	s.follows.Store(true)
	if err := s.useVectors(ctx); err != nil {
		return fmt.Errorf("read what the vector indexes have missed: %w", err)
	}
	s.options.Progress("computing the model's part of every reel", 0, 0)
	if s.model, err = recommend.LoadOnto(ctx, s.options.Bundle, s.world, s.options.Adjust); err != nil {
		return err
	}
	background, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.slates = newSlateLog(s)
	s.work.Go(func() { s.slates.run(background) })
	s.work.Go(func() { s.tidy(background) })
	s.work.Go(func() { s.keepState(background) })
	s.work.Go(func() { s.retain(background) })
	s.work.Go(func() { s.answerRequests(background) })
	return nil
}

// Close writes the state and closes the store. Requests must have ended.
func (s *Service) Close() error {
	s.stop()
	s.work.Wait()
	return errors.Join(s.SaveState(), s.store.Close())
}

// tidy keeps the vector indexes in shape.
func (s *Service) tidy(ctx context.Context) {
	every(ctx, time.Second, func() {
		if err := s.world.Tidy(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("tidy the vector index", "error", err)
		}
	})
}

// retainEvery is how often old records are dropped.
const retainEvery = time.Hour

// retain drops what is older than the configured age.
func (s *Service) retain(ctx context.Context) {
	age := time.Duration(s.options.Config.Store.Retention * 24 * float64(time.Hour))
	if age <= 0 {
		return
	}
	every(ctx, retainEvery, func() {
		removed, err := s.store.Retain(ctx, s.options.Now().Add(-age))
		switch {
		case err != nil && ctx.Err() == nil:
			s.log.Error("drop old records", "error", err)
		case removed > 0:
			s.log.Info("dropped old records", "records", removed, "older_than", age)
		}
	})
}

// every calls f at once and then at an interval until ctx ends.
func every(ctx context.Context, interval time.Duration, f func()) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		f()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// unavailable marks the errors of a store that takes no writes.
func unavailable(err error) error {
	var failed *store.FailedError
	if errors.As(err, &failed) || errors.Is(err, store.ErrClosed) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}
