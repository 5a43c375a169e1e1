package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/reelrank/reelrank/live"
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

	// Fresh are reels of which the user of a request is said, by an event just
	// before it, to have watched one: the answer needs their vector anew. The
	// latency is then that of both, one after the other. With none, users do
	// nothing meanwhile.
	Fresh []reel.ReelID
}

// Result is what came of a Load.
type Result struct {
	Requests  uint64         `json:"requests"`
	Errors    uint64         `json:"errors"` // answers other than 200, and none at all
	Codes     map[string]int `json:"codes"`  // answers by HTTP status; "0" for none
	Rate      float64        `json:"rate"`   // requests sent per second
	Latencies Latencies      `json:"latencies"`
	CPU       time.Duration  `json:"cpu_per_request_ns"` // of this whole process, the sender in it; 0 where the system does not tell
}

// Serve sends POST /recommend at the load's rate, each for the next user in a
// random order, and measures the answers. It ends early, with what there is and the
// context's error, when ctx does.
func Serve(ctx context.Context, load Load) (Result, error) {
	if len(load.Users) == 0 || load.Rate < 1 || load.Duration <= 0 {
		return Result{}, errors.New("bench: a load needs at least one user, one request per second, and a duration")
	}
	client := newClient()
	defer client.CloseIdleConnections()
	if len(load.Fresh) > 0 {
		client.Transport = afterEvent{client.Transport, load.URL}
	}
	attacker := vegeta.NewAttacker(vegeta.Client(client))
	pace := vegeta.ConstantPacer{Freq: load.Rate, Per: time.Second}
	var answers []*vegeta.Result
	cpu := processorTime()
	results := attacker.Attack(load.targeter(), pace, load.Duration, "recommend")
	for {
		select {
		case <-ctx.Done():
			attacker.Stop()
			return load.result(answers, processorTime()-cpu), ctx.Err()
		case r, ok := <-results:
			if !ok {
				return load.result(answers, processorTime()-cpu), nil
			}
			r.Body, r.Headers = nil, nil
			answers = append(answers, r)
		}
	}
}

// result sums up. Vegeta counts from when a request was sent, which on a busy
// machine is later than when it was due.
func (load Load) result(answers []*vegeta.Result, cpu time.Duration) Result {
	r := Result{Requests: uint64(len(answers)), Codes: map[string]int{}}
	if len(answers) == 0 {
		return r
	}
	interval := time.Second / time.Duration(load.Rate)
	due := func(a *vegeta.Result) time.Time { return a.Timestamp.Add(-time.Duration(a.Seq) * interval) }
	start, last := due(answers[0]), answers[0].Timestamp
	for _, a := range answers {
		if at := due(a); at.Before(start) { // the most punctual of all
			start = at
		}
		if a.Timestamp.After(last) {
			last = a.Timestamp
		}
	}
	took := make([]time.Duration, len(answers))
	for k, a := range answers {
		took[k] = due(a).Sub(start) + a.Latency
		r.Codes[strconv.Itoa(int(a.Code))]++
		if a.Code != http.StatusOK {
			r.Errors++
		}
	}
	r.Rate = float64(r.Requests) / (last.Sub(start) + interval).Seconds()
	r.Latencies, r.CPU = latencies(took), cpu/time.Duration(r.Requests)
	return r
}

// targeter builds the requests, one user after another in a random order, from
// the start when all had their turn. The attacker calls it from several
// goroutines.
func (load Load) targeter() vegeta.Targeter {
	order := rand.New(rand.NewPCG(load.Seed, 0)).Perm(len(load.Users))
	header := http.Header{"Content-Type": {"application/json"}}
	var sent atomic.Uint64
	return func(t *vegeta.Target) error {
		n := sent.Add(1) - 1
		user := load.Users[order[n%uint64(len(order))]]
		t.Method, t.URL, t.Header = http.MethodPost, load.URL+"/recommend", header
		t.Body = ask(nil, user, load.TopK)
		if len(load.Fresh) > 0 {
			t.Body = ask(append(load.event(user, n), '\n'), user, load.TopK)
		}
		return nil
	}
}

func ask(b []byte, user reel.UserID, topK int) []byte {
	return fmt.Appendf(b, `{"user_id":%d,"top_k":%d}`, user, topK)
}

// event is the body of the n-th request's event.
func (load Load) event(user reel.UserID, n uint64) []byte {
	random := rand.New(rand.NewPCG(load.Seed, n))
	it := reel.Interaction{User: user, Reel: load.Fresh[random.IntN(len(load.Fresh))], Watch: reel.WatchTime(random.Float32())}
	return appendEvent(nil, &live.Event{Interaction: it})
}

// afterEvent is a transport for bodies of two lines: an event, and the request
// to send once that is acknowledged.
type afterEvent struct {
	http.RoundTripper
	url string
}

// RoundTrip implements http.RoundTripper.
func (t afterEvent) RoundTrip(r *http.Request) (*http.Response, error) {
	var both bytes.Buffer
	_, err := both.ReadFrom(r.Body)
	if err := errors.Join(err, r.Body.Close()); err != nil {
		return nil, err
	}
	event, request, _ := bytes.Cut(both.Bytes(), []byte("\n"))
	if err := post(r.Context(), &http.Client{Transport: t.RoundTripper}, t.url+"/events", event, nil); err != nil {
		return nil, err
	}
	next, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), bytes.NewReader(request))
	if err != nil {
		return nil, err
	}
	next.Header = r.Header
	return t.RoundTripper.RoundTrip(next)
}

// warmers is how many ask at once before a load.
const warmers = 8

// Warm asks for every user's slate once, so that the vectors of those who do
// nothing are there.
func (load Load) Warm(ctx context.Context) error {
	client := newClient()
	defer client.CloseIdleConnections()
	_, err := closedLoop(ctx, warmers, len(load.Users), func(ctx context.Context, _, n int) error {
		return post(ctx, client, load.URL+"/recommend", ask(nil, load.Users[n], load.TopK), nil)
	})
	return err
}
