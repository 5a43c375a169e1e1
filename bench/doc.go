// Package bench measures how fast this machine computes, and a running service
// from outside, as its users meet it.
//
//	speeds, err := bench.Compute(ctx, bench.Survey{})
//	speeds.Print(os.Stdout)
//	result, err := bench.Serve(ctx, bench.Load{URL: url, Users: users, Rate: 20, Duration: 30 * time.Second})
//
// Compute lets the sides of a comparison take turns and gives medians over
// rounds: a figure is one that this machine reached in this run, and a ratio
// is of two figures of the same run.
//
// Serve sends requests at fixed times whether or not earlier ones were answered
// (open loop), and latency counts from the time at which a request was due, so
// that a stall shows in every request that it held up (no coordinated
// omission).
package bench
