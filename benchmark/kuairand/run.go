package kuairand

import (
	"context"
	"fmt"
	"slices"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/evaluate"
)

// Report tells what a run is doing and how far it is.
type Report func(what string, done, total int)

// Options say what to run.
type Options struct {
	Dir       string // holds the four files
	Kept      string // folder for finished networks; a run that is interrupted goes on from there
	Seeds     int    // networks whose logits are averaged
	Ablations bool   // measure on validation what each part is for, instead of the test
	Progress  Report
}

// The intervals resample users.
const (
	resamples  = 200
	confidence = 0.95
	seed       = 1
)

func options() evaluate.Options {
	return evaluate.Options{Bootstrap: resamples, Confidence: confidence, Seed: seed}
}

// run is the data of a benchmark and what is measured on it.
type run struct {
	Options
	log      *Log
	parts    Parts
	features *Features
	kept     *benchmark.Kept
}

// Run measures and returns the tables.
func Run(ctx context.Context, o Options) ([]*benchmark.Table, error) {
	r := &run{Options: o}
	if r.Progress == nil {
		r.Progress = func(string, int, int) {}
	}
	if o.Seeds < 1 {
		return nil, fmt.Errorf("kuairand: %d networks: want at least 1", o.Seeds)
	}
	var err error
	if r.kept, err = benchmark.NewKept(o.Kept, usualFitting(0)); err != nil {
		return nil, err
	}
	if r.log, err = Load(o.Dir); err != nil {
		return nil, err
	}
	r.parts = Cut(r.log)
	r.features, err = Stream(ctx, r.log, func(done, total int) { r.Progress("features", done, total) })
	if err != nil {
		return nil, err
	}
	if o.Ablations {
		t, err := r.ablations(ctx)
		return []*benchmark.Table{t}, err
	}
	return r.test(ctx)
}

// test measures on the test days.
func (r *run) test(ctx context.Context) ([]*benchmark.Table, error) {
	in := NewInputs(r.log, r.features, r.parts.Train)
	var members, final []*scores
	for s := range r.Seeds {
		m, err := member(ctx, in, r.parts.Train, r.parts.Valid, r.parts.Test, usualFitting(uint64(s)+1), fmt.Sprintf("network-%d", s+1), r.kept, r.Progress)
		if err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	// As a service would, learn from the validation days too: for as many epochs
	// as they said, with the scales of the training days.
	longer := slices.Concat(r.parts.Train, r.parts.Valid)
	for s, m := range members {
		o := usualFitting(uint64(s) + 1)
		o.Epochs = m.Epoch
		f, err := member(ctx, in, longer, nil, r.parts.Test, o, fmt.Sprintf("network-%d-longer", s+1), r.kept, r.Progress)
		if err != nil {
			return nil, err
		}
		final = append(final, f)
	}
	whole, err := r.served(ctx)
	if err != nil {
		return nil, err
	}
	r.Progress("intervals", 0, 1)
	mean := meanOf(members)
	heads := r.heads(mean)
	tables := []*benchmark.Table{
		r.aucs(members[0], meanOf(final), heads, whole),
		headTable(heads),
		r.watch(mean),
	}
	r.Progress("intervals", 1, 1)
	return tables, nil
}

// head is a measured head and how it was calibrated.
type head struct {
	evaluate.HeadRow
	calibration string
}

// heads measures the signals' probabilities.
func (r *run) heads(s *scores) []head {
	var rows []head
	for sig := range numSignals {
		p, name := r.probabilities(sig, s)
		row := evaluate.BinaryHead(sig.String(), usersOf(r.log, r.parts.Test), p, labelsOf(r.log, r.parts.Test, sig), options())
		rows = append(rows, head{row, name})
	}
	return rows
}

// probabilities are those of a signal on the test days, calibrated on
// validation, and how.
func (r *run) probabilities(s Signal, x *scores) (p []float64, how string) {
	valid := r.parts.Valid
	c, how := calibrate(usersOf(r.log, valid), x.Valid[s], labelsOf(r.log, valid, s))
	p = probabilities(c, x.Test[s])
	if r.drifts(s, x.Valid[s]) {
		return followed(r.log, s, valid, r.parts.Test, probabilities(c, x.Valid[s]), p), how + ", following"
	}
	return p, how
}

// drifts tells whether following lowers the log loss of the last day of
// validation, with a calibration fitted on the days before it.
func (r *run) drifts(s Signal, logits []float64) bool {
	var parts [2]struct {
		rows   []int32
		logits []float64
	}
	for i, row := range r.parts.Valid {
		part := &parts[int(flag(r.log.Rows[row].Day == testFrom-1))]
		part.rows, part.logits = append(part.rows, row), append(part.logits, logits[i])
	}
	first, last := parts[0], parts[1]
	c, _ := calibrate(usersOf(r.log, first.rows), first.logits, labelsOf(r.log, first.rows, s))
	still := probabilities(c, last.logits)
	moved := followed(r.log, s, first.rows, last.rows, probabilities(c, first.logits), still)
	labels := labelsOf(r.log, last.rows, s)
	return evaluate.LogLoss(moved, labels) < evaluate.LogLoss(still, labels)
}

// aucs is the table of methods.
func (r *run) aucs(one, longer *scores, heads []head, whole []servedScore) *benchmark.Table {
	t := &benchmark.Table{Title: "KuaiRand-Pure, exposures of 6 to 8 May 2022: AUC"}
	for sig := range numSignals {
		t.Columns = append(t.Columns, benchmark.Column{Name: sig.String(), Digits: 4})
	}
	users := usersOf(r.log, r.parts.Test)
	add := func(name string, of func(s Signal) []float64) *benchmark.Row {
		var values []evaluate.Estimate
		for sig := range numSignals {
			row := evaluate.BinaryHead("", users, of(sig), labelsOf(r.log, r.parts.Test, sig), options())
			values = append(values, row.Metrics[evaluate.MetricAUC])
		}
		return t.Add(name, benchmark.Measured, values...)
	}
	add("rates, summed", func(s Signal) []float64 { return floorScores(r.log, r.parts, s, false) }).Note = "counted up to 3 May"
	add("rates, summed, streaming", func(s Signal) []float64 { return floorScores(r.log, r.parts, s, true) }).Note = "counted up to each row"
	t.Add("gradient-boosted trees", benchmark.Published, trees[:]...).Note = "by an independent program, on this protocol"
	servedRow(t, whole)
	add("ranker, one network", func(s Signal) []float64 { return one.Test[s] })
	var mean []evaluate.Estimate
	for _, h := range heads {
		mean = append(mean, h.Metrics[evaluate.MetricAUC])
	}
	t.Add(fmt.Sprintf("ranker, mean of %d", r.Seeds), benchmark.Measured, mean...)
	add(fmt.Sprintf("ranker, mean of %d, longer", r.Seeds), func(s Signal) []float64 { return longer.Test[s] }).Note = "weights learned up to 5 May"
	t.Notes = []string{fmt.Sprintf("Learned from %d rows, chosen on %d, tested on %d.", len(r.parts.Train), len(r.parts.Valid), len(r.parts.Test))}
	return t
}

// trees are what gradient-boosted trees on some hundred features of rates,
// counts, histories and profiles reach.
var trees = [numSignals]evaluate.Estimate{
	LongView: {Value: .7455, Lo: .7412, Hi: .7501},
	Click:    {Value: .7488, Lo: .7439, Hi: .7533},
	Like:     {Value: .835, Lo: .820, Hi: .850},
	Profile:  benchmark.Point(.733),
	Follow:   {Value: .823, Lo: .766, Hi: .876},
	Forward:  {Value: .670, Lo: .592, Hi: .747},
}

// headTable is the table of the heads of the mean of the networks.
func headTable(heads []head) *benchmark.Table {
	names := []string{evaluate.MetricAUC, evaluate.MetricGAUC, evaluate.MetricLogLoss, evaluate.MetricConstantLogLoss, evaluate.MetricECE}
	t := &benchmark.Table{Title: "The ranker's heads, calibrated on validation", Columns: []benchmark.Column{{Name: "positives"}}}
	for _, name := range []string{"AUC", "GAUC", "log loss", "of the best constant", "ECE"} {
		t.Columns = append(t.Columns, benchmark.Column{Name: name, Digits: 4})
	}
	for _, h := range heads {
		values := []evaluate.Estimate{benchmark.Point(float64(h.Positives))}
		for _, name := range names {
			values = append(values, h.Metrics[name])
		}
		t.Add(h.Head, benchmark.Measured, values...).Note = fmt.Sprintf("%s; %d users count in GAUC", h.calibration, h.GAUCUsers)
	}
	return t
}

// watchHeads are the ways to predict the watch time.
var watchHeads = []struct {
	name string
	head int
}{
	{"share of the duration", headShare},
	{"quantile among videos of the duration", headGroup},
	{"quantile among all", headRank},
}

// watch is the table of the watch time in seconds, one row for each way.
func (r *run) watch(s *scores) *benchmark.Table {
	t := &benchmark.Table{
		Title:   "Seconds watched, by what the head was taught",
		Columns: []benchmark.Column{{Name: "on validation: Spearman", Digits: 4}, {Name: "MAE, s", Digits: 2}, {Name: "of the best constant", Digits: 2}, {Name: "XAUC", Digits: 4}, {Name: "Spearman", Digits: 4}},
	}
	t.Add("gradient-boosted trees", benchmark.Published, benchmark.Missing(), benchmark.Missing(), benchmark.Missing(), benchmark.Point(.695), benchmark.Point(.539)).Note = "by an independent program, on this protocol"
	played, p := playsOf(r.log, r.parts.Valid), newPlays(r.log, r.parts.Train)
	for _, w := range watchHeads {
		x := watchScores(r.log, p, r.parts.Valid, w.head, s.Valid[w.head])
		curve := secondsCurve(x, played)
		seconds := watchScores(r.log, p, r.parts.Test, w.head, s.Test[w.head])
		for i, x := range seconds {
			seconds[i] = curve.At(x)
		}
		row := evaluate.ValueHead("watch", usersOf(r.log, r.parts.Test), seconds, playsOf(r.log, r.parts.Test), options())
		t.Add(w.name, benchmark.Measured, benchmark.Point(evaluate.Spearman(x, played)), row.Metrics[evaluate.MetricMAE],
			row.Metrics[evaluate.MetricConstantMAE], row.Metrics[evaluate.MetricXAUC], row.Metrics[evaluate.MetricSpearman])
	}
	return t
}
