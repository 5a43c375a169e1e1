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

// PerCase returns a per-case metric, e.g. "ndcg@10", of a recommender, in the
// order of the cases; NaN where it is undefined for a case. It is nil for an
// unknown name. The caller must not change it.
func (t *Table) PerCase(name, metric string) []float64 {
	row, column, ok := t.column(name, metric)
	if !ok {
		return nil
	}
	return t.perCase[row][column]
}

// Difference estimates the metric of one recommender minus that of another.
// Both answered the same cases, so each resample draws the same users for
// both, and the interval is that of the difference. It is undefined for
// unknown names and for metrics without a value per case.
func (t *Table) Difference(name, other, metric string) Estimate {
	return t.compare(name, other, metric, func(a, b float64) float64 { return a - b })
}

// Ratio estimates the metric of one recommender as a share of another's, like
// Difference.
func (t *Table) Ratio(name, other, metric string) Estimate {
	return t.compare(name, other, metric, func(a, b float64) float64 {
		if b == 0 {
			return math.NaN()
		}
		return a / b
	})
}

func (t *Table) compare(name, other, metric string, of func(a, b float64) float64) Estimate {
	rowA, column, okA := t.column(name, metric)
	rowB, _, okB := t.column(other, metric)
	if !okA || !okB {
		return point(math.NaN())
	}
	columns := len(t.K) * len(caseMetrics)
	value := of(t.Rows[rowA].Estimates[metric].Value, t.Rows[rowB].Estimates[metric].Value)
	lo, hi := interval(t.resampled, func(means []float64) float64 {
		return of(means[rowA*columns+column], means[rowB*columns+column])
	}, t.Confidence)
	return Estimate{value, lo, hi}
}

// AgainstBaselines finds the baseline that is best at a metric and estimates
// the recommender's metric minus that baseline's. Without baselines the name
// is empty and the estimate undefined.
func (t *Table) AgainstBaselines(name, metric string) (best string, difference Estimate) {
	top := math.Inf(-1)
	for _, row := range t.Rows {
		if v := row.Estimates[metric].Value; row.Baseline && row.Name != name && v > top {
			best, top = row.Name, v
		}
	}
	return best, t.Difference(name, best, metric)
}

// column finds a per-case metric of a recommender.
func (t *Table) column(name, metric string) (row, column int, ok bool) {
	row = slices.IndexFunc(t.Rows, func(r Row) bool { return r.Name == name })
	if row < 0 {
		return 0, 0, false
	}
	for at, k := range t.K {
		for m, base := range caseMetrics {
			if MetricAt(base, k) == metric {
				return row, at*len(caseMetrics) + m, true
			}
		}
	}
	return 0, 0, false
}

// means computes, for weighted cases, the mean of every column over the cases
// where it is defined.
type means struct {
	sums    [][]float64 // [column][case], 0 where undefined
	defined [][]float64 // [column][case] 0 or 1; nil where all are defined
}

func newMeans(perCase [][][]float64) *means {
	m := &means{}
	for _, columns := range perCase {
		for _, column := range columns {
			sums, defined := column, []float64(nil)
			if slices.ContainsFunc(column, math.IsNaN) {
				sums, defined = slices.Clone(column), ones(len(column))
				for i, v := range column {
					if math.IsNaN(v) {
						sums[i], defined[i] = 0, 0
					}
				}
			}
			m.sums = append(m.sums, sums)
			m.defined = append(m.defined, defined)
		}
	}
	return m
}

func (m *means) width() int { return len(m.sums) }

// of fills out with the means; a column that is defined nowhere is NaN.
func (m *means) of(counts, out []float64) {
	for column, sums := range m.sums {
		weight := float64(len(counts))
		if m.defined[column] != nil {
			weight = dot(counts, m.defined[column])
		}
		out[column] = dot(counts, sums) / weight
	}
}

// dot has four independent sums: the bootstrap spends its time here, waiting
// for additions.
func dot(x, y []float64) float64 {
	var a, b, c, d float64
	for len(x) >= 4 && len(y) >= 4 {
		a += x[0] * y[0]
		b += x[1] * y[1]
		c += x[2] * y[2]
		d += x[3] * y[3]
		x, y = x[4:], y[4:]
	}
	for i, v := range x {
		a += v * y[i]
	}
	return (a + b) + (c + d)
}
