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
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/rank"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/train"
)

// similarityWeights are what the validation part chooses from. How much the
// heads and how much the similarity tell of the next choice differs between
// logs: where people watch what they are shown, the heads; where they are shown
// what they look for, the similarity.
var similarityWeights = []float64{0, 0.25, 0.5, 1, 2, 4, 8}

const (
	tuneUsers = 1500 // at most, evenly spread over the validation part's users
	tuneK     = 10
)

// choice is how a score weighs what would have been chosen from the whole
// catalogue, beside the heads.
type choice struct {
	Similarity float64   `json:"similarity"`           // weight of the corrected similarity
	Correction []float32 `json:"correction,omitempty"` // by the context, see rank.Blend; nil for none
}

// choose sets how scores are made: as configured, or as the validation part
// chooses.
func (t *trained) choose(ctx context.Context, cat *catalog.Catalog, parts train.Parts) error {
	from := t.cfg.Rank.SimilarityFrom
	if from != config.FromValidation && from != config.WeightFromValidation || parts.Validation == parts.Train {
		return nil
	}
	trial := *t
	trial.cfg.Retrieve.Index = config.EmbeddedIndex // what is tried here is not for a server
	own, err := newTables(trial.cfg, t.model, t.encoder, cat, SavedVectors{})
	if err != nil {
		return err
	}
	e, err := assemble(trial, own)
	if err != nil {
		return err
	}
	asked, met, err := e.validationQuestions(ctx, parts)
	if err != nil || len(asked) == 0 {
		return err
	}
	if from == config.WeightFromValidation {
		t.cfg.Rank.SimilarityWeight = plainChoice(asked).Similarity
		return nil
	}
	chosen := bestChoice(asked)
	t.cfg.Rank.SimilarityWeight, t.correction = chosen.Similarity, chosen.Correction
	if chosen := bestChoice(met); chosen.Correction != nil {
		t.strangers = &chosen
	}
	return nil
}

// question is a case of the validation part with the candidates that it is
// ranked among.
type question struct {
	reels      []reel.ReelID
	index      []int32   // dense
	heads      []float32 // weighted
	similarity []float32
	own        []float32 // [candidates, feature.ContextDim] less what the candidates share, which is 0
	hits       []bool
	relevant   []reel.ReelID
}

// validationQuestions asks for the users of the validation part as of its
// beginning: as whom they are, and once more as strangers, of whom nothing is
// known but what not to show them.
func (e *engine) validationQuestions(ctx context.Context, parts train.Parts) (asked, met []question, err error) {
	log := e.data.Interactions
	past, err := e.at(log[:parts.Train], 0)
	if err != nil {
		return nil, nil, err
	}
	cases, _, err := evaluate.Cases(log[:parts.Train], log[parts.Train:parts.Validation], e.catalog)
	if err != nil {
		return nil, nil, err
	}
	cases = spread(cases, tuneUsers)
	users := past.usersOf(cases)
	asked, met = make([]question, len(cases)), make([]question, len(cases))
	nobody := reel.NewProfile(0)
	stranger := past.encode(nobody)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range cases {
		group.Go(func() (err error) {
			c := &cases[i]
			if asked[i], err = past.question(ctx, c, c.Profile, users[c.User]); err != nil {
				return err
			}
			met[i], err = past.question(ctx, c, nobody, stranger)
			return err
		})
	}
	return asked, met, group.Wait()
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

// question retrieves a case's candidates, as for the user of a profile, and
// notes what their scores are made of.
func (e *engine) question(ctx context.Context, c *evaluate.Case, profile *reel.Profile, user model.User) (question, error) {
	req := Request{K: tuneK, Now: c.Now, Context: c.Context}
	if profile != c.Profile {
		req.Exclude = c.Profile.Seen.IDs()
	}
	candidates, _, err := e.retriever.Retrieve(ctx, e.query(req, profile, user))
	if err != nil {
		return question{}, err
	}
	space := e.contexts.Get().(*contexts)
	defer e.contexts.Put(space)
	rows := space.fill(req.Now, req.Context, profile, candidates)
	e.scorer.Score(user, rows, candidates, rank.Blend{Heads: e.blend(nil, profile).Heads})
	q := question{relevant: c.Relevant, own: slices.Clone(rows)}
	for i := range candidates {
		q.index = append(q.index, candidates[i].Index)
	}
	dots := make([]float32, len(candidates))
	e.reels.TowerDots(dots, &user, q.index)
	for i := range candidates {
		row := q.own[i*feature.ContextDim:][:feature.ContextDim]
		clear(row[:feature.CandidateAt])
		row[feature.TowerDot] = dots[i]
		q.reels = append(q.reels, candidates[i].Reel)
		q.heads, q.similarity = append(q.heads, candidates[i].Score), append(q.similarity, candidates[i].Similarity)
		_, hit := slices.BinarySearch(c.Relevant, candidates[i].Reel) // ascending
		q.hits = append(q.hits, hit)
	}
	return q, nil
}

// gains are the question's NDCG under each weight of the similarity, with the
// correction, nil for none.
func (q *question) gains(context []float32) []float64 {
	corrected := slices.Clone(q.similarity)
	if context != nil {
		for i := range corrected {
			corrected[i] += kernel.Dot(context, q.own[i*feature.ContextDim:][:feature.ContextDim])
		}
	}
	gains, candidates := make([]float64, len(similarityWeights)), make([]reel.Candidate, len(q.reels))
	for w, weight := range similarityWeights {
		for i := range candidates {
			candidates[i] = reel.Candidate{Reel: q.reels[i], Index: q.index[i], Score: q.heads[i] + float32(weight)*corrected[i]}
		}
		ranked := byScore(candidates, func(c *reel.Candidate) float32 { return c.Score })
		gains[w] = evaluate.NDCG(ranked[:min(tuneK, len(ranked))], q.relevant, tuneK)
	}
	return gains
}

// plainChoice is the weight of the similarity as it is.
func plainChoice(asked []question) choice {
	weight, _ := bestWeight(gainsOf(asked))
	return choice{Similarity: weight}
}

func gainsOf(asked []question) [][]float64 {
	gains := make([][]float64, len(asked))
	for i := range asked {
		gains[i] = asked[i].gains(nil)
	}
	return gains
}

// bestChoice decides by NDCG@10 whether the similarity is corrected, and how
// much it weighs; of equals without, and the smallest weight. A correction is
// judged on the users that it was not fitted on.
func bestChoice(asked []question) choice {
	weight, without := bestWeight(gainsOf(asked))
	plain := choice{Similarity: weight}
	context, crossed := fitCorrection(asked), crossedGains(asked)
	if context == nil || crossed == nil {
		return plain
	}
	weight, with := bestWeight(crossed)
	if with <= without {
		return plain
	}
	return choice{weight, context}
}

// crossedGains are the gains of every question under the correction that the
// others' folds give; nil where a fold gives none.
func crossedGains(asked []question) [][]float64 {
	gains := make([][]float64, len(asked))
	for fold := range choiceFolds {
		var rest []question
		for i := range asked {
			if i%choiceFolds != fold {
				rest = append(rest, asked[i])
			}
		}
		context := fitCorrection(rest)
		if context == nil {
			return nil
		}
		for i := fold; i < len(asked); i += choiceFolds {
			gains[i] = asked[i].gains(context)
		}
	}
	return gains
}

// bestWeight is the weight with the largest sum of gains, and that sum.
func bestWeight(gains [][]float64) (weight, sum float64) {
	best, sum := evaluate.LargestTotal(gains)
	return similarityWeights[best], sum
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
