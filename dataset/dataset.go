package dataset

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/reelrank/reelrank/reel"
)

// Dataset is a log of interactions and the reels that they name.
type Dataset struct {
	Interactions []reel.Interaction // sorted by time; ties keep their order
	Reels        []reel.Reel        // each id once, ascending in what Import returns
	Source       string             // where it comes from, e.g. "csv", "kuairand", "simulated"
}

// Sort puts the interactions in the order of time. Interactions of the same
// second keep their order.
func (ds *Dataset) Sort() {
	byTime := func(a, b reel.Interaction) int { return cmp.Compare(a.Time, b.Time) }
	if !slices.IsSortedFunc(ds.Interactions, byTime) {
		slices.SortStableFunc(ds.Interactions, byTime)
	}
}

// Window returns the times of the oldest and the newest interaction in unix
// seconds, both 0 for a dataset without interactions.
func (ds *Dataset) Window() (from, to int64) {
	if len(ds.Interactions) == 0 {
		return 0, 0
	}
	return ds.Interactions[0].Time, ds.Interactions[len(ds.Interactions)-1].Time
}

// Validate returns an error that names the first row that breaks the
// package's invariant.
func (ds *Dataset) Validate() error {
	creators := make(map[reel.ReelID]reel.CreatorID, len(ds.Reels))
	for i := range ds.Reels {
		r := &ds.Reels[i]
		if err := r.Validate(); err != nil {
			return fmt.Errorf("reel %d of %d: %w", i+1, len(ds.Reels), err)
		}
		if _, twice := creators[r.ID]; twice {
			return fmt.Errorf("reel %d of %d: reel_id %d is there twice", i+1, len(ds.Reels), r.ID)
		}
		creators[r.ID] = r.Creator
	}
	var last int64
	for i := range ds.Interactions {
		it := &ds.Interactions[i]
		if err := checkInteraction(it, last, creators); err != nil {
			return fmt.Errorf("interaction %d of %d: %w", i+1, len(ds.Interactions), err)
		}
		last = it.Time
	}
	return nil
}

func checkInteraction(it *reel.Interaction, last int64, creators map[reel.ReelID]reel.CreatorID) error {
	if err := it.Validate(); err != nil {
		return err
	}
	if it.Time < last {
		return fmt.Errorf("timestamp: %d comes after %d: interactions must be sorted by time", it.Time, last)
	}
	creator, known := creators[it.Reel]
	if !known {
		return fmt.Errorf("reel_id: %d is not among the reels", it.Reel)
	}
	if creator != it.Creator {
		return fmt.Errorf("creator_id: %d, but reel %d is by %d", it.Creator, it.Reel, creator)
	}
	return nil
}

// signals are the columns that say what a user did, in the schema's order.
// Each stands for one bit of reel.Signals.
var signals = []struct {
	name string
	bit  reel.Signals
}{
	{"watch_time", reel.Watched},
	{"liked", reel.Liked},
	{"shared", reel.Shared},
	{"followed", reel.Followed},
	{"comment", reel.Commented},
	{"save", reel.Saved},
	{"skip", reel.Skipped},
	{"not_interested", reel.NotInterested},
}
