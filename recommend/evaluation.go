package recommend

import (
	"context"
	"errors"
	"fmt"

	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/reel"
)

// The names of the pipeline's rows in a report, one per stage.
const (
	AfterRetrieval = "reelrank: retrieval"
	AfterRanking   = "reelrank: ranking"
	FullSlate      = "reelrank"
)

// ErrNoTestPart: the data has no interactions that training did not see.
var ErrNoTestPart = errors.New("the model was trained with train.test_share 0, so there is nothing to evaluate on: train with a test share, e.g. 0.1")

// EvaluateOptions are what Evaluate measures beside the model.
type EvaluateOptions struct {
	Title string
	// Oracle, when not nil, is a row of the table and the model's score is
	// reported as a share of it.
	Oracle evaluate.Recommender
	// Progress, when not nil, is told how many answers were measured.
	Progress func(done, total int)
}

// Evaluate measures the model, after each stage, on the test part of the data
// that it was fitted on, beside the baselines. The metrics of the full slate
// become part of Facts and of the bundle.
func (r *Recommender) Evaluate(ctx context.Context, opts EvaluateOptions) (*evaluate.Report, error) {
	e, err := r.current()
	if err != nil {
		return nil, err
	}
	before, test, err := e.testPart()
	if err != nil {
		return nil, err
	}
	cut := len(before)
	past, err := e.at(before, 0) // no time budget: the result must not depend on the machine
	if err != nil {
		return nil, err
	}
	cases, counts, err := evaluate.Cases(before, test, e.catalog)
	if err != nil {
		return nil, err
	}
	baselines, notes, err := evaluate.Baselines(ctx, before, e.catalog, r.cfg.Seed)
	if err != nil {
		return nil, err
	}
	rows := append(past.stages(past.usersOf(cases)), baselines...)
	if opts.Oracle != nil {
		rows = append(rows, opts.Oracle)
	}
	options := evaluate.NewOptions(r.cfg, e.catalog)
	table, err := evaluate.Run(ctx, rows, cases, options, opts.Progress)
	if err != nil {
		return nil, err
	}
	sources, err := past.sourceTable(ctx, cases, options)
	if err != nil {
		return nil, err
	}
	samples, err := e.headSamples(ctx, cut)
	if err != nil {
		return nil, err
	}
	report := &evaluate.Report{
		Title: opts.Title, Window: e.window(cut), Counts: counts, Table: table, Model: FullSlate,
		Heads: evaluate.Heads(samples, options), Sources: sources, Notes: notes,
	}
	if opts.Oracle != nil {
		share := table.Ratio(FullSlate, opts.Oracle.Name(), evaluate.MetricAt(evaluate.MetricNDCG, table.HeadlineK()))
		report.OracleShare = &share
	}
	r.keepMetrics(e, report)
	return report, nil
}

// testPart is the data before and in the part that the training did not see.
func (e *engine) testPart() (before, test []reel.Interaction, err error) {
	if e.data == nil {
		return nil, nil, ErrNoTestPart
	}
	log := e.data.Interactions
	cut := trainingRows(log, e.cuts.TestFrom)
	if e.cuts.TestFrom == 0 || cut == len(log) {
		return nil, nil, ErrNoTestPart
	}
	return log[:cut], log[cut:], nil
}

// usersOf encodes the users of all cases together.
func (e *engine) usersOf(cases []evaluate.Case) map[reel.UserID]model.User {
	profiles := make([]*reel.Profile, len(cases))
	for i := range cases {
		profiles[i] = cases[i].Profile
	}
	users := make(map[reel.UserID]model.User, len(cases))
	for i, user := range e.encodeAll(profiles) {
		users[cases[i].User] = user
	}
	return users
}

// stages are the pipeline as a recommender for these users, cut short after
// each stage.
func (e *engine) stages(users map[reel.UserID]model.User) []evaluate.Recommender {
	return []evaluate.Recommender{
		stage{e, FullSlate, users}, stage{e, AfterRanking, users}, stage{e, AfterRetrieval, users},
	}
}

// stage answers an evaluation's queries with the pipeline up to one stage.
type stage struct {
	e     *engine
	name  string
	users map[reel.UserID]model.User
}

func (s stage) Name() string { return s.name }

// Recommend runs the pipeline as of the query.
func (s stage) Recommend(ctx context.Context, q evaluate.Query, k int) ([]reel.ReelID, error) {
	req := Request{User: q.User, K: k, Now: q.Now, Context: q.Context}
	user := s.users[q.User]
	if s.name == FullSlate {
		trace := newTraces()
		slate, err := s.e.slate(ctx, req, q.Profile, user, &trace)
		if err != nil {
			return nil, err
		}
		ids := make([]reel.ReelID, len(slate.Items))
		for i, item := range slate.Items {
			ids[i] = item.Reel
		}
		return ids, nil
	}
	candidates, _, err := s.e.retriever.Retrieve(ctx, s.e.query(req, q.Profile, user))
	if err != nil {
		return nil, err
	}
	key := func(c *reel.Candidate) float32 { return c.Similarity }
	if s.name == AfterRanking {
		s.e.score(req, q.Profile, user, candidates, s.e.blend(nil, q.Profile))
		key = func(c *reel.Candidate) float32 { return c.Score }
	}
	ids := byScore(candidates, key)
	return ids[:min(k, len(ids))], nil
}

func (e *engine) window(cut int) evaluate.Window {
	from, to := e.data.Window()
	return evaluate.Window{
		From: from, To: to, TestFrom: e.cuts.TestFrom, Before: cut, Test: len(e.data.Interactions) - cut,
		Users: e.world.Users(), Reels: e.catalog.Len(),
	}
}

// keepMetrics lets the model in service know its quality.
func (r *Recommender) keepMetrics(e *engine, report *evaluate.Report) {
	values := report.Table.Values(FullSlate)
	for _, h := range report.Heads {
		if auc, ok := h.Metrics[evaluate.MetricAUC]; ok && auc.Value == auc.Value {
			values[fmt.Sprintf("%s_auc", h.Head)] = auc.Value
		}
	}
	r.keepValues(e, values)
}
