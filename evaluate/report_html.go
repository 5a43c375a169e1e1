package evaluate

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed report.html.tmpl
var pageSource string

var page = template.Must(template.New("report").Parse(pageSource))

// pageView is what the template shows.
type pageView struct {
	Report    *Report
	Title     string
	Facts     [][2]string
	Headlines []string
	Rankings  []rankingView
	Heads     []headsView
	Sources   *sourcesView
	Figures   []figure
}

// rankingView is the table at one list length.
type rankingView struct {
	K       int
	Open    bool // shown at once; the others unfold
	Columns []columnView
	Rows    []rowView
}

type columnView struct {
	Name  string
	Title string // what it means
}

type rowView struct {
	Name  string
	Model bool // the row that the report is about
	Cells []cellView
}

type cellView struct {
	Value    string
	Interval string
	Best     bool
}

// headsView is a table of heads of one kind.
type headsView struct {
	Columns []columnView
	Rows    []rowView
	Notes   []string
}

// sourcesView is the table of retrieval's sources.
type sourcesView struct {
	Note    string
	Columns []columnView
	Rows    []rowView
}

// meanings explain the columns in a few words.
var meanings = map[string]string{
	MetricNDCG:              "discounted gain of the hits, as a share of the ideal order's",
	MetricMAP:               "mean of the precisions at the hits",
	MetricMRR:               "1 / place of the first hit",
	MetricPrecision:         "hits / k",
	MetricRecall:            "hits / relevant reels",
	MetricHitRate:           "share of users with a hit",
	MetricCreatorDiversity:  "distinct creators / reels of the slate",
	MetricIntraListDistance: "mean cosine distance between the slate's reels",
	MetricNewShare:          "share of reels uploaded shortly before the request",
	MetricCoverage:          "share of the catalogue that was recommended at all",
	MetricGini:              "0: all reels shown equally often, 1: one gets everything",
	MetricAUC:               "chance that a positive scores above a negative",
	MetricGAUC:              "AUC within each user, weighted by the user's rows",
	MetricLogLoss:           "mean -ln of the probability given to what happened",
	MetricConstantLogLoss:   "log loss of always predicting the mean",
	MetricECE:               "mean distance of prediction and outcome over bins",
	MetricMAE:               "mean absolute error",
	MetricConstantMAE:       "error of always predicting the median",
	MetricXAUC:              "share of pairs in the right order",
	MetricSpearman:          "rank correlation",
}

// highIsBest are the metrics whose best row is marked: those of relevance.
// What is best in diversity or exposure is for the reader to say.
var highIsBest = map[string]bool{
	MetricNDCG: true, MetricMAP: true, MetricMRR: true,
	MetricPrecision: true, MetricRecall: true, MetricHitRate: true,
}

// WriteHTML writes the report as one page that needs nothing else: styles and
// plots are inside, and there is no script.
func (r *Report) WriteHTML(w io.Writer) error {
	figures, err := r.figures()
	if err != nil {
		return fmt.Errorf("evaluate: report %q: %w", r.Title, err)
	}
	v := pageView{Report: r, Title: r.Title, Facts: r.facts(), Headlines: r.Headlines(), Figures: figures, Heads: headViews(r.Heads), Sources: viewSources(r.Sources)}
	if v.Title == "" {
		v.Title = "Evaluation"
	}
	if t := r.Table; t != nil {
		for _, k := range t.K {
			v.Rankings = append(v.Rankings, rankingAt(t, k, r.Model))
		}
	}
	return page.Execute(w, v)
}

func rankingAt(t *Table, k int, model string) rankingView {
	v := rankingView{K: k, Open: k == t.HeadlineK()}
	for _, row := range t.Rows {
		v.Rows = append(v.Rows, rowView{Name: row.Name, Model: row.Name == model})
	}
	for _, block := range textBlocks {
		for _, metric := range block {
			name := MetricAt(metric, k)
			v.Columns = append(v.Columns, newColumn(metric))
			best := bestRow(t, name)
			for i, row := range t.Rows {
				cell := newCell(row.Estimates[name])
				cell.Best = highIsBest[metric] && i == best
				v.Rows[i].Cells = append(v.Rows[i].Cells, cell)
			}
		}
	}
	return v
}

// bestRow is the index of the highest value above 0, or -1.
func bestRow(t *Table, metric string) int {
	best, top := -1, 0.0
	for i, row := range t.Rows {
		if e := row.Estimates[metric]; e.Value > top {
			best, top = i, e.Value
		}
	}
	return best
}

// newColumn heads a column with the metric in words.
func newColumn(metric string) columnView {
	return columnView{strings.ReplaceAll(metric, "_", " "), meanings[metric]}
}

func newCell(e Estimate) cellView {
	c := cellView{Value: point(e.Value).String()}
	if e.HasInterval() {
		c.Interval = fmt.Sprintf("%.4f to %.4f", e.Lo, e.Hi)
	}
	return c
}

func headViews(heads []HeadRow) []headsView {
	var views []headsView
	for _, names := range [][]string{binaryMetrics, watchMetrics} {
		var v headsView
		for _, name := range names {
			v.Columns = append(v.Columns, newColumn(name))
		}
		for _, h := range heads {
			if len(h.Names) == 0 || h.Names[0] != names[0] {
				continue
			}
			row := rowView{Name: h.Head, Cells: []cellView{{Value: fmt.Sprint(h.Rows)}, {Value: fmt.Sprint(h.Positives)}}}
			for _, name := range names {
				row.Cells = append(row.Cells, newCell(h.Metrics[name]))
			}
			v.Rows = append(v.Rows, row)
			if h.GAUCUsers+h.GAUCSkipped > 0 {
				v.Notes = append(v.Notes, h.gaucNote())
			}
		}
		if len(v.Rows) > 0 {
			views = append(views, v)
		}
	}
	return views
}

func viewSources(t *SourceTable) *sourcesView {
	if t == nil {
		return nil
	}
	recall := MetricAt(MetricRecall, t.Candidates)
	v := &sourcesView{
		Note: fmt.Sprintf("All sources together: %s %s of %d relevant reels. What retrieval does not find, no later stage can rank.", recall, t.Recall, t.Relevant),
		Columns: []columnView{
			{"quota", "its share of the candidates"},
			{MetricRecall + "@quota", "recall of its own first reels, as many as its quota"},
			{recall + " without it", "recall of as many candidates from the other sources"},
			{"gain", "what all sources find more than the others alone, paired"},
			{"relevant, by it alone", "relevant candidates that no other source found"},
		},
	}
	for _, s := range t.Rows {
		v.Rows = append(v.Rows, rowView{Name: s.Source, Cells: []cellView{
			{Value: fmt.Sprint(s.Quota)}, newCell(s.Own), newCell(s.Without), newCell(s.Gain), {Value: fmt.Sprint(s.Alone)},
		}})
	}
	return v
}
