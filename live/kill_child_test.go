package live

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"
)

// task is what the parent of a kill test tells its child, in an environment
// variable.
type task struct {
	Dir, Bundle string
	EventsOnly  bool
	Next        []int // the first step of each writer that was not acknowledged
}

const taskVariable = "REELRANK_TEST_CHILD"

// again is how many acknowledged steps a restarted writer looks back.
const again = 12

// TestChild is no test: it is the process that a kill test kills. It reports
// each acknowledgement as a line of its own.
func TestChild(t *testing.T) {
	text := os.Getenv(taskVariable)
	if text == "" {
		t.Skip("runs as the child of other tests")
	}
	var now task
	if err := json.Unmarshal([]byte(text), &now); err != nil {
		t.Fatal(err)
	}
	say := newSayer()
	s, err := Open(t.Context(), now.options())
	if err != nil {
		say("fault open: %v", err)
		return
	}
	say("open")
	var writers sync.WaitGroup
	for w, next := range now.Next {
		writers.Go(func() {
			if err := write(t.Context(), s, newScript(w, now.EventsOnly), next, say); err != nil {
				say("fault writer %d: %v", w, err)
			}
		})
	}
	writers.Wait()
}

// options open the child's service. State is written all the time, so that
// kills come in the middle of it.
func (t task) options() Options {
	cfg := brief()
	cfg.Store.StateEvery = 5 * time.Millisecond
	return Options{Dir: t.Dir, Bundle: t.Bundle, Config: cfg}
}

func newScript(writer int, eventsOnly bool) script {
	_, newest := tiny().Window()
	return script{writer: writer, shared: tiny().Reels, eventsOnly: eventsOnly, from: newest}
}

// newSayer prints lines to the parent, one at a time.
func newSayer() func(format string, args ...any) {
	var mu sync.Mutex
	return func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		os.Stdout.WriteString(fmt.Sprintf(format, args...) + "\n")
	}
}

// write sends a writer's last steps again, and goes on for ever.
func write(ctx context.Context, s *Service, script script, next int, say func(string, ...any)) error {
	for n := max(0, next-again); n < next; n++ {
		if script.step(n).events != nil {
			if err := script.again(ctx, s, n); err != nil {
				return err
			}
		}
	}
	for n := next; ; n++ {
		if err := script.do(ctx, s, n); err != nil {
			return err
		}
		say("done %d %d", script.writer, n)
	}
}
