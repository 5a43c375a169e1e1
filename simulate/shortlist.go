package simulate

import (
	"math"
	"slices"
	"sort"

	"github.com/reelrank/reelrank/reel"
)

// shortlist keeps the k best reels, best first.
type shortlist struct {
	k      int
	reels  []int32
	scores []float64
}

// least is the score to beat; 0 while there is room.
func (s *shortlist) least() float64 {
	switch {
	case s.k == 0:
		return math.Inf(1)
	case len(s.reels) < s.k:
		return 0
	}
	return s.scores[s.k-1]
}

func (s *shortlist) add(r int32, score float64) {
	i := sort.Search(len(s.reels), func(i int) bool { return descending(s.scores[i], score, s.reels[i], r) > 0 })
	s.reels, s.scores = slices.Insert(s.reels, i, r), slices.Insert(s.scores, i, score)
	s.reels, s.scores = s.reels[:min(s.k, len(s.reels))], s.scores[:min(s.k, len(s.scores))]
}

func (s *shortlist) ids() []reel.ReelID {
	ids := make([]reel.ReelID, len(s.reels))
	for i, r := range s.reels {
		ids[i] = reelID(r)
	}
	return ids
}

// descending orders by score, then by index.
func descending(a, b float64, ia, ib int32) int {
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return int(ia - ib)
}
