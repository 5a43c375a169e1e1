package retrieve

import (
	"cmp"
	"context"
	"slices"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// What one recent interaction says about liking its creator, beside the
// observed watch time (0..1). The numbers only set an order of the user's
// creators; what they find is ranked by the model.
const (
	affinityFollow        = 2    // following now, whenever it began
	affinityEngagement    = 1    // each of like, share, save, comment
	affinitySkip          = -1   // swiped away
	affinityNotInterested = -3   // outweighs a follow
	affinityFade          = 0.97 // per interaction since: the 50th last counts a fifth
	affinityMin           = 1    // for a creator who is not followed: about two reels enjoyed
)

// creators finds the newest reels of creators whom the user follows or has
// engaged with lately.
type creators struct{ catalog *catalog.Catalog }

var _ Source = (*creators)(nil)

func (s *creators) Name() reel.Source { return reel.SourceCreators }

// Retrieve takes the newest eligible reel of each creator, those with the
// highest affinity first, then the second newest of each, and so on: no
// creator crowds out the others.
func (s *creators) Retrieve(ctx context.Context, q *Query, k int, dst []reel.Candidate) ([]reel.Candidate, error) {
	want := len(dst) + k
	lists := s.reelsByAffinity(q.Profile)
	for len(lists) > 0 && len(dst) < want {
		if err := ctx.Err(); err != nil {
			return dst, err
		}
		left := lists[:0]
		for _, list := range lists {
			for len(list) > 0 && !q.Eligible(list[len(list)-1]) {
				list = list[:len(list)-1]
			}
			if len(list) == 0 || len(dst) == want {
				continue
			}
			newest := len(list) - 1
			dst = append(dst, reel.Candidate{Index: list[newest]})
			left = append(left, list[:newest])
		}
		lists = left
	}
	return dst, nil
}

// reelsByAffinity lists the reels of each creator that the user cares for,
// oldest first.
func (s *creators) reelsByAffinity(p *reel.Profile) [][]int32 {
	var lists [][]int32
	for _, creator := range creatorsByAffinity(p) {
		if c, ok := s.catalog.CreatorIndex(creator); ok {
			lists = append(lists, s.catalog.ReelsOf(c))
		}
	}
	return lists
}

// creatorsByAffinity lists the creators that the user follows or likes enough,
// highest affinity first, ties by id. A creator marked as not interesting is
// left out even where followed.
func creatorsByAffinity(p *reel.Profile) []reel.CreatorID {
	affinity := make(map[reel.CreatorID]float64, len(p.Follows)+len(p.Recent))
	fade := 1.0
	for _, it := range slices.Backward(p.Recent) {
		affinity[it.Creator] += fade * affinityOf(&it)
		fade *= affinityFade
	}
	for id := range p.Follows { // each is set on its own: the order does not matter
		affinity[id] += affinityFollow
	}
	liked := make([]reel.CreatorID, 0, len(affinity))
	for id, a := range affinity {
		if a >= affinityMin || a > 0 && p.IsFollowing(id) {
			liked = append(liked, id)
		}
	}
	slices.SortFunc(liked, func(a, b reel.CreatorID) int {
		return cmp.Or(cmp.Compare(affinity[b], affinity[a]), cmp.Compare(a, b))
	})
	return liked
}

func affinityOf(it *reel.Interaction) float64 {
	var a float64
	if it.Observed.Has(reel.Watched) {
		a += float64(it.Watch)
	}
	for _, s := range [...]reel.Signals{reel.Liked, reel.Shared, reel.Saved, reel.Commented} {
		if it.Signals.Has(s) {
			a += affinityEngagement
		}
	}
	if it.Signals.Has(reel.Skipped) {
		a += affinitySkip
	}
	if it.Signals.Has(reel.NotInterested) {
		a += affinityNotInterested
	}
	return a
}
