package rerank

import (
	"fmt"
	"slices"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// refusalFade is what is left of a refusal after each interaction since: the
// 50th last, the oldest that a profile knows, counts a fifth.
const refusalFade = 0.97

// refusals is how much a user lately said that they do not want to see, by
// dense creator and category, each at most 1.
type refusals struct{ creators, categories map[int32]float64 }

// refusalsOf reads the reels marked as not interesting among a user's recent
// interactions, the oldest first.
func refusalsOf(recent []reel.Interaction, c *catalog.Catalog) refusals {
	var r refusals
	weight := 1.0
	for _, it := range slices.Backward(recent) {
		if it.Signals.Has(reel.NotInterested) {
			r.add(it, c, weight)
		}
		weight *= refusalFade
	}
	return r
}

func (r *refusals) add(it reel.Interaction, c *catalog.Catalog, weight float64) {
	if r.creators == nil {
		r.creators, r.categories = map[int32]float64{}, map[int32]float64{}
	}
	if creator, ok := c.CreatorIndex(it.Creator); ok {
		r.creators[creator] = min(1, r.creators[creator]+weight)
	}
	if i, ok := c.Known(it.Reel); ok && c.CategoryOf(i) != catalog.UnknownLabel {
		category := c.CategoryOf(i)
		r.categories[category] = min(1, r.categories[category]+weight)
	}
}

// explainRefusals tells what the option lost to them.
func (o *option) explainRefusals() (steps []string) {
	if o.refusedCreator > 0 {
		steps = append(steps, fmt.Sprintf("not interested in a reel of this creator %+.3g", -o.refusedCreator))
	}
	if o.refusedCategory > 0 {
		steps = append(steps, fmt.Sprintf("not interested in a reel of this category %+.3g", -o.refusedCategory))
	}
	return steps
}
