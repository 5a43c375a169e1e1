package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reelrank/reelrank/bench"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/server"
)

// benchCmd groups the measurements.
type benchCmd struct {
	Serve    benchServeCmd    `cmd:"" help:"Serve a bundle on the loopback interface and measure /recommend under an open-loop load."`
	Retrieve benchRetrieveCmd `cmd:"" help:"Measure the vector index on reels drawn from a seed: build, recall and speed, filters, churn."`
	Compute  benchComputeCmd  `cmd:"" help:"Measure kernels, training and scoring, beside the processor's peak and the speeds that are promised."`
}

// benchServeCmd measures the latency of serving.
type benchServeCmd struct {
	Bundle   string        `help:"Bundle directory (default: ${default})." default:"bundle" placeholder:"DIR"`
	Rate     int           `help:"Requests per second." default:"20"`
	Duration time.Duration `help:"How long to send." default:"30s"`
	TopK     int           `help:"Length of each slate." default:"10"`
	JSON     bool          `name:"json" help:"Print the result as JSON."`
}

// Run loads the bundle, serves it, and sends requests for its users.
func (cmd *benchServeCmd) Run(ctx context.Context, c *console, g *globals, loaded *config.Loaded) error {
	r, err := loadBundle(ctx, cmd.Bundle, g)
	if err != nil {
		return err
	}
	cfg := loaded.Config.Server
	cfg.Address = "127.0.0.1:0"
	s := server.New(cfg, slog.New(slog.DiscardHandler))
	s.SetEngine(r)
	listener, err := s.Listen()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.Serve(ctx, listener) })
	var result bench.Result
	group.Go(func() error {
		defer stop()
		var err error
		result, err = bench.Serve(ctx, bench.Load{
			URL: "http://" + listener.Addr().String(), Users: r.Users(), TopK: cmd.TopK,
			Rate: cmd.Rate, Duration: cmd.Duration, Seed: loaded.Config.Seed,
		})
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return cmd.print(c, r.Facts(), result)
}

func (cmd *benchServeCmd) print(c *console, f recommend.Facts, r bench.Result) error {
	if cmd.JSON {
		return json.NewEncoder(c.out).Encode(r)
	}
	_, err := fmt.Fprintf(c.out, "%s, %d reels, %d users: %d requests at %.1f/s, %d errors; p50 %s, p99 %s, p99.9 %s, longest %s\n",
		f.ModelVersion, f.Reels, f.Users, r.Requests, r.Rate, r.Errors,
		r.Latencies.P50.Round(time.Microsecond), r.Latencies.P99.Round(time.Microsecond), r.Latencies.P999.Round(time.Microsecond), r.Latencies.Max.Round(time.Microsecond))
	return err
}
