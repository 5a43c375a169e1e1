package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/reelrank/reelrank/reel"
)

// Load is what to send.
type Load struct {
	URL      string // of the service, e.g. "http://127.0.0.1:8000"
	Users    []reel.UserID
	TopK     int
	Rate     int // requests per second
	Duration time.Duration
	Seed     uint64 // of the order of the users
}

// Latencies are percentiles of the time from when a request was due until its
// whole answer was there.
type Latencies struct {
	P50  time.Duration `json:"p50_ns"`
	P99  time.Duration `json:"p99_ns"`
	P999 time.Duration `json:"p999_ns"`
	Max  time.Duration `json:"max_ns"`
}

// Result is what came of a Load.
type Result struct {
	Requests  uint64         `json:"requests"`
	Errors    uint64         `json:"errors"` // answers other than 200, and none at all
	Codes     map[string]int `json:"codes"`  // answers by HTTP status; "0" for none
	Rate      float64        `json:"rate"`   // requests sent per second
	Latencies Latencies      `json:"latencies"`
}

// Serve sends POST /recommend at the load's rate, each for the next user in a
// random order, and measures the answers. It ends early, with what there is and the
// context's error, when ctx does.
func Serve(ctx context.Context, load Load) (Result, error) {
	if len(load.Users) == 0 || load.Rate < 1 || load.Duration <= 0 {
		return Result{}, errors.New("bench: a load needs at least one user, one request per second, and a duration")
	}
	attacker := vegeta.NewAttacker(vegeta.Timeout(30*time.Second), vegeta.KeepAlive(true))
	var metrics vegeta.Metrics
	pace := vegeta.ConstantPacer{Freq: load.Rate, Per: time.Second}
	results := attacker.Attack(load.targeter(), pace, load.Duration, "recommend")
	for {
		select {
		case <-ctx.Done():
			attacker.Stop()
			return load.result(&metrics), ctx.Err()
		case r, ok := <-results:
			if !ok {
				return load.result(&metrics), nil
			}
			metrics.Add(r)
		}
	}
}

// targeter builds the requests, one user after another in a random order, from
// the start when all had their turn. The attacker calls it from several
// goroutines.
func (load Load) targeter() vegeta.Targeter {
	order := rand.New(rand.NewPCG(load.Seed, 0)).Perm(len(load.Users))
	header := http.Header{"Content-Type": {"application/json"}}
	var sent atomic.Uint64
	return func(t *vegeta.Target) error {
		turn := (sent.Add(1) - 1) % uint64(len(order))
		user := load.Users[order[turn]]
		t.Method, t.URL, t.Header = http.MethodPost, load.URL+"/recommend", header
		t.Body = fmt.Appendf(nil, `{"user_id":%d,"top_k":%d}`, user, load.TopK)
		return nil
	}
}

func (load Load) result(m *vegeta.Metrics) Result {
	m.Close()
	return Result{
		Requests: m.Requests, Errors: m.Requests - uint64(m.StatusCodes["200"]), Codes: m.StatusCodes, Rate: m.Rate,
		Latencies: Latencies{P50: m.Latencies.P50, P99: m.Latencies.P99, P999: m.Latencies.Quantile(0.999), Max: m.Latencies.Max},
	}
}
