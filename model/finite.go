package model

import (
	"fmt"

	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/reel"
)

// FirstNonFinite names the first layer, in the order of computation, whose
// output in the last Forward holds a NaN or an infinity, or else "targets" if
// what the heads are held to does; "" if all is finite.
func (p *Pass) FirstNonFinite() string {
	if !nn.Finite(p.batch.Content) || !nn.Finite(p.batch.Context) || !nn.Finite(p.batch.Event) {
		return "input features"
	}
	if p.m.Tower != nil && !nn.Finite(p.tower.unit) {
		return "tower"
	}
	if layer := p.user.sequence.FirstNonFinite(); layer != "" {
		return layer
	}
	if p.m.Query != nil && !nn.Finite(p.recall.query) {
		return "query"
	}
	if p.searches() && !nn.Finite(p.recall.logits) {
		return "retrieval"
	}
	for i := range p.rank.out {
		if !nn.Finite(p.rank.out[i]) {
			return fmt.Sprintf("dense%d", i+1)
		}
	}
	if !nn.Finite(p.Logits) {
		return "heads"
	}
	for h := range reel.NumHeads {
		if !nn.Finite(p.batch.Targets[h]) || !nn.Finite(p.batch.Weights[h]) {
			return "targets"
		}
	}
	return ""
}

// NotFiniteError says what of which reel is not finite, so that it cannot be
// served.
type NotFiniteError struct {
	Index int32  // dense index of the reel
	What  string // e.g. "vector"
}

func (e *NotFiniteError) Error() string {
	return fmt.Sprintf("the model gives the reel at index %d a %s that is not finite", e.Index, e.What)
}

// FirstNotFinite returns a *NotFiniteError for the first of the reels is whose
// row of x [len(is), width] is not finite.
func FirstNotFinite(what string, is []int32, x []float32, width int) error {
	if nn.Finite(x[:len(is)*width]) {
		return nil
	}
	for n, i := range is {
		if !nn.Finite(x[n*width : (n+1)*width]) {
			return &NotFiniteError{Index: i, What: what}
		}
	}
	return nil
}
