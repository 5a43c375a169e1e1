package server

import (
	"fmt"
	"math"
	"time"

	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
)

// defaultTopK is the length of a slate when a request names none.
const defaultTopK = 10

func (r *RecommendRequest) toDomain(maxTopK int) (recommend.Request, error) {
	weights, err := r.Weights.toDomain()
	if err != nil {
		return recommend.Request{}, err
	}
	k := r.TopK
	if k == 0 {
		k = min(defaultTopK, maxTopK)
	}
	return recommend.Request{
		User: reel.UserID(r.UserID), K: k, Context: r.Context.toDomain(), Weights: weights,
		MaxPerCreator: r.MaxPerCreator, Exclude: cast[reel.ReelID](r.Exclude), Filter: r.Filter.toDomain(),
	}, nil
}

func (f *Filter) toDomain() recommend.Filter {
	if f == nil {
		return recommend.Filter{}
	}
	return recommend.Filter{
		Languages: texts(f.Languages), Regions: texts(f.Regions), Categories: texts(f.Categories),
		ExcludedCategories: texts(f.ExcludeCategories), ViewerAge: f.ViewerAge, BlockedCreators: cast[reel.CreatorID](f.BlockedCreators),
	}
}

// cast are the ids of what they name.
func cast[T reel.ReelID | reel.CreatorID](ids []id) []T {
	list := make([]T, len(ids))
	for i, v := range ids {
		list[i] = T(v)
	}
	return list
}

func texts(labels []label) []string {
	list := make([]string, len(labels))
	for i, v := range labels {
		list[i] = string(v)
	}
	return list
}

func (w *Weights) toDomain() (*reel.Weights, error) {
	if w == nil {
		return nil, nil
	}
	weights := reel.Weights{
		reel.HeadWatch: w.WatchTime, reel.HeadLike: w.Like, reel.HeadShare: w.Share, reel.HeadFollow: w.Follow,
	}
	return &weights, weights.Validate()
}

func (c *Context) toDomain() reel.Context {
	if c == nil {
		return reel.Context{}
	}
	return reel.Context{Device: c.Device, Place: c.Place, Session: int64(c.Session)}
}

func recommendResponse(slate *recommend.Slate, explain bool) (*RecommendResponse, error) {
	r := &RecommendResponse{
		UserID: int64(slate.User), ModelVersion: slate.ModelVersion, KnownUser: slate.KnownUser, SlateID: slate.ID, Relaxed: slate.Relaxed,
		Recommendations: make([]int64, len(slate.Items)), Scores: make([]float32, len(slate.Items)),
	}
	for i := range slate.Items {
		item := &slate.Items[i]
		if err := finite(item.Reel, item.Score, item.Predictions); err != nil {
			return nil, err
		}
		r.Recommendations[i], r.Scores[i] = int64(item.Reel), item.Score
		if explain {
			r.Items = append(r.Items, explainItem(item))
		}
	}
	if explain {
		for _, stage := range slate.Stages {
			r.Stages = append(r.Stages, Stage{Stage: stage.Stage, Count: stage.Count, LatencyMS: milliseconds(stage.Took)})
		}
	}
	return r, nil
}

func explainItem(item *recommend.Item) Item {
	return Item{
		ReelID: int64(item.Reel), CreatorID: int64(item.Creator), Category: item.Category, Score: item.Score,
		Predictions: heads(item.Predictions),
		Sources:     orEmpty(item.Sources), Steps: orEmpty(item.Steps), Reasons: orEmpty(item.Reasons),
	}
}

func predictResponse(p *recommend.Prediction) (*PredictResponse, error) {
	if err := finite(p.Reel, p.Score, p.Predictions); err != nil {
		return nil, err
	}
	return &PredictResponse{
		UserID: int64(p.User), ItemID: int64(p.Reel), Heads: heads(p.Predictions),
		Score: p.Score, ModelVersion: p.ModelVersion,
	}, nil
}

func heads(p reel.Predictions) Heads {
	return Heads{WatchTime: p[reel.HeadWatch], Like: p[reel.HeadLike], Share: p[reel.HeadShare], Follow: p[reel.HeadFollow]}
}

// finite refuses numbers that JSON cannot hold; only a broken model has them.
func finite(of reel.ReelID, score float32, p reel.Predictions) error {
	for _, v := range append(p[:], score) {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("the model gave reel %d a score or prediction of %g", of, v)
		}
	}
	return nil
}

func info(f recommend.Facts) Info {
	metrics := make(map[string]float64, len(f.Metrics))
	for name, v := range f.Metrics {
		if !math.IsNaN(v) && !math.IsInf(v, 0) { // a metric without cases has no value
			metrics[name] = v
		}
	}
	sources := make([]SourceInfo, 0, len(f.Sources))
	for _, c := range f.Sources {
		sources = append(sources, SourceInfo(c))
	}
	return Info{
		ModelVersion: f.ModelVersion, Preset: f.Preset, Parameters: f.Parameters, Reels: f.Reels, Users: f.Users,
		TrainedOn: f.TrainedOn, DataFrom: f.DataFrom, DataTo: f.DataTo, Metrics: metrics, Sources: sources,
	}
}

func reelAnswer(r *reel.Reel) Reel {
	return Reel{
		ReelID: int64(r.ID), CreatorID: int64(r.Creator), Category: r.Category, Language: r.Language, Region: r.Region,
		Caption: r.Caption, Duration: r.Duration, Uploaded: r.Uploaded, AgeRating: int(r.AgeRating),
		Video: r.Video, Audio: r.Audio, Text: r.Text,
	}
}

func rejections(list []live.Rejected) []Rejection {
	out := make([]Rejection, len(list))
	for i, r := range list {
		out[i] = Rejection(r)
	}
	return out
}

// orEmpty keeps an empty list from becoming null.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// milliseconds keeps three decimals: finer is noise.
func milliseconds(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Microsecond)) / 1000
}
