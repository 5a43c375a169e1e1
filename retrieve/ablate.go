package retrieve

import (
	"context"
	"slices"

	"github.com/reelrank/reelrank/reel"
)

// Ablation is what a request finds with all sources, and what each brings.
type Ablation struct {
	Merged  []reel.Candidate // what Retrieve returns, without similarities
	Sources []Ablated        // in the order of the merge's ties
}

// Ablated is one source's part in an Ablation.
type Ablated struct {
	Source  reel.Source
	Quota   int
	Own     []reel.Candidate // its own first reels, at most its quota
	Without []reel.Candidate // the merge of the other sources, as long as Merged where they find enough
}

// Ablate asks every source once, without a time budget, and merges what they
// find with all of them and without each. The error is that of the first source
// that fails, or the context's.
func (r *Retriever) Ablate(ctx context.Context, q *Query) (Ablation, error) {
	own := q.prepared(r.parts.Catalog)
	found, traces := r.run(ctx, own, 0)
	if err := ctx.Err(); err != nil {
		return Ablation{}, err
	}
	for _, t := range traces {
		if t.Err != nil {
			return Ablation{}, t.Err
		}
	}
	a := Ablation{Merged: r.merge(own, slices.Clone(found))}
	for s, slot := range r.slots {
		alone := make([][]reel.Candidate, len(found))
		alone[s] = found[s]
		others := slices.Clone(found)
		others[s] = nil
		first := r.merge(own, alone)
		a.Sources = append(a.Sources, Ablated{
			Source: slot.Source.Name(), Quota: slot.Quota,
			Own: first[:min(slot.Quota, len(first))], Without: r.merge(own, others),
		})
	}
	return a, nil
}
