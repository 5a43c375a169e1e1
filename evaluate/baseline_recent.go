package evaluate

import (
	"context"
	"math"
	"time"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// RecentlyPopular recommends the eligible reels with the most positives of
// late: a positive counts 2^(-age/half-life). As time passes all counts fade
// alike, so the order at the end of train is the order at every later query.
type RecentlyPopular struct {
	baseline
	popularity
}

// NewRecentlyPopular counts the positives of train with the half-life.
func NewRecentlyPopular(train []reel.Interaction, cat *catalog.Catalog, halfLife time.Duration) *RecentlyPopular {
	score := make([]float64, cat.Len())
	if len(train) > 0 {
		end := train[len(train)-1].Time
		for _, it := range train {
			if i, ok := cat.Index(it.Reel); ok && it.Positive() {
				score[i] += math.Exp2(-float64(end-it.Time) / halfLife.Seconds())
			}
		}
	}
	return &RecentlyPopular{baseline{"recently popular"}, newPopularity(cat, score)}
}

// Recommend walks down the popularity.
func (p *RecentlyPopular) Recommend(_ context.Context, q Query, k int) ([]reel.ReelID, error) {
	s := newSlate(p.cat, &q, k)
	p.fill(s)
	return s.ids, nil
}
