package evaluate

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// How Baselines tunes: the newest tuneShare of train is held out and up to
// tuneUsers of its users are asked. With fewer than minTuneUsers the choice
// would be noise, and the defaults stay.
const (
	tuneShare    = 0.1
	tuneUsers    = 1500
	minTuneUsers = 20
	tuneK        = 10
)

// The settings that Baselines tries; the first of each is the default.
var (
	halfLives     = []time.Duration{72 * time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour}
	kNNShrinks    = []float64{DefaultKNN.Shrink, 0, 50, 200, 1000}
	kNNDecays     = []float64{DefaultKNN.Decay, 0.8, 1}
	kNNPriors     = []float64{DefaultKNN.Prior, 0.1, 1, 10}
	markovBackoff = []float64{DefaultMarkov.Backoff, 1, 10, 1000, 10_000}
	markovDecays  = []float64{DefaultMarkov.Decay, 0, 0.95}

	creatorDecays     = []float64{DefaultCreators.Decay, 0.9, 0.99, 1}
	creatorCategories = []float64{DefaultCreators.Category, 0, 0.01, 0.2}
	creatorFresh      = []float64{DefaultCreators.Fresh, 0, 3, 8}
	creatorPriors     = []float64{DefaultCreators.Prior, 0, 10, 100}
)

// Baselines fits the six baselines on train (in the order of time, all of it
// before the test window), in the order random, popular, recently popular,
// item-kNN, markov, favourite creators. A model that beats an untuned baseline
// proves little, so the settings of the last four are chosen by NDCG@10 on the
// newest tenth of train and then fitted on all of it. The notes say what was
// chosen.
func Baselines(ctx context.Context, train []reel.Interaction, cat *catalog.Catalog, seed uint64) ([]Recommender, []string, error) {
	before, cases, err := tuningCases(train, cat, seed)
	if err != nil {
		return nil, nil, err
	}
	t := tuner{ctx: ctx, cases: cases}
	recent := choose(&t, halfLives, func(h time.Duration) Recommender { return NewRecentlyPopular(before, cat, h) })
	knn := t.chooseKNN(before, cat)
	chain := t.chooseMarkov(NewMarkov(before, cat, DefaultMarkov))
	creators := t.chooseCreators(NewFavouriteCreators(before, cat, DefaultCreators))
	if t.err != nil {
		return nil, nil, fmt.Errorf("tune the baselines: %w", t.err)
	}
	fitted := []Recommender{
		NewRandom(cat, seed), NewPopular(train, cat), NewRecentlyPopular(train, cat, recent),
		NewItemKNN(train, cat, knn), NewMarkov(train, cat, chain),
		NewFavouriteCreators(train, cat, creators),
	}
	how := fmt.Sprintf("chosen by NDCG@%d for %d users in the newest %.0f%% of the training interactions", tuneK, len(cases), tuneShare*100)
	if len(cases) == 0 {
		how = "the defaults: too few users to tune on"
	}
	notes := []string{
		fmt.Sprintf("baseline recently popular: half-life %g h (%s)", recent.Hours(), how),
		fmt.Sprintf("baseline item-kNN: shrink %g, decay %g, prior %g, %d neighbours (%s)", knn.Shrink, knn.Decay, knn.Prior, knn.Neighbours, how),
		fmt.Sprintf("baseline markov: backoff %g, decay %g (%s)", chain.Backoff, chain.Decay, how),
		fmt.Sprintf("baseline favourite creators: decay %g, category %g, fresh %g, prior %g (%s)", creators.Decay, creators.Category, creators.Fresh, creators.Prior, how),
	}
	return fitted, notes, nil
}

// tuningCases holds out the newest part of train. Without enough users there
// are no cases.
func tuningCases(train []reel.Interaction, cat *catalog.Catalog, seed uint64) (before []reel.Interaction, cases []Case, err error) {
	cut := len(train) - int(float64(len(train))*tuneShare)
	for cut > 0 && cut < len(train) && train[cut].Time == train[cut-1].Time {
		cut-- // no timestamp on both sides
	}
	cases, _, err = Cases(train[:cut], train[cut:], cat)
	if err != nil {
		return nil, nil, err
	}
	if len(cases) < minTuneUsers {
		return train[:cut], nil, nil
	}
	rng := rand.New(rand.NewPCG(seed, tuneUsers))
	rng.Shuffle(len(cases), func(i, j int) { cases[i], cases[j] = cases[j], cases[i] })
	return train[:cut], cases[:min(len(cases), tuneUsers)], nil
}

// tuner compares recommenders on cases and keeps the first error.
type tuner struct {
	ctx   context.Context
	cases []Case
	err   error
}

// chooseKNN tunes one option after the other, which tries few of all
// combinations and misses little.
func (t *tuner) chooseKNN(before []reel.Interaction, cat *catalog.Catalog) KNNOptions {
	best := DefaultKNN
	if len(t.cases) == 0 {
		return best
	}
	fits := newItemKNNs(before, cat, best, kNNShrinks)
	fit := choose(t, fits, func(k *ItemKNN) Recommender { return k })
	best.Shrink = fit.opts.Shrink
	best.Decay = choose(t, kNNDecays, func(decay float64) Recommender {
		o := best
		o.Decay = decay
		return fit.with(o)
	})
	best.Prior = choose(t, kNNPriors, func(prior float64) Recommender {
		o := best
		o.Prior = prior
		return fit.with(o)
	})
	return best
}

// chooseMarkov tunes one option after the other; the counts stay.
func (t *tuner) chooseMarkov(counted *Markov) MarkovOptions {
	best := counted.opts
	best.Decay = choose(t, markovDecays, func(decay float64) Recommender {
		o := best
		o.Decay = decay
		return counted.with(o)
	})
	best.Backoff = choose(t, markovBackoff, func(backoff float64) Recommender {
		o := best
		o.Backoff = backoff
		return counted.with(o)
	})
	return best
}

// chooseCreators tunes one option after the other.
func (t *tuner) chooseCreators(read *FavouriteCreators) CreatorOptions {
	best := read.opts
	try := func(values []float64, set func(o *CreatorOptions, v float64)) {
		set(&best, choose(t, values, func(v float64) Recommender {
			o := best
			set(&o, v)
			return read.with(o)
		}))
	}
	try(creatorDecays, func(o *CreatorOptions, v float64) { o.Decay = v })
	try(creatorCategories, func(o *CreatorOptions, v float64) { o.Category = v })
	try(creatorFresh, func(o *CreatorOptions, v float64) { o.Fresh = v })
	try(creatorPriors, func(o *CreatorOptions, v float64) { o.Prior = v })
	return best
}

// choose returns the setting whose recommender is best, the first of equals.
func choose[S any](t *tuner, settings []S, fit func(S) Recommender) S {
	best, top := settings[0], -1.0
	if len(t.cases) == 0 {
		return best
	}
	for _, setting := range settings {
		if v := t.ndcg(fit(setting)); v > top {
			best, top = setting, v
		}
	}
	return best
}

// ndcg is the mean NDCG@tuneK of a recommender; 0 once there is an error.
func (t *tuner) ndcg(rec Recommender) float64 {
	values, errs := make([]float64, len(t.cases)), make([]error, len(t.cases))
	parallel(runtime.GOMAXPROCS(0), len(t.cases), func() func(int) {
		return func(i int) {
			if errs[i] = t.ctx.Err(); errs[i] != nil {
				return
			}
			list, err := rec.Recommend(t.ctx, t.cases[i].Query, tuneK)
			values[i], errs[i] = NDCG(list, t.cases[i].Relevant, tuneK), err
		}
	})
	t.err = cmp.Or(append([]error{t.err}, errs...)...)
	if t.err != nil {
		return 0
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(t.cases))
}

// LargestTotal is which of several settings gains most over all cases, the
// first of equals, and how much: gains[c][s] is what setting s gains in case c.
// Without cases it is setting 0, with nothing.
func LargestTotal(gains [][]float64) (setting int, total float64) {
	if len(gains) == 0 {
		return 0, 0
	}
	totals := make([]float64, len(gains[0]))
	for _, gain := range gains {
		for s, g := range gain {
			totals[s] += g
		}
	}
	for s := range totals {
		if totals[s] > totals[setting] {
			setting = s
		}
	}
	return setting, totals[setting]
}
