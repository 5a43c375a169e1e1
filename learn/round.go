package learn

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
	"github.com/reelrank/reelrank/train"
)

// Outcome is what came of a round.
type Outcome struct {
	Version  string // of the model that was learned; empty where none was
	Promoted bool
	Reason   string // why so, for a person
	Judged   recommend.Comparison
}

// mark is a place of the log.
type mark struct {
	offset store.Offset
	known  bool
}

// Round learns a model from the newest part of the log, going on from the
// current one, and judges both by what neither has learned from. It promotes
// the new one unless it is worse beyond noise. Where there is too little to
// learn from or to judge by, it says so and leaves everything as it is.
func (l *Loop) Round(ctx context.Context) (Outcome, error) {
	current, err := l.Registry.Current()
	if err != nil {
		return Outcome{}, err
	}
	if current == "" {
		return Outcome{}, errors.New("learn: the registry has no model to go on from: adopt a bundle first")
	}
	facts, err := recommend.BundleFacts(l.Registry.Bundle(current))
	if err != nil {
		return Outcome{}, err
	}
	upTo := l.Service.Last()
	if enough, err := l.news(ctx, upTo); err != nil || !enough {
		return Outcome{Reason: fmt.Sprintf("fewer than learn.min_events (%d) interactions since the last round", l.Config.MinEvents)}, err
	}
	defer l.stints.begin()()
	ds, err := Newest(ctx, l.Service, upTo, l.Config.Window)
	if err != nil {
		return Outcome{}, err
	}
	from, reason := l.holdout(ds, facts.LearnedTo)
	if reason != "" {
		return Outcome{Reason: reason}, nil
	}
	l.seen = mark{upTo, true}
	r, judged, err := l.train(ctx, ds, current, from)
	if err != nil {
		return Outcome{}, err
	}
	if judged.Users < l.Config.MinUsers {
		return Outcome{Reason: tooFew(judged.Users, l.Config.MinUsers)}, nil
	}
	return l.decide(current, r, judged, upTo)
}

// news tells whether enough has happened since the last round.
func (l *Loop) news(ctx context.Context, upTo store.Offset) (bool, error) {
	if !l.seen.known {
		entries, err := l.Registry.History()
		if err != nil {
			return false, err
		}
		for _, e := range entries {
			l.seen.offset = max(l.seen.offset, e.Offset)
		}
		l.seen.known = true
	}
	events := 0
	err := l.Service.Read(ctx, l.seen.offset+1, func(r store.Record) error {
		if _, is := r.Body.(store.Event); is && r.Offset <= upTo {
			events++
		}
		return nil
	})
	return events >= l.Config.MinEvents, err
}

// holdout is the time from which on the data judges, instead of teaching: the
// newest share of what is new to the model that learned up to a time. A reason
// says why there is no such time.
func (l *Loop) holdout(ds *dataset.Dataset, learnedTo int64) (from int64, reason string) {
	log := ds.Interactions
	first := sort.Search(len(log), func(i int) bool { return log[i].Time >= learnedTo })
	fresh := len(log) - first
	if fresh < l.Config.MinEvents {
		return 0, fmt.Sprintf("the current model has not learned from %d interactions, fewer than learn.min_events (%d)", fresh, l.Config.MinEvents)
	}
	cut := first + int(float64(fresh)*(1-l.Config.HoldoutShare))
	from = log[min(cut, len(log)-1)].Time
	if cut == 0 || from <= log[first].Time {
		return 0, "what is new happened in one second: there is nothing to learn from before what judges"
	}
	if people := enjoyers(log, from); people < l.Config.MinUsers {
		return 0, tooFew(people, l.Config.MinUsers)
	}
	return from, ""
}

func tooFew(people, want int) string {
	return fmt.Sprintf("%d people can judge, fewer than learn.min_users (%d)", people, want)
}

// enjoyers counts the people who enjoyed something from a time on.
func enjoyers(log []reel.Interaction, from int64) int {
	people := map[reel.UserID]struct{}{}
	for i := len(log) - 1; i >= 0 && log[i].Time >= from; i-- {
		if log[i].Positive() {
			people[log[i].User] = struct{}{}
		}
	}
	return len(people)
}

// train goes on from the current model and compares what it gave with it.
func (l *Loop) train(ctx context.Context, ds *dataset.Dataset, current string, from int64) (*recommend.Recommender, recommend.Comparison, error) {
	bundle := l.Registry.Bundle(current)
	cfg, err := recommend.BundleConfig(bundle)
	if err != nil {
		return nil, recommend.Comparison{}, err
	}
	r := recommend.New(forRound(cfg, l.Config))
	pace := pacing{ctx: ctx, load: l.Config.Load, since: time.Now()}
	_, err = r.Fit(ctx, ds, recommend.FitOptions{
		Warm: bundle, TestFrom: from, Created: time.Now().Unix(), Trained: func(train.Progress) { pace.rest() },
	})
	if err != nil {
		return nil, recommend.Comparison{}, err
	}
	judged, err := r.Compare(ctx, bundle, recommend.CompareOptions{Users: l.Config.MaxUsers, Threads: l.stints.threads})
	return r, judged, err
}

// forRound are the settings of a model with those by which a round learns. A
// round has nothing to choose by a validation part: its epochs are few, and the
// score keeps its weights.
func forRound(cfg config.Config, learn config.Learn) config.Config {
	cfg.Train.Epochs, cfg.Train.Patience, cfg.Train.LearningRate = learn.Epochs, 0, learn.LearningRate
	cfg.Train.ValidationShare, cfg.Train.CheckpointDir = 0, ""
	return cfg
}

// pacing lets a training rest between its steps, so that it computes for a share
// of the time.
type pacing struct {
	ctx   context.Context
	load  float64
	since time.Time // when it rested last
}

func (p *pacing) rest() {
	if p.load < 1 {
		worked := time.Since(p.since)
		select {
		case <-p.ctx.Done():
		case <-time.After(time.Duration(float64(worked) * (1/p.load - 1))):
		}
	}
	p.since = time.Now()
}

// decide puts the model into the registry, and promotes it if it may be.
func (l *Loop) decide(current string, r *recommend.Recommender, judged recommend.Comparison, upTo store.Offset) (Outcome, error) {
	if now, err := l.Registry.Current(); err != nil || now != current {
		return Outcome{Reason: fmt.Sprintf("%s took the place of %s meanwhile: the comparison says nothing any more", now, current)}, err
	}
	promoted, reason := verdict(judged, l.Config.Margin)
	version, err := l.Registry.Add(r.Facts().ModelVersion, r.SaveModel)
	if err != nil {
		return Outcome{}, err
	}
	entry := Entry{Version: version, Reason: reason, Offset: upTo, Judged: &judged}
	if promoted {
		err = l.Registry.Promote(entry)
	} else {
		err = l.Registry.Reject(entry)
	}
	return Outcome{Version: version, Promoted: promoted, Reason: reason, Judged: judged}, err
}

// verdict tells whether a model may take the place of the one that it was
// compared with: the interval of the difference reaches the margin.
func verdict(c recommend.Comparison, margin float64) (promote bool, reason string) {
	d := c.Difference
	said := fmt.Sprintf("%s %s beside %s of the current model, a difference of %s over %d people", c.Metric, c.Own, c.Other, d.Signed(), c.Users)
	switch {
	case !d.HasInterval():
		return false, said + ": there is no interval to judge by"
	case d.Hi < margin:
		return false, fmt.Sprintf("%s: worse beyond noise, since all of the interval is below %g", said, margin)
	case d.Lo > 0:
		return true, said + ": better beyond noise"
	}
	return true, said + ": not worse beyond noise"
}
