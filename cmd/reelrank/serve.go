package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/server"
)

// serveCmd answers requests over HTTP from a trained bundle, over a store that
// keeps what people do.
type serveCmd struct {
	Bundle   string         `help:"Bundle directory (default: the current model of the store, or bundle where it has none yet)." placeholder:"DIR"`
	Store    *string        `help:"Directory of the store, made where there is none; empty keeps nothing (setting store.dir)." placeholder:"DIR"`
	Learn    *time.Duration `help:"Learn from what is new in the store at this interval, such as 10m (setting learn.every)." placeholder:"INTERVAL"`
	Pprof    string         `help:"Also serve profiles on this address, such as 127.0.0.1:6060." placeholder:"HOST:PORT"`
	LogLevel slog.Level     `help:"Least level of the log: debug (each request), info, warn or error." default:"info"`
}

// Run serves until ctx is cancelled.
func (cmd *serveCmd) Run(ctx context.Context, c *console, g *globals, loaded *config.Loaded) error {
	logger := newLogger(c, cmd.LogLevel)
	group, ctx := errgroup.WithContext(ctx)
	if cmd.Pprof != "" {
		group.Go(func() error { return server.ServeProfile(ctx, cmd.Pprof) })
	}
	dir := loaded.Config.Store.Dir
	if cmd.Store != nil {
		dir = *cmd.Store
	}
	learn := loaded.Config.Learn
	if cmd.Learn != nil {
		learn.Every = *cmd.Learn
	}
	if dir == "" && learn.Every > 0 {
		return errors.New("without a store there is nothing to learn from: name one with --store DIR, or leave out --learn")
	}
	group.Go(func() error {
		return serve(ctx, c, loaded.Config.Server, logger, func(ctx context.Context) (server.Engine, error) {
			if dir == "" {
				return loadBundle(ctx, cmp.Or(cmd.Bundle, defaultBundle), g)
			}
			return openLearning(ctx, c, g, logger, learn, cmd.Bundle, dir)
		})
	})
	return group.Wait()
}

func newLogger(c *console, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: level}))
}

// openLive opens a store with the model of a bundle over it.
func openLive(ctx context.Context, c *console, g *globals, logger *slog.Logger, bundle, dir string) (*live.Service, error) {
	own, err := recommend.BundleConfig(bundle)
	if err != nil {
		return nil, err
	}
	adjusted, err := g.load(&own)
	if err != nil {
		return nil, err
	}
	b := newSteps(c)
	defer b.done()
	return live.Open(ctx, live.Options{
		Dir: dir, Bundle: bundle, Config: adjusted.Config, Progress: b.report, Logger: logger,
		Adjust: func(own config.Config) (config.Config, error) {
			loaded, err := g.load(&own)
			if err != nil {
				return config.Config{}, err
			}
			return loaded.Config, nil
		},
	})
}

// steps shows the steps of a start, one bar after another.
type steps struct {
	console *console
	step    string
	bar     *bar
}

func newSteps(c *console) *steps { return &steps{console: c} }

func (s *steps) report(step string, done, total int) {
	if step != s.step {
		s.done()
		s.step, s.bar = step, newBar(s.console, step)
	}
	if total > 0 {
		s.bar.report(done, total)
	}
}

func (s *steps) done() {
	if s.bar != nil {
		s.bar.done()
	}
}

// serve is live at once and ready when load has returned an engine. It ends
// after draining when ctx is cancelled, or when load fails; an engine that has
// a Close is closed then.
func serve(ctx context.Context, c *console, cfg config.Server, logger *slog.Logger, load func(context.Context) (server.Engine, error)) (err error) {
	s := server.New(cfg, logger)
	listener, err := s.Listen()
	if err != nil {
		return err
	}
	url := browsable(listener.Addr())
	fmt.Fprintf(c.out, "live on %s, loading the model\n", url)
	group, ctx := errgroup.WithContext(ctx)
	var loaded server.Engine
	group.Go(func() error { return s.Serve(ctx, listener) })
	group.Go(func() error {
		start := time.Now()
		engine, err := load(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil // stopped while loading
			}
			return err
		}
		loaded = engine
		s.SetEngine(engine)
		fmt.Fprintf(c.out, "ready after %s: the documentation is at %s/docs, Ctrl-C stops\n", time.Since(start).Round(time.Millisecond), url)
		fmt.Fprintf(c.out, "try: curl -H 'Content-Type: application/json' -d '{\"user_id\": 123, \"top_k\": 10}' %s/recommend\n", url)
		return nil
	})
	err = group.Wait() // no request is under way any more
	if closer, ok := loaded.(interface{ Close() error }); ok {
		err = errors.Join(err, closer.Close())
	}
	return err
}

// browsable is the URL of a listener for this machine: one that listens on
// every interface is reached as localhost.
func browsable(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("http://localhost:%d", tcp.Port)
	}
	return "http://" + addr.String()
}
