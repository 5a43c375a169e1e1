package embedded

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// benchUsers is how many users the events of a benchmark are of.
const benchUsers = 20_000

func benchStore(b *testing.B) *Store {
	b.Helper()
	s, err := Open(Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// benchEvent is an event as a client sends it, with an ID.
func benchEvent(random *rand.Rand, n int64) store.Event {
	return store.Event{
		Interaction: reel.Interaction{
			User: reel.UserID(random.IntN(benchUsers)), Reel: reel.ReelID(random.IntN(1e6)), Creator: reel.CreatorID(random.IntN(1e5)),
			Time: time.Now().Unix(), Watch: reel.WatchTime(random.Float32()), Duration: float32(5 + random.IntN(55)), Observed: reel.AllObserved,
			Context: reel.Context{Device: "android", Place: "BR", Session: int64(random.IntN(1e6)), Position: random.IntN(20)},
		},
		ID: fmt.Sprintf("%016x", n),
	}
}

// BenchmarkAppendBatch appends batches of 100 from two goroutines; an op is
// one event.
func BenchmarkAppendBatch(b *testing.B) {
	const size, writers = 100, 2
	s := benchStore(b)
	var next atomic.Int64
	b.ResetTimer()
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(w)))
			bodies := make([]store.Body, size)
			for first := next.Add(size) - size; first < int64(b.N); first = next.Add(size) - size {
				for i := range bodies {
					bodies[i] = benchEvent(random, first+int64(i))
				}
				if _, err := s.Append(context.Background(), bodies...); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkAppendSingle appends single events from 64 goroutines that each
// wait for the answer: as fast as that goes, and at 3,000 a second.
func BenchmarkAppendSingle(b *testing.B) {
	const writers = 64
	for _, c := range []struct {
		name  string
		pause time.Duration // between the events of one goroutine; 0 for none
	}{{"flat-out", 0}, {"3000-a-second", writers * time.Second / 3000}} {
		b.Run(c.name, func(b *testing.B) { benchSingles(b, writers, c.pause) })
	}
}

func benchSingles(b *testing.B, writers int, pause time.Duration) {
	s := benchStore(b)
	var next atomic.Int64
	took := make([][]time.Duration, writers)
	b.ResetTimer()
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(2, uint64(w)))
			due := time.Now().Add(time.Duration(random.Int64N(int64(pause) + 1)))
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				time.Sleep(time.Until(due))
				began := time.Now()
				if pause > 0 { // a late event is late from when it was due
					began, due = due, due.Add(pause)
				}
				if _, err := s.Append(context.Background(), benchEvent(random, n)); err != nil {
					b.Error(err)
					return
				}
				took[w] = append(took[w], time.Since(began))
			}
		})
	}
	wait.Wait()
	all := slices.Sorted(slices.Values(slices.Concat(took...)))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(all[len(all)/2].Seconds()*1000, "p50-ms")
	b.ReportMetric(all[len(all)*99/100].Seconds()*1000, "p99-ms")
}

// BenchmarkProfile reads profiles that are not in memory.
func BenchmarkProfile(b *testing.B) {
	s := benchStore(b)
	random := rand.New(rand.NewPCG(3, 0))
	for range 1000 {
		bodies := make([]store.Body, 1000)
		for i := range bodies {
			e := benchEvent(random, 0)
			e.ID = ""
			bodies[i] = e
		}
		if _, err := s.Append(context.Background(), bodies...); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.db.Flush(); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for range b.N {
		if p, err := loadProfile(s.db, reel.UserID(random.IntN(benchUsers))); err != nil || p == nil {
			b.Fatal(p, err)
		}
	}
}
