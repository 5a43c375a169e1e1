package recommend

import (
	"cmp"
	"context"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/rank"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/train"
)

// similarityWeights are what tuneSimilarity chooses from. How much the heads
// and how much the similarity tell of the next choice differs between logs:
// where people watch what they are shown, the heads; where they are shown what
// they look for, the similarity.
var similarityWeights = []float64{0, 0.25, 0.5, 1, 2, 4, 8}

const (
	tuneUsers = 500 // at most, evenly spread over the validation part's users
	tuneK     = 10
)

// chooseSimilarity returns the configured weight of the similarity, or the one
// that the validation part chooses.
func chooseSimilarity(ctx context.Context, t trained, cat *catalog.Catalog, parts train.Parts) (float64, error) {
	if t.cfg.Rank.SimilarityFrom != config.FromValidation || parts.Validation == parts.Train {
		return t.cfg.Rank.SimilarityWeight, nil
	}
	t.cfg.Retrieve.Index = config.EmbeddedIndex // what is tried here is not for a server
	own, err := newTables(t.cfg, t.model, t.encoder, cat, SavedVectors{})
	if err != nil {
		return 0, err
	}
	e, err := assemble(t, own)
	if err != nil {
		return 0, err
	}
	return e.tuneSimilarity(ctx, parts)
}

// tuneSimilarity returns the weight of the similarity that ranks best, by
// NDCG@10, for the users of the validation part as of its beginning; of equals
// the smallest.
func (e *engine) tuneSimilarity(ctx context.Context, parts train.Parts) (float64, error) {
	log := e.data.Interactions
	past, err := e.at(log[:parts.Train], 0)
	if err != nil {
		return 0, err
	}
	cases, _, err := evaluate.Cases(log[:parts.Train], log[parts.Train:parts.Validation], e.catalog)
	if err != nil || len(cases) == 0 {
		return e.cfg.Rank.SimilarityWeight, err
	}
	cases = spread(cases, tuneUsers)
	users := past.usersOf(cases)
	gains := make([][]float64, len(cases)) // [users][weights]
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range cases {
		gains[i] = make([]float64, len(similarityWeights))
		group.Go(func() error { return past.gainPerWeight(ctx, gains[i], &cases[i], users[cases[i].User]) })
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return bestWeight(gains), nil
}

// spread picks up to the given number of cases, evenly.
func spread(cases []evaluate.Case, most int) []evaluate.Case {
	step := (len(cases) + most - 1) / most
	var picked []evaluate.Case
	for i := 0; i < len(cases); i += step {
		picked = append(picked, cases[i])
	}
	return picked
}

// gainPerWeight sets gain[w] to the NDCG of a case, of that user, under each weight.
func (e *engine) gainPerWeight(ctx context.Context, gain []float64, c *evaluate.Case, user model.User) error {
	req := Request{K: tuneK, Now: c.Now, Context: c.Context}
	candidates, _, err := e.retriever.Retrieve(ctx, e.query(req, c.Profile, user))
	if err != nil {
		return err
	}
	e.score(req, c.Profile, user, candidates, rank.Blend{Heads: e.blend(nil).Heads})
	for w, weight := range similarityWeights {
		ranked := byScore(candidates, func(c *reel.Candidate) float32 { return c.Score + float32(weight)*c.Similarity })
		gain[w] = evaluate.NDCG(ranked[:min(tuneK, len(ranked))], c.Relevant, tuneK)
	}
	return nil
}

// bestWeight is the weight with the largest sum of gains.
func bestWeight(gains [][]float64) float64 {
	sums := make([]float64, len(similarityWeights))
	for _, gain := range gains {
		for w, g := range gain {
			sums[w] += g
		}
	}
	best := 0
	for w := range sums {
		if sums[w] > sums[best] {
			best = w
		}
	}
	return similarityWeights[best]
}

// byScore lists the candidates' reels by falling key, ties by index.
func byScore(candidates []reel.Candidate, key func(*reel.Candidate) float32) []reel.ReelID {
	order := slices.Clone(candidates)
	slices.SortFunc(order, func(a, b reel.Candidate) int {
		return cmp.Or(-cmp.Compare(key(&a), key(&b)), cmp.Compare(a.Index, b.Index))
	})
	ids := make([]reel.ReelID, len(order))
	for i, c := range order {
		ids[i] = c.Reel
	}
	return ids
}
