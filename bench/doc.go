// Package bench measures a running service from outside, as its users meet it.
//
//	result, err := bench.Serve(ctx, bench.Load{URL: url, Users: users, Rate: 20, Duration: 30 * time.Second})
//
// Requests are sent at fixed times whether or not earlier ones were answered
// (open loop), and latency counts from the time at which a request was due, so
// that a stall shows in every request that it held up (no coordinated
// omission).
package bench
