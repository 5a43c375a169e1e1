package retrieve

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/reelrank/reelrank/reel"
)

// PanicError is the error of a source that panicked.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panicked: %v", e.Value) }

// outcome is what one source of one request came to.
type outcome struct {
	slot  int
	found []reel.Candidate
	took  time.Duration
	err   error
}

// run lets all sources look for candidates side by side, and returns what each
// slot found (nil where it failed) with its trace. It does not wait for a
// source beyond the budget or the context; what such a one still finds is
// thrown away with its own buffer.
func (r *Retriever) run(ctx context.Context, q *Query, budget time.Duration) ([][]reel.Candidate, []Trace) {
	bounded, cancel := ctx, context.CancelFunc(func() {})
	if budget > 0 {
		bounded, cancel = context.WithTimeout(ctx, budget)
	}
	defer cancel()

	start := time.Now()
	outcomes := make(chan outcome, len(r.slots)) // room for all: no sender ever blocks
	for s := range r.slots {
		r.running.Go(func() { outcomes <- r.ask(bounded, s, q) })
	}

	found := make([][]reel.Candidate, len(r.slots))
	traces := make([]Trace, len(r.slots))
	for s, slot := range r.slots {
		traces[s] = Trace{Source: slot.Source.Name(), Err: ErrOverBudget}
	}
	for range r.slots {
		select {
		case o := <-outcomes:
			found[o.slot], traces[o.slot] = o.found, r.trace(o)
		case <-bounded.Done():
			return found, r.dropMissing(found, traces, outcomes, time.Since(start))
		}
	}
	return found, traces
}

// dropMissing takes the outcomes that are there already, and leaves the other
// sources as over budget.
func (r *Retriever) dropMissing(found [][]reel.Candidate, traces []Trace, outcomes <-chan outcome, took time.Duration) []Trace {
	for s := range traces {
		if traces[s].Err == ErrOverBudget {
			traces[s].Took = took
		}
	}
	for {
		select {
		case o := <-outcomes:
			found[o.slot], traces[o.slot] = o.found, r.trace(o)
		default:
			return traces
		}
	}
}

func (r *Retriever) trace(o outcome) Trace {
	return Trace{Source: r.slots[o.slot].Source.Name(), Found: len(o.found), Took: o.took, Err: o.err}
}

// ask runs one source and turns a panic into an error.
func (r *Retriever) ask(ctx context.Context, s int, q *Query) (o outcome) {
	start := time.Now()
	defer func() {
		if p := recover(); p != nil {
			o = outcome{err: &PanicError{Value: p, Stack: debug.Stack()}}
		}
		o.slot, o.took = s, time.Since(start)
		if o.err != nil {
			o.found = nil
		}
	}()
	if ctx.Err() != nil {
		return outcome{err: ErrOverBudget}
	}
	// Any source may have to fill the quotas of all others, so each looks for
	// as many as are wanted in all.
	wanted := r.wanted(q)
	found, err := r.slots[s].Source.Retrieve(ctx, q, wanted, make([]reel.Candidate, 0, wanted))
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		err = ErrOverBudget
	}
	return outcome{found: found[:min(len(found), wanted)], err: err}
}
