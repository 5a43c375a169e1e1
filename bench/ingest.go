package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/reel"
)

// Ingestion is what to record. Its loops are closed: each sender waits for the
// acknowledgement before it sends the next, which is right to find how much
// goes through.
type Ingestion struct {
	Record func(ctx context.Context, events []live.Event) (live.Recorded, error)
	URL    string // of the service over HTTP
	Reels  []reel.ReelID

	Events  int // in batches, once through Record and once through POST /events
	Batch   int // events of a batch
	Writers int // that send batches
	Users   int // made-up people whom the events are of

	Singles int // events that are each a request of their own
	Clients int // that send those

	Trials int // of whether the slate after an event still holds the reel

	Seed     uint64
	Progress func(step string, done, total int)
}

// Ingested is what came of an Ingestion.
type Ingested struct {
	Recorded Sent    `json:"record"`       // batches through live.Service.Record
	Posted   Sent    `json:"post_batches"` // batches through POST /events
	Singles  Sent    `json:"post_singles"` // single events through POST /events
	Changed  Changed `json:"changed_slates"`
}

// Sent is how fast events became durable.
type Sent struct {
	Events    int           `json:"events"`
	Took      time.Duration `json:"took_ns"`
	PerSecond float64       `json:"events_per_second"`
	CPU       time.Duration `json:"cpu_per_event_ns"` // of the whole process, the senders in it; 0 where the system does not tell
	Latencies Latencies     `json:"latencies"`        // of a call, from sending to acknowledgement
}

// Changed counts how often an acknowledged event was known to the next request.
type Changed struct {
	Trials    int       `json:"trials"`
	Failures  int       `json:"failures"`  // slates that still held the reel that was watched
	Latencies Latencies `json:"latencies"` // from sending an event to having the new slate
}

// madeUpPeople is where the ids of made-up people begin, far from a data set's.
const madeUpPeople = 1 << 40

// Ingest sends events and measures how fast they become durable.
func Ingest(ctx context.Context, in Ingestion) (done Ingested, err error) {
	if len(in.Reels) == 0 || min(in.Events, in.Batch, in.Writers, in.Users, in.Singles, in.Clients, in.Trials) < 1 || in.Batch > live.MaxBatch {
		return done, fmt.Errorf("bench: an ingestion needs reels, at least one of everything that it counts, and batches of at most %d", live.MaxBatch)
	}
	client := newClient()
	defer client.CloseIdleConnections()
	record := func(ctx context.Context, batch []live.Event) error {
		outcome, err := in.Record(ctx, batch)
		return accepted(outcome.Accepted, len(batch), err)
	}
	send := func(ctx context.Context, batch []live.Event) error { return in.post(ctx, client, batch) }
	if done.Recorded, err = in.throughput(ctx, "batches through Record", in.Writers, in.Events, in.Batch, record); err != nil {
		return done, err
	}
	if done.Posted, err = in.throughput(ctx, "batches through POST /events", in.Writers, in.Events, in.Batch, send); err != nil {
		return done, err
	}
	if done.Singles, err = in.throughput(ctx, "single events through POST /events", in.Clients, in.Singles, 1, send); err != nil {
		return done, err
	}
	done.Changed, err = in.changed(ctx, client)
	return done, err
}

func accepted(got, want int, err error) error {
	if err == nil && got != want {
		err = fmt.Errorf("bench: of %d events %d were accepted", want, got)
	}
	return err
}

// post sends a batch; one event as itself.
func (in *Ingestion) post(ctx context.Context, client *http.Client, batch []live.Event) error {
	var body []byte
	if len(batch) == 1 {
		body = appendEvent(nil, &batch[0])
	} else {
		body = appendEvents(nil, batch)
	}
	var outcome struct{ Accepted int }
	err := post(ctx, client, in.URL+"/events", body, &outcome)
	return accepted(outcome.Accepted, len(batch), err)
}

// throughput sends events in batches of a size as fast as that goes.
func (in *Ingestion) throughput(ctx context.Context, step string, workers, total, size int, send func(context.Context, []live.Event) error) (Sent, error) {
	sources := make([]events, workers)
	start, cpu := time.Now(), processorTime()
	for w := range sources {
		sources[w] = events{
			random: rand.New(rand.NewPCG(in.Seed, uint64(w))), prefix: fmt.Sprintf("%x-%d-", start.UnixNano(), w), reels: in.Reels,
			users: func(random *rand.Rand) reel.UserID { return reel.UserID(madeUpPeople + random.IntN(in.Users)) },
		}
	}
	calls := (total + size - 1) / size
	took, err := closedLoop(ctx, workers, calls, func(ctx context.Context, w, n int) error {
		if n%100 == 0 {
			in.Progress(step, n, calls)
		}
		return send(ctx, sources[w].batch(size))
	})
	t := Sent{Events: calls * size, Took: time.Since(start)}
	t.PerSecond, t.CPU = float64(t.Events)/t.Took.Seconds(), (processorTime()-cpu)/time.Duration(t.Events)
	t.Latencies = latencies(took)
	return t, err
}

// trialWorkers is how many trials run at once.
const trialWorkers = 4

// changed lets people watch the first reel of their slate, and looks for it in
// the next.
func (in *Ingestion) changed(ctx context.Context, client *http.Client) (c Changed, err error) {
	c.Trials = in.Trials
	began := time.Now()
	failed := make([]int, trialWorkers)
	took := make([]time.Duration, in.Trials)
	_, err = closedLoop(ctx, trialWorkers, in.Trials, func(ctx context.Context, w, n int) error {
		if n%100 == 0 {
			in.Progress("slates after an event", n, in.Trials)
		}
		user := reel.UserID(madeUpPeople + n%in.Users)
		before, err := slate(ctx, client, in.URL, user)
		if err != nil {
			return err
		}
		if len(before) == 0 {
			return errors.New("bench: a slate is empty: the catalogue is too small for so many trials")
		}
		start := time.Now()
		event := live.Event{Interaction: reel.Interaction{User: user, Reel: before[0], Watch: 1}, ID: fmt.Sprintf("%x-%d", began.UnixNano(), n)}
		if err := in.post(ctx, client, []live.Event{event}); err != nil {
			return err
		}
		after, err := slate(ctx, client, in.URL, user)
		took[n] = time.Since(start)
		if slices.Contains(after, before[0]) {
			failed[w]++
		}
		return err
	})
	for _, n := range failed {
		c.Failures += n
	}
	c.Latencies = latencies(took)
	return c, err
}

// slate asks for ten reels.
func slate(ctx context.Context, client *http.Client, url string, user reel.UserID) ([]reel.ReelID, error) {
	var answer struct {
		Recommendations []reel.ReelID `json:"recommendations"`
	}
	err := post(ctx, client, url+"/recommend", ask(nil, user, 10), &answer)
	return answer.Recommendations, err
}
