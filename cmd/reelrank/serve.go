package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/server"
)

// serveCmd answers requests over HTTP from a trained bundle.
type serveCmd struct {
	Bundle   string     `help:"Bundle directory (default: ${default})." default:"bundle" placeholder:"DIR"`
	Pprof    string     `help:"Also serve profiles on this address, such as 127.0.0.1:6060." placeholder:"HOST:PORT"`
	LogLevel slog.Level `help:"Least level of the log: debug (each request), info, warn or error." default:"info"`
}

// Run serves until ctx is cancelled.
func (cmd *serveCmd) Run(ctx context.Context, c *console, g *globals, loaded *config.Loaded) error {
	group, ctx := errgroup.WithContext(ctx)
	if cmd.Pprof != "" {
		group.Go(func() error { return server.ServeProfile(ctx, cmd.Pprof) })
	}
	group.Go(func() error {
		return serve(ctx, c, loaded.Config.Server, cmd.LogLevel, func(ctx context.Context) (server.Engine, error) {
			return loadBundle(ctx, cmd.Bundle, g)
		})
	})
	return group.Wait()
}

// serve is live at once and ready when load has returned an engine. It ends
// after draining when ctx is cancelled, or when load fails.
func serve(ctx context.Context, c *console, cfg config.Server, level slog.Level, load func(context.Context) (server.Engine, error)) error {
	s := server.New(cfg, slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: level})))
	listener, err := s.Listen()
	if err != nil {
		return err
	}
	url := browsable(listener.Addr())
	fmt.Fprintf(c.out, "live on %s, loading the model\n", url)
	group, ctx := errgroup.WithContext(ctx)
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
		s.SetEngine(engine)
		fmt.Fprintf(c.out, "ready after %s: the documentation is at %s/docs, Ctrl-C stops\n", time.Since(start).Round(time.Millisecond), url)
		fmt.Fprintf(c.out, "try: curl -H 'Content-Type: application/json' -d '{\"user_id\": 123, \"top_k\": 10}' %s/recommend\n", url)
		return nil
	})
	return group.Wait()
}

// browsable is the URL of a listener for this machine: one that listens on
// every interface is reached as localhost.
func browsable(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("http://localhost:%d", tcp.Port)
	}
	return "http://" + addr.String()
}
