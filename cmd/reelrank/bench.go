package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/reelrank/reelrank/bench"
)

// benchCmd groups the measurements.
type benchCmd struct {
	Serve    benchServeCmd    `cmd:"" help:"Serve a bundle over a store on the loopback interface and measure /recommend under an open-loop load."`
	Ingest   benchIngestCmd   `cmd:"" help:"Measure how fast events become durable, and whether the next slate knows them."`
	Store    benchStoreCmd    `cmd:"" help:"Fill a store with profiles; measure what they take on the disk, and a restart."`
	Retrieve benchRetrieveCmd `cmd:"" help:"Measure the vector index on reels drawn from a seed: build, recall and speed, filters, churn."`
	Compute  benchComputeCmd  `cmd:"" help:"Measure kernels, training and scoring, beside the processor's peak and the speeds that are promised."`
}

// printJSON prints a result for programs.
func printJSON(c *console, result any) error {
	e := json.NewEncoder(c.out)
	e.SetIndent("", "  ")
	return e.Encode(result)
}

// percentiles are latencies in words.
func percentiles(l bench.Latencies) string {
	r := func(d time.Duration) time.Duration { return d.Round(time.Microsecond) }
	return fmt.Sprintf("p50 %s, p99 %s, p99.9 %s, longest %s", r(l.P50), r(l.P99), r(l.P999), r(l.Max))
}

// processor is what something took of the processors, where the system tells.
func processor(d time.Duration, of string) string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf("; %s of processor time per %s, the sender's included", d.Round(time.Microsecond), of)
}
