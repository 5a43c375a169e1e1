package kuairand

import (
	"context"
	"fmt"
	"slices"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/evaluate"
)

// ablation is the network without something, or with something more.
type ablation struct {
	name    string
	change  func(*fitting)
	without []string // features whose names begin so
}

var ablated = []ablation{
	{name: "whole"},
	{name: "no tastes", without: []string{"taste_"}},
	{name: "no past and no tastes", without: []string{"past_", "taste_"}},
	{name: "no session", without: []string{"last", "session_"}},
	{name: "no profile", without: []string{"profile_"}},
	{name: "no crosses with the user", without: []string{"user_video_", "user_author_", "user_tag_", "user_tab_", "user_duration_", "user_hour_"}},
	{name: "no rates of rare signals", without: rareFeatures()},
	{name: "no wide part", change: func(o *fitting) { o.Shape.Wide = false }},
	{name: "with embeddings", change: func(o *fitting) { o.Shape.IDs = true }},
}

func rareFeatures() []string {
	var names []string
	for _, g := range groups {
		for s := Like; g.rare && s < numSignals; s++ {
			names = append(names, g.name+"_"+s.String())
		}
	}
	return names
}

// otherSeeds is how many more networks show how much seeds alone differ.
const otherSeeds = 2

// ablations measures on validation what each part of the network is for, with
// one seed, and a network of its own for each signal.
func (r *run) ablations(ctx context.Context) (*benchmark.Table, error) {
	t := &benchmark.Table{Title: "KuaiRand-Pure, exposures of 4 and 5 May 2022 (validation): AUC of one network, changed in one thing"}
	for sig := range numSignals {
		t.Columns = append(t.Columns, benchmark.Column{Name: sig.String(), Digits: 4})
	}
	add := func(name string, s *scores) {
		var values []evaluate.Estimate
		for sig := range numSignals {
			values = append(values, benchmark.Point(evaluate.AUC(s.Valid[sig], labelsOf(r.log, r.parts.Valid, sig))))
		}
		t.Add(name, benchmark.Measured, values...)
	}
	for _, a := range ablated {
		in := NewInputs(r.log, r.features, r.parts.Train, a.without...)
		o := usualFitting(1)
		if a.change != nil {
			a.change(&o)
		}
		s, err := member(ctx, in, r.parts.Train, r.parts.Valid, nil, o, a.name, r.kept, r.Progress)
		if err != nil {
			return nil, err
		}
		add(a.name, s)
	}
	alone, err := r.alone(ctx)
	if err != nil {
		return nil, err
	}
	add("a network for each signal", alone)
	for s := uint64(2); s <= otherSeeds+1; s++ {
		in := NewInputs(r.log, r.features, r.parts.Train)
		m, err := member(ctx, in, r.parts.Train, r.parts.Valid, nil, usualFitting(s), fmt.Sprintf("whole, seed %d", s), r.kept, r.Progress)
		if err != nil {
			return nil, err
		}
		add(fmt.Sprintf("whole, seed %d", s), m)
	}
	return t, nil
}

// alone is the logits of networks with one signal each.
func (r *run) alone(ctx context.Context) (*scores, error) {
	in := NewInputs(r.log, r.features, r.parts.Train)
	all := &scores{}
	for sig := range numSignals {
		o := usualFitting(1)
		o.HeadWeights = slices.Repeat([]float64{0}, numHeads)
		o.HeadWeights[sig] = 1
		s, err := member(ctx, in, r.parts.Train, r.parts.Valid, nil, o, "only "+sig.String(), r.kept, r.Progress)
		if err != nil {
			return nil, err
		}
		all.Valid[sig] = s.Valid[sig]
	}
	return all, nil
}
