package learn

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/simulate"
)

// The load of BenchmarkRequestsBesideARound, which is open-loop: a request is
// due at its time, however late those before it are, and its latency counts
// from then.
const (
	requestsPerSecond = 100
	quietTime         = 20 * time.Second
)

// BenchmarkRequestsBesideARound measures the requests of the demo world with
// nothing beside them, and then while rounds of learning and the swaps after
// them go on, with several settings of the round. What the rounds gave is
// logged.
func BenchmarkRequestsBesideARound(b *testing.B) {
	d, log := demoDeployment(b)
	b.Run("quiet", func(b *testing.B) {
		for b.Loop() {
			report(b, d.under(b, func() { time.Sleep(quietTime) }))
		}
	})
	for _, s := range []struct {
		name    string
		load    float64
		threads int
	}{{"default", 0.5, 0}, {"unhurried", 0.2, 0}, {"flat out", 1, 1 << 10}} {
		b.Run(s.name, func(b *testing.B) {
			cfg := config.Default().Learn
			cfg.Load, cfg.Threads = s.load, s.threads
			for b.Loop() {
				d.loop = New(Options{Service: d.Service, Registry: d.models, Serving: d.current(b), Config: cfg})
				log = d.next(b, log)
				begun := time.Now()
				took := d.under(b, func() {
					done := d.round(b)
					b.Logf("%s, threads %d, load %g: promoted %t in %s: %s", s.name, d.loop.stints.threads, s.load, done.Promoted, time.Since(begun).Round(100*time.Millisecond), done.Reason)
					d.loop.follow(context.Background(), time.Now())
				})
				report(b, took)
			}
		})
	}
}

// demoDeployment serves a model of the older part of the demo world's log, and
// returns the rest of it.
func demoDeployment(b *testing.B) (*deployment, []reel.Interaction) {
	b.Helper()
	params, err := simulate.Demo.Params()
	if err != nil {
		b.Fatal(err)
	}
	w, err := simulate.New(params, 1)
	if err != nil {
		b.Fatal(err)
	}
	if err := w.Generate(b.Context(), nil); err != nil {
		b.Fatal(err)
	}
	log := w.Interactions()
	cut := len(log) * 7 / 10
	cfg := config.Default()
	cfg.Model.Preset = "compact"
	r := recommend.New(cfg)
	if _, err := r.Fit(b.Context(), &dataset.Dataset{Interactions: log[:cut], Reels: w.Reels()}, recommend.FitOptions{}); err != nil {
		b.Fatal(err)
	}
	bundle, dir := filepath.Join(b.TempDir(), "bundle"), b.TempDir()
	if err := r.Save(b.Context(), bundle); err != nil {
		b.Fatal(err)
	}
	end := time.Unix(log[len(log)-1].Time, 0)
	s, err := live.Open(b.Context(), live.Options{Dir: dir, Bundle: bundle, Config: cfg, Now: func() time.Time { return end }})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	d := &deployment{Service: s, models: reopened(b, Folder(dir), 5)}
	if d.first, err = d.models.Adopt(bundle, "first start"); err != nil {
		b.Fatal(err)
	}
	return d, log[cut:]
}

// next brings a third of the log into the store, and returns what is left.
func (d *deployment) next(b *testing.B, log []reel.Interaction) []reel.Interaction {
	b.Helper()
	part := log[:len(log)/3]
	for its := range slices.Chunk(part, live.MaxBatch) {
		events := make([]live.Event, len(its))
		for k, it := range its {
			events[k] = live.Event{Interaction: it}
		}
		if _, err := d.Record(b.Context(), events); err != nil {
			b.Fatal(err)
		}
	}
	return log[len(part):]
}

// under asks for slates, of which none may fail, while something is done, and
// returns how long each took from the time that it was due.
func (d *deployment) under(b *testing.B, do func()) (took []time.Duration) {
	stop := make(chan struct{})
	var asker, answers sync.WaitGroup
	var mu sync.Mutex
	asker.Go(func() {
		due := time.Now()
		for user := reel.UserID(0); ; user = (user + 7) % 1_500 {
			due = due.Add(time.Second / requestsPerSecond)
			select {
			case <-stop:
				return
			case <-time.After(time.Until(due)):
			}
			from, asks := due, user
			answers.Go(func() {
				_, err := d.Recommend(context.Background(), recommend.Request{User: asks, K: 10})
				late := time.Since(from)
				mu.Lock()
				defer mu.Unlock()
				if took = append(took, late); err != nil {
					b.Error(err)
				}
			})
		}
	})
	do()
	close(stop)
	asker.Wait()
	answers.Wait()
	slices.Sort(took)
	return took
}

func report(b *testing.B, took []time.Duration) {
	for _, p := range []struct {
		name  string
		share float64
	}{{"p50-ms", 0.5}, {"p99-ms", 0.99}, {"max-ms", 1}} {
		at := max(0, int(float64(len(took))*p.share)-1)
		b.ReportMetric(float64(took[at].Microseconds())/1000, p.name)
	}
	b.ReportMetric(float64(len(took)), "requests")
}
