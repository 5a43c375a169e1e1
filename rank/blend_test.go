package rank

import (
	"math"
	"testing"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
)

func TestACorrectionAddsTheSlotsThatAreACandidatesOwn(t *testing.T) {
	inBoth(t, func(t *testing.T, p Precision) {
		rng := seeded(41)
		s := newSituation(t, rng, model.Config{Tower: 4, Hidden: 3, Layers: 1, Dense: []int{6, 5}, Temperature: 1}, 8, 4, 5)
		scorer, user := s.scorer(t, p), s.user()
		plain, corrected := s.candidates(), s.candidates()
		blend := byDefault
		blend.Similarity = 0.7
		scorer.Score(user, s.contexts, plain, blend)
		blend.Context = normals(rng, feature.ContextDim)
		scorer.Score(user, s.contexts, corrected, blend)
		for i, c := range corrected {
			var dot [1]float32
			s.reels.TowerDots(dot[:], &user, []int32{c.Index})
			want := blend.Context[feature.TowerDot] * dot[0]
			for k := feature.CandidateAt; k < feature.ContextDim; k++ {
				want += blend.Context[k] * s.contexts[i*feature.ContextDim+k]
			}
			if got := c.Score - plain[i].Score; math.Abs(float64(got-0.7*want)) > 1e-4 {
				t.Errorf("candidate %d moves by %v, want %v", i, got, 0.7*want)
			}
			if c.Predictions != plain[i].Predictions {
				t.Errorf("candidate %d: the correction changes its predictions", i)
			}
		}
	})
}
