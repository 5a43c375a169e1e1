package main

import (
	"context"
	"fmt"
	"time"

	"github.com/reelrank/reelrank/bench"
	"github.com/reelrank/reelrank/config"
)

// benchServeCmd measures the latency of serving.
type benchServeCmd struct {
	liveBench
	Users    string        `help:"unchanged: people do nothing between their requests; fresh: each request comes right after an event of its user, so that their vector is computed anew." enum:"unchanged,fresh" default:"unchanged"`
	Rate     int           `help:"Requests per second; with --find-max, where the search begins." default:"20"`
	Duration time.Duration `help:"How long to send; with --find-max, in each trial." default:"30s"`
	FindMax  bool          `help:"Find the highest rate without errors at which the 99th percentile keeps the limit."`
	P99      time.Duration `name:"p99" help:"That limit." default:"100ms"`
	TopK     int           `help:"Length of each slate." default:"10"`
}

// Help is what --help says beyond the flags.
func (*benchServeCmd) Help() string {
	return "The load is open-loop: a request is sent when it is due, whether or not earlier ones were answered, and its latency counts from then. " +
		"With --users fresh it is that of event and slate, one after the other. Server and sender share this process and the machine. " +
		"Every user is asked for once before. The data of the bundle are brought into a temporary store first, which takes a few seconds per 500,000 interactions."
}

// Run serves the bundle and sends requests for its users.
func (cmd *benchServeCmd) Run(ctx context.Context, c *console, g *globals, loaded *config.Loaded) error {
	return cmd.run(ctx, c, g, loaded, func(ctx context.Context, r rig) error {
		load := bench.Load{
			URL: r.url, Users: r.users(), TopK: cmd.TopK, Rate: cmd.Rate, Duration: cmd.Duration, Seed: loaded.Config.Seed,
		}
		if err := load.Warm(ctx); err != nil {
			return err
		}
		if cmd.Users == "fresh" {
			load.Fresh = r.reels()
		}
		facts := r.Facts()
		result, err := cmd.measure(ctx, c, load)
		if err != nil {
			return err
		}
		if cmd.JSON {
			return printJSON(c, result)
		}
		_, err = fmt.Fprintf(c.out, "%s, %s: %s\n", about(facts), cmd.Users, served(result))
		return err
	})
}

func (cmd *benchServeCmd) measure(ctx context.Context, c *console, load bench.Load) (bench.Result, error) {
	if !cmd.FindMax {
		return bench.Serve(ctx, load)
	}
	return bench.ServeMax(ctx, load, cmd.P99, func(rate int, r bench.Result, held bool) {
		verdict := "too much"
		if held {
			verdict = "held"
		}
		fmt.Fprintf(c.err, "%d/s %s: %s\n", rate, verdict, served(r))
	})
}

func served(r bench.Result) string {
	return fmt.Sprintf("%s requests at %.1f/s, %d errors; %s%s", thousands(int(r.Requests)), r.Rate, r.Errors, percentiles(r.Latencies), processor(r.CPU, "request"))
}
