package main

import (
	"context"
	"fmt"
	"time"

	"github.com/reelrank/reelrank/bench"
	"github.com/reelrank/reelrank/config"
)

// benchIngestCmd measures how fast events become durable.
type benchIngestCmd struct {
	liveBench
	Events  int `help:"Events to record in batches: once through the Go API, once through POST /events." default:"400000"`
	Batch   int `help:"Events of a batch." default:"100"`
	Writers int `help:"Senders of batches." default:"4"`
	People  int `help:"Made-up people whom the events are of." default:"100000"`
	Singles int `help:"Events to send by themselves through POST /events." default:"60000"`
	Clients int `help:"Senders of those." default:"64"`
	Trials  int `help:"How often to look whether a slate after an event still holds the reel that was watched." default:"10000"`
}

// Help is what --help says beyond the flags.
func (*benchIngestCmd) Help() string {
	return "The loops are closed: a sender waits for the acknowledgement before it sends the next, which finds how much goes through " +
		"and not how long an independent sender would wait at a given rate. Every acknowledged event is synced to the disk of --store."
}

// Run records events.
func (cmd *benchIngestCmd) Run(ctx context.Context, c *console, g *globals, loaded *config.Loaded) error {
	return cmd.run(ctx, c, g, loaded, func(ctx context.Context, r rig) error {
		steps := newSteps(c)
		result, err := bench.Ingest(ctx, bench.Ingestion{
			Record: r.Record, URL: r.url, Reels: r.reels(),
			Events: cmd.Events, Batch: cmd.Batch, Writers: cmd.Writers, Users: cmd.People,
			Singles: cmd.Singles, Clients: cmd.Clients, Trials: cmd.Trials,
			Seed: loaded.Config.Seed, Progress: steps.report,
		})
		steps.done()
		if err != nil {
			return err
		}
		if cmd.JSON {
			return printJSON(c, result)
		}
		return cmd.print(c, about(r.Facts()), result)
	})
}

func (cmd *benchIngestCmd) print(c *console, about string, r bench.Ingested) error {
	fmt.Fprintln(c.out, about)
	sent := func(what string, s bench.Sent) {
		fmt.Fprintf(c.out, "%s: %s events in %s, %.0f/s; a call: %s%s\n",
			what, thousands(s.Events), s.Took.Round(time.Millisecond), s.PerSecond, percentiles(s.Latencies), processor(s.CPU, "event"))
	}
	sent(fmt.Sprintf("batches of %d through Record, %d senders", cmd.Batch, cmd.Writers), r.Recorded)
	sent(fmt.Sprintf("batches of %d through POST /events, %d senders", cmd.Batch, cmd.Writers), r.Posted)
	sent(fmt.Sprintf("single events through POST /events, %d senders", cmd.Clients), r.Singles)
	_, err := fmt.Fprintf(c.out, "slates after an event: %s, %d of them still hold the reel; event and slate: %s\n",
		thousands(r.Changed.Trials), r.Changed.Failures, percentiles(r.Changed.Latencies))
	return err
}
