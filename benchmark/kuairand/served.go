package kuairand

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/train"
)

// The same days by the clock, China time: the import knows no date column.
var (
	validFromTime = time.Date(2022, 5, 4, 0, 0, 0, 0, time.FixedZone("UTC+8", 8*3600)).Unix()
	testFromTime  = time.Date(2022, 5, 6, 0, 0, 0, 0, time.FixedZone("UTC+8", 8*3600)).Unix()
)

// servedSignals are the heads of the network as it is served.
var servedSignals = [...]struct {
	signal Signal
	head   reel.Head
}{{LongView, reel.HeadWatch}, {Like, reel.HeadLike}, {Follow, reel.HeadFollow}, {Forward, reel.HeadShare}}

// servedScore is what the network as it is served expects of an exposure of
// the test days.
type servedScore struct {
	User        reel.UserID
	Predictions reel.Predictions
	Duration    float64
	Is          [numSignals]bool
	Seconds     float64
}

// servedSettings are those of training where nothing else is set, with the
// small network and half the epochs: they are to fit into the benchmark's time.
func servedSettings() config.Config {
	cfg := config.Default()
	cfg.Model.Preset = "compact"
	cfg.Train.Epochs = 4
	return cfg
}

// served trains the project's whole network, reel tower, user encoder and ranker
// with the 64 slots of the context, on the log as the import reads it, with long
// views of the past as watch time, and returns what it expects of the test days.
func (r *run) served(ctx context.Context) ([]servedScore, error) {
	const name = "served"
	var scores []servedScore
	if found, err := r.kept.Load(name, &scores); found || err != nil {
		return scores, err
	}
	r.Progress("the network as served: import", 0, 1)
	ds, _, err := dataset.Import(ctx, dataset.Options{Format: dataset.KuaiRand, Paths: []string{r.Dir}, History: dataset.HistoryWatched})
	if err != nil {
		return nil, err
	}
	if scores, err = r.serve(ctx, ds); err != nil {
		return nil, fmt.Errorf("the network as served: %w", err)
	}
	return scores, r.kept.Store(name, scores)
}

func (r *run) serve(ctx context.Context, ds *dataset.Dataset) ([]servedScore, error) {
	cfg := servedSettings()
	log := ds.Interactions
	before := func(t int64) int { return sort.Search(len(log), func(i int) bool { return log[i].Time >= t }) }
	parts := train.Parts{Train: before(validFromTime), Validation: before(testFromTime)}
	cat, err := catalog.New(ds.Reels)
	if err != nil {
		return nil, err
	}
	known := slices.DeleteFunc(slices.Clone(ds.Reels), func(v reel.Reel) bool { return v.Uploaded >= validFromTime })
	encoder, err := feature.Fit(known)
	if err != nil {
		return nil, err
	}
	counters := catalog.NewCounters(cat, time.Duration(cfg.Retrieve.HalfLife*float64(time.Hour)))
	ex, err := train.Prepare(ctx, cat, counters, encoder, log, func(done, total int) { r.Progress("the network as served: features", done, total) })
	if err != nil {
		return nil, err
	}
	sizes, err := model.PresetConfig(cfg.Model.Preset)
	if err != nil {
		return nil, err
	}
	m, err := model.New(sizes, seed)
	if err != nil {
		return nil, err
	}
	m.InitHeadBias(ex.BaseRates(parts.Train))
	t, err := train.New(m, ex, cfg.Train, seed, parts)
	if err != nil {
		return nil, err
	}
	if _, err = t.Run(ctx, func(p train.Progress) {
		r.Progress("the network as served: training", (p.Epoch-1)*p.Steps+p.Step, p.Epochs*p.Steps)
	}); err != nil {
		return nil, err
	}
	predicted, err := train.Predict(ctx, m, ex, parts.Validation, len(log))
	if err != nil {
		return nil, err
	}
	return r.join(log[parts.Validation:], predicted), nil
}

// join finds the log's own row of each exposure that the import kept.
func (r *run) join(log []reel.Interaction, predicted []reel.Predictions) []servedScore {
	type exposure struct {
		user, video int32
		second      int64
	}
	rows := map[exposure]*Exposure{}
	for i := range r.log.Rows {
		e := &r.log.Rows[i]
		rows[exposure{e.User, e.Video, e.Time / 1000}] = e
	}
	var scores []servedScore
	for i := range log {
		it := &log[i]
		e := rows[exposure{int32(it.User), int32(it.Reel), it.Time}]
		if e != nil && e.Duration > 0 {
			scores = append(scores, servedScore{it.User, predicted[i], e.Duration, e.Is, e.Play})
		}
	}
	return scores
}

// longViewSeconds is what a long view takes of a video that is longer.
const longViewSeconds = 18

// servedRow is the row of the network as it is served. A long view is scored by
// the watch time to be expected, as a share of what a long view takes.
func servedRow(t *benchmark.Table, scores []servedScore) {
	values := slices.Repeat([]evaluate.Estimate{benchmark.Missing()}, int(numSignals))
	for _, s := range servedSignals {
		var users []reel.UserID
		var x []float64
		var labels []bool
		for _, v := range scores {
			score := float64(v.Predictions[s.head])
			if s.head == reel.HeadWatch {
				score *= v.Duration / min(v.Duration, longViewSeconds)
			}
			users, x, labels = append(users, v.User), append(x, score), append(labels, v.Is[s.signal])
		}
		values[s.signal] = evaluate.BinaryHead("", users, x, labels, options()).Metrics[evaluate.MetricAUC]
	}
	t.Add("network as served", benchmark.Measured, values...).Note = fmt.Sprintf("preset compact, on the %d rows that the import keeps", len(scores))
}
