package retrieve

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/reelrank/reelrank/reel"
)

// Counts say what became of one source's share in the requests so far.
type Counts struct {
	Source     reel.Source
	Quota      int
	Requests   int64 // that asked it
	Failed     int64 // of them, dropped for an error or a panic
	OverBudget int64 // of them, dropped for taking too long
}

// tally is Counts as they are counted.
type tally struct{ requests, failed, overBudget atomic.Int64 }

// tally counts one run of all sources. A request whose own context ended says
// nothing about them.
func (r *Retriever) tally(ctx context.Context, traces []Trace) {
	if ctx.Err() != nil {
		return
	}
	for s, t := range traces {
		r.tallies[s].requests.Add(1)
		switch {
		case errors.Is(t.Err, ErrOverBudget):
			r.tallies[s].overBudget.Add(1)
		case t.Err != nil:
			r.tallies[s].failed.Add(1)
		}
	}
}

// Counts returns the counts of all sources, in the order of the merge's ties.
// Each number is exact; together they may be of slightly different moments.
func (r *Retriever) Counts() []Counts {
	counts := make([]Counts, len(r.slots))
	for s, slot := range r.slots {
		t := &r.tallies[s]
		counts[s] = Counts{slot.Source.Name(), slot.Quota, t.requests.Load(), t.failed.Load(), t.overBudget.Load()}
	}
	return counts
}
