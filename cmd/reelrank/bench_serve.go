package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

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
	Swap     time.Duration `help:"Put a model into service every so often meanwhile, such as 100ms, or as fast as that goes." placeholder:"INTERVAL"`
	SwapWith string        `help:"Bundle whose model takes turns with that of --bundle (default: the same one, read anew each time)." placeholder:"DIR"`
}

// Help is what --help says beyond the flags.
func (*benchServeCmd) Help() string {
	return "The load is open-loop: a request is sent when it is due, whether or not earlier ones were answered, and its latency counts from then. " +
		"With --users fresh it is that of event and slate, one after the other. Server and sender share this process and the machine. " +
		"What a bare write to the same disk takes is measured meanwhile, since an event has to wait for one. Every user is asked for once before. The data of the bundle are brought into a temporary store first, which takes a few seconds per 500,000 interactions."
}

// Run serves the bundle and sends requests for its users.
func (cmd *benchServeCmd) Run(ctx context.Context, c *console, g *globals, loaded *config.Loaded) error {
	if cmd.Swap > 0 && cmd.FindMax {
		return errors.New("--swap measures at one rate: leave --find-max out")
	}
	return cmd.run(ctx, c, g, loaded, func(ctx context.Context, r rig) error {
		load := bench.Load{
			URL: r.url, Users: r.users(), TopK: cmd.TopK, Rate: cmd.Rate, Duration: cmd.Duration, Seed: loaded.Config.Seed,
		}
		if err := load.Warm(ctx); err != nil {
			return err
		}
		facts := r.Facts()
		var m serveMeasurement
		if cmd.Users == "fresh" {
			load.Fresh = r.reels()
		}
		if err := cmd.measureWithDisk(ctx, c, r, load, &m); err != nil {
			return err
		}
		if cmd.JSON {
			return printJSON(c, m)
		}
		return m.print(c, about(facts)+", "+cmd.Users)
	})
}

// serveMeasurement is what is printed.
type serveMeasurement struct {
	bench.Result
	Disk *bench.Latencies `json:"disk,omitempty"` // of a bare durable write during the load
	Swap *bench.Swapping  `json:"swap,omitempty"`
}

func (m *serveMeasurement) print(c *console, of string) error {
	fmt.Fprintf(c.out, "%s: %s\n", of, served(m.Result))
	if m.Disk != nil {
		fmt.Fprintf(c.out, "a bare write of 2 KB to the same disk meanwhile: %s\n", percentiles(*m.Disk))
	}
	if m.Swap != nil {
		fmt.Fprintf(c.out, "%s swaps: %s each; memory in use %d MB halfway, %d MB at the end\n",
			thousands(m.Swap.Swaps), percentiles(m.Swap.Took), m.Swap.Half>>20, m.Swap.End>>20)
	}
	return nil
}

// measureWithDisk watches the disk while it measures what waits for it.
func (cmd *benchServeCmd) measureWithDisk(ctx context.Context, c *console, r rig, load bench.Load, m *serveMeasurement) error {
	if len(load.Fresh) == 0 {
		return cmd.measure(ctx, c, r, load, m)
	}
	watching, stop := context.WithCancel(ctx)
	group := new(errgroup.Group)
	group.Go(func() error {
		disk, err := bench.Disk(watching, r.dir)
		m.Disk = &disk
		return err
	})
	err := cmd.measure(ctx, c, r, load, m)
	stop()
	return errors.Join(err, group.Wait())
}

func (cmd *benchServeCmd) measure(ctx context.Context, c *console, r rig, load bench.Load, m *serveMeasurement) (err error) {
	switch {
	case cmd.Swap > 0:
		bundles := []string{cmd.Bundle, cmd.Bundle}
		if cmd.SwapWith != "" {
			bundles[0] = cmd.SwapWith
		}
		var swapping bench.Swapping
		m.Result, swapping, err = bench.ServeSwapping(ctx, load, cmd.Swap, func(ctx context.Context, n int) error {
			return r.Swap(ctx, bundles[n%2])
		})
		m.Swap = &swapping
	case cmd.FindMax:
		m.Result, err = cmd.findMax(ctx, c, load)
	default:
		m.Result, err = bench.Serve(ctx, load)
	}
	return err
}

func (cmd *benchServeCmd) findMax(ctx context.Context, c *console, load bench.Load) (bench.Result, error) {
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
