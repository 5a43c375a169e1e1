package evaluate

import (
	"github.com/reelrank/reelrank/reel"
)

// Outcome is what came of an exposure.
type Outcome struct {
	Watch    reel.WatchTime // share watched, 0..1
	Signals  reel.Signals   // what the user did
	Observed reel.Signals   // which signals the log records at all
}

// OutcomeOf returns the outcome of an interaction.
func OutcomeOf(it *reel.Interaction) Outcome {
	return Outcome{Watch: it.Watch, Signals: it.Signals, Observed: it.Observed}
}

// HeadSample is one exposure of the test window with what the ranker expected
// of it.
type HeadSample struct {
	User      reel.UserID
	Predicted reel.Predictions
	Actual    Outcome
}

// Names of the head metrics, as keys of HeadRow.Metrics.
const (
	MetricAUC             = "auc"
	MetricGAUC            = "gauc"
	MetricLogLoss         = "log_loss"
	MetricConstantLogLoss = "log_loss_constant" // of the best constant prediction
	MetricECE             = "ece"
	MetricMAE             = "mae"
	MetricConstantMAE     = "mae_constant" // of the best constant prediction, the median
	MetricXAUC            = "xauc"
	MetricSpearman        = "spearman"
)

// binaryMetrics and watchMetrics are the columns of the two kinds of heads, in
// the order of reports.
var (
	binaryMetrics = []string{MetricAUC, MetricGAUC, MetricLogLoss, MetricConstantLogLoss, MetricECE}
	watchMetrics  = []string{MetricMAE, MetricConstantMAE, MetricXAUC, MetricSpearman, MetricECE}
)

// HeadRow is the quality of one head over the rows that observe its signal.
type HeadRow struct {
	Head        string              `json:"head"`
	Rows        int                 `json:"rows"`
	Positives   int                 `json:"positives"`              // rows with the signal; for watch time, watched for at least reel.PositiveWatch
	Users       int                 `json:"users"`                  // users with a row
	GAUCUsers   int                 `json:"gauc_users,omitempty"`   // users who count in GAUC
	GAUCSkipped int                 `json:"gauc_skipped,omitempty"` // users of one class, who do not
	Names       []string            `json:"-"`                      // of the metrics, in the order of reports
	Metrics     map[string]Estimate `json:"metrics"`
	Reliability []Bin               `json:"reliability"`
	Resamples   int                 `json:"resamples"` // of users, behind the intervals
}

// Intervals of head metrics read every row once per resample, so their number
// is bounded by the rows read in all, but for the least that gives percentiles.
const (
	headRowBudget    = 10_000_000
	maxHeadResamples = 200
	minHeadResamples = 100
)

// Heads measures every head, in the order of the heads, over the rows that
// observe it. A head that no row observes has Rows 0 and undefined metrics.
// Intervals resample users.
func Heads(samples []HeadSample, opts Options) []HeadRow {
	rows := make([]HeadRow, 0, reel.NumHeads)
	for h := range reel.Head(reel.NumHeads) {
		rows = append(rows, headRow(h, samples, opts.withDefaults()))
	}
	return rows
}

// observations are the rows of one head, as columns.
type observations struct {
	users     []reel.UserID
	predicted []float64
	actual    []float64 // watch time, or 0 and 1
	labels    []bool    // the signal; for watch time, whether it was enjoyed
}

func observe(h reel.Head, samples []HeadSample) observations {
	var o observations
	for _, s := range samples {
		if !s.Actual.Observed.Has(h.Signal()) {
			continue
		}
		label := s.Actual.Signals.Has(h.Signal())
		actual := 0.0
		switch {
		case h == reel.HeadWatch:
			label, actual = s.Actual.Watch >= reel.PositiveWatch, float64(s.Actual.Watch)
		case label:
			actual = 1
		}
		o.users = append(o.users, s.User)
		o.predicted = append(o.predicted, float64(s.Predicted[h]))
		o.actual = append(o.actual, actual)
		o.labels = append(o.labels, label)
	}
	return o
}

// BinaryHead measures predicted probabilities of a signal, as Heads does, for
// a head that is not one of the model's four.
func BinaryHead(name string, users []reel.UserID, predicted []float64, labels []bool, opts Options) HeadRow {
	actual := make([]float64, len(labels))
	for i, positive := range labels {
		if positive {
			actual[i] = 1
		}
	}
	return binaryRow(name, observations{users, predicted, actual, labels}, opts.withDefaults())
}

// ValueHead measures predictions of a quantity of any unit, such as seconds
// watched: its MAE, that of the best constant, XAUC and Spearman's correlation.
func ValueHead(name string, users []reel.UserID, predicted, actual []float64, opts Options) HeadRow {
	return valueRow(name, observations{users: users, predicted: predicted, actual: actual}, watchMetrics[:4], opts.withDefaults())
}

func headRow(h reel.Head, samples []HeadSample, opts Options) HeadRow {
	o := observe(h, samples)
	if h != reel.HeadWatch {
		return binaryRow(h.String(), o, opts)
	}
	row := valueRow(h.String(), o, watchMetrics, opts)
	row.Positives, row.Reliability = count(o.labels), Reliability(o.predicted, o.actual)
	return row
}

func binaryRow(name string, o observations, opts Options) HeadRow {
	users, numUsers := denseUsers(o.users)
	row := HeadRow{Head: name, Names: binaryMetrics, Positives: count(o.labels), Reliability: Reliability(o.predicted, o.actual)}
	grouped := GAUC(o.users, o.predicted, o.labels)
	row.GAUCUsers, row.GAUCSkipped = grouped.Users, grouped.Skipped
	row.measure(len(o.users), numUsers, binaryStatistic(o, users, numUsers), opts)
	return row
}

// valueRow measures the given ones of the watchMetrics, from the first on.
func valueRow(name string, o observations, metrics []string, opts Options) HeadRow {
	users, numUsers := denseUsers(o.users)
	row := HeadRow{Head: name, Names: metrics}
	row.measure(len(o.users), numUsers, watchStatistic(o, users), opts)
	return row
}

func count(labels []bool) int {
	n := 0
	for _, positive := range labels {
		if positive {
			n++
		}
	}
	return n
}

// measure computes the row's metrics and their intervals.
func (row *HeadRow) measure(rows, numUsers int, newStatistic func() func(userCounts, out []float64), opts Options) {
	row.Rows, row.Users, row.Metrics = rows, numUsers, map[string]Estimate{}
	values := make([]float64, len(row.Names))
	newStatistic()(ones(numUsers), values)
	row.Resamples = headResamples(opts.Bootstrap, row.Rows)
	resampled := bootstrap(numUsers, row.Resamples, len(values), opts.Threads, opts.Seed, newStatistic)
	for column, name := range row.Names {
		row.Metrics[name] = estimate(values[column], resampled, column, opts.Confidence)
	}
}

func headResamples(wanted, rows int) int {
	affordable := max(headRowBudget/max(rows, 1), minHeadResamples)
	return min(wanted, maxHeadResamples, affordable)
}

// binaryStatistic computes the binaryMetrics from how often each user counts.
func binaryStatistic(o observations, users []int32, numUsers int) func() func(userCounts, out []float64) {
	order := ascending(o.predicted)
	groups := userAUCs(users, numUsers, o.predicted, o.labels)
	return func() func(userCounts, out []float64) {
		w := make([]float64, len(users))
		return func(userCounts, out []float64) {
			spread(userCounts, users, w)
			out[0] = weightedAUC(order, o.predicted, o.labels, w)
			out[1] = weightedGAUC(groups, userCounts)
			out[2] = weightedLogLoss(o.predicted, o.labels, w)
			out[3] = constantLogLoss(o.labels, w)
			out[4] = weightedECE(o.predicted, o.actual, w)
		}
	}
}

// watchStatistic computes the watchMetrics, or all but the last, from how often
// each user counts.
func watchStatistic(o observations, users []int32) func() func(userCounts, out []float64) {
	predicted, actual := rank(o.predicted), rank(o.actual)
	return func() func(userCounts, out []float64) {
		w, x, y := make([]float64, len(users)), make([]float64, len(users)), make([]float64, len(users))
		tree := make([]float64, predicted.distinct+1)
		return func(userCounts, out []float64) {
			spread(userCounts, users, w)
			out[0] = weightedMAE(o.predicted, o.actual, w)
			out[1] = constantMAE(actual, o.actual, w)
			out[2] = weightedXAUC(predicted, actual, w, tree)
			out[3] = weightedSpearman(predicted, actual, w, x, y)
			if len(out) > 4 { // a share of 0..1
				out[4] = weightedECE(o.predicted, o.actual, w)
			}
		}
	}
}

// spread gives every row the count of its user.
func spread(userCounts []float64, users []int32, w []float64) {
	for i, u := range users {
		w[i] = userCounts[u]
	}
}
