package evaluate

import (
	"fmt"
	"math"
	"slices"
)

// Names of the ranking metrics; with a list length, as MetricAt("ndcg", 10) =
// "ndcg@10", they are the keys of a Row.
const (
	MetricNDCG              = "ndcg"
	MetricMAP               = "map"
	MetricMRR               = "mrr"
	MetricPrecision         = "precision"
	MetricRecall            = "recall"
	MetricHitRate           = "hit_rate"
	MetricCreatorDiversity  = "creator_diversity"
	MetricIntraListDistance = "intra_list_distance"
	MetricNewShare          = "new_share"
	MetricCoverage          = "coverage"
	MetricGini              = "exposure_gini"
)

// caseMetrics have a value per case and so an interval; totalMetrics belong to
// all lists of a recommender together.
var (
	caseMetrics = []string{
		MetricNDCG, MetricMAP, MetricMRR, MetricPrecision, MetricRecall, MetricHitRate,
		MetricCreatorDiversity, MetricIntraListDistance, MetricNewShare,
	}
	totalMetrics = []string{MetricCoverage, MetricGini}
)

// MetricAt names a metric at a list length.
func MetricAt(metric string, k int) string { return fmt.Sprintf("%s@%d", metric, k) }

// Table holds the quality of every recommender.
type Table struct {
	K          []int    `json:"k"`          // list lengths, ascending
	Metrics    []string `json:"metrics"`    // the keys of every row, in the order of reports
	Cases      int      `json:"cases"`      // queries, one per user
	Confidence float64  `json:"confidence"` // of the intervals
	Resamples  int      `json:"resamples"`  // of users, behind the intervals
	Rows       []Row    `json:"rows"`       // in the order given to Run

	perCase   [][][]float64 // [row][column][case]
	resampled [][]float64   // [resample][row*columns + column], means
}

// Row holds the quality of one recommender.
type Row struct {
	Name      string              `json:"name"`
	Baseline  bool                `json:"baseline"`
	Estimates map[string]Estimate `json:"estimates"` // by MetricAt
	Curve     []CurvePoint        `json:"curve"`     // k = 1, 2, ... up to the longest list
	Lorenz    []float64           `json:"lorenz"`    // of the exposures at Table.HeadlineK; null where nothing was shown
}

// CurvePoint is the mean quality of the first K reels.
type CurvePoint struct {
	K      int     `json:"k"`
	NDCG   float64 `json:"ndcg"`
	Recall float64 `json:"recall"`
}

// table condenses the answers.
func (r *run) table() *Table {
	t := &Table{
		K: r.opts.K, Cases: len(r.cases), Confidence: r.opts.Confidence, Resamples: r.opts.Bootstrap,
		perCase: r.perCase,
	}
	for _, k := range t.K {
		for _, m := range slices.Concat(caseMetrics, totalMetrics) {
			t.Metrics = append(t.Metrics, MetricAt(m, k))
		}
	}
	means := newMeans(r.perCase)
	t.resampled = bootstrap(len(r.cases), r.opts.Bootstrap, means.width(), r.opts.Threads, r.opts.Seed,
		func() func(counts, out []float64) { return means.of })
	values := make([]float64, means.width())
	means.of(ones(len(r.cases)), values)
	for which, rec := range r.recommenders {
		_, isBaseline := rec.(interface{ isBaseline() })
		row := Row{Name: rec.Name(), Baseline: isBaseline, Estimates: map[string]Estimate{}, Curve: r.curve(which)}
		for at, k := range t.K {
			for m, metric := range caseMetrics {
				column := (which*len(t.K)+at)*len(caseMetrics) + m
				row.Estimates[MetricAt(metric, k)] = estimate(values[column], t.resampled, column, t.Confidence)
			}
			exposures := r.exposures(which, k)
			row.Estimates[MetricAt(MetricCoverage, k)] = point(Coverage(exposures))
			row.Estimates[MetricAt(MetricGini, k)] = point(Gini(exposures))
			if k == t.HeadlineK() {
				row.Lorenz = Lorenz(exposures)
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// curve is the mean NDCG and recall of a recommender over every k.
func (r *run) curve(which int) []CurvePoint {
	curve := make([]CurvePoint, r.longest())
	for i := range curve {
		p := CurvePoint{K: i + 1}
		for _, a := range r.answers[which] {
			p.NDCG += a.judged.ndcg(p.K)
			p.Recall += a.judged.recall(p.K)
		}
		n := float64(max(len(r.cases), 1))
		p.NDCG, p.Recall = p.NDCG/n, p.Recall/n
		curve[i] = p
	}
	return curve
}

// exposures counts how often each reel of the catalogue stands among the first
// k places of a recommender's lists.
func (r *run) exposures(which, k int) []int {
	counts := make([]int, r.opts.Catalog.Len())
	for _, a := range r.answers[which] {
		for _, i := range a.slate[:min(k, len(a.slate))] {
			counts[i]++
		}
	}
	return counts
}

// HeadlineK is the list length of headlines: 10 where it was measured, else
// the longest.
func (t *Table) HeadlineK() int {
	if slices.Contains(t.K, 10) {
		return 10
	}
	return t.K[len(t.K)-1]
}

// Row returns the row of a recommender.
func (t *Table) Row(name string) (*Row, bool) {
	for i := range t.Rows {
		if t.Rows[i].Name == name {
			return &t.Rows[i], true
		}
	}
	return nil, false
}

// Values returns the defined metrics of a recommender by name, for a manifest.
// It is empty for an unknown name.
func (t *Table) Values(name string) map[string]float64 {
	values := map[string]float64{}
	row, ok := t.Row(name)
	if !ok {
		return values
	}
	for metric, e := range row.Estimates {
		if !math.IsNaN(e.Value) {
			values[metric] = e.Value
		}
	}
	return values
}
