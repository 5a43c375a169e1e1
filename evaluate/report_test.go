package evaluate

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
)

// tinyReport is a full report on the tiny world.
func tinyReport(t testing.TB) *Report {
	table, counts, notes := tinyTable(t, nil)
	share := table.Ratio("markov", "item-kNN", "ndcg@10")
	return &Report{
		Title:  "tiny world",
		Window: Window{From: tinyStart, TestFrom: tinyStart + 8*86400, To: tinyStart + 10*86400, Before: 4000, Test: 1000, Users: tinyUsers, Reels: tinyReels},
		Counts: counts, Table: table, Model: "markov", OracleShare: &share,
		Heads:   Heads(headSamples(), Options{Bootstrap: 50, Seed: 1}),
		Stages:  []StageRow{{"retrieve", "recall@100", Estimate{0.8, 0.75, 0.85}}, {"rerank", "ndcg@10", point(nan)}},
		Sources: Sources(sourceCases(), 4, Options{Bootstrap: 50, Seed: 1}),
		Notes:   notes,
	}
}

func TestReportAsTextKeepsItsLayout(t *testing.T) {
	var b strings.Builder
	if err := tinyReport(t).WriteText(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.golden", b.String())
}

func TestEmptyReportIsStillAReport(t *testing.T) {
	var text, page, data bytes.Buffer
	r := &Report{}
	if err := errors.Join(r.WriteText(&text), r.WriteHTML(&page), r.WriteJSON(&data)); err != nil {
		t.Fatal(err)
	}
	if text.Len() != 0 || !json.Valid(data.Bytes()) || strings.Contains(page.String(), "<svg") {
		t.Errorf("text %q, JSON %s, or a plot of nothing", text.String(), data.String())
	}
	checkHTML(t, page.Bytes())
}

func TestReportAsJSONHoldsEveryNumberAndNullForTheUndefined(t *testing.T) {
	var b bytes.Buffer
	report := tinyReport(t)
	if err := report.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Table struct {
			Rows []struct {
				Name      string
				Estimates map[string]struct{ Value, Lo, Hi *float64 }
			}
		}
		Heads []struct {
			Head    string
			Metrics map[string]struct{ Value *float64 }
		}
	}
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	for i, row := range report.Table.Rows {
		for _, metric := range report.Table.Metrics {
			got := back.Table.Rows[i].Estimates[metric]
			if got.Value == nil || *got.Value != row.Estimates[metric].Value {
				t.Errorf("%s of %s is not in the JSON", metric, row.Name)
			}
		}
	}
	if v := back.Heads[2].Metrics[MetricAUC].Value; back.Heads[2].Head != "share" || v != nil {
		t.Errorf("the undefined AUC of %s is %v in JSON, want null", back.Heads[2].Head, v)
	}
}

// checkHTML reads a page as XML, once its void elements are closed: every
// element ends in order and every attribute is quoted.
func checkHTML(t *testing.T, page []byte) {
	t.Helper()
	page = regexp.MustCompile(`<meta[^>]*`).ReplaceAll(page, []byte(`$0/`))
	page = bytes.ReplaceAll(page, []byte(`<details open>`), []byte(`<details open="">`))
	d := xml.NewDecoder(bytes.NewReader(page))
	d.Entity = xml.HTMLEntity
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("the page is not well formed: %v", err)
		}
	}
}

func TestReportAsHTMLIsOneWholePage(t *testing.T) {
	report := tinyReport(t)
	report.Title = `<script>alert("title")</script>`
	report.Notes = append(report.Notes, `a note with <b>markup</b> & more`)
	report.Heads[0].Head = "watch <time>"
	report.Table.Rows[4].Name, report.Model = `markov <i>"x"</i>`, `markov <i>"x"</i>`
	var b bytes.Buffer
	if err := report.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	checkHTML(t, b.Bytes())
	if got := strings.Count(page, "<svg"); got != 5 {
		t.Errorf("%d plots, want NDCG bars, two curves, exposure and calibration", got)
	}
	for _, bad := range []string{"<script", "<b>markup", "<i>\"x\"", "src=", "@import", "url(", "<link", "http://", "https://", "NaN", "#030", "#010101", "#020202", "<?xml"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	for _, want := range []string{
		"prefers-color-scheme: dark", "var(--series-4)", "&lt;script&gt;", "<tr class=\"model\">", "n/a", "First 10 reels", "recall@100", "exposure gini", "First 20 reels", "recall@4 without it",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestHeadlinesNameTheLeadOverTheBestBaseline(t *testing.T) {
	report := tinyReport(t)
	lines := report.Headlines()
	if len(lines) != 3 || !strings.Contains(lines[1], "markov minus best baseline (item-kNN): ") || !strings.Contains(lines[2], "share of the oracle's ndcg@10: ") {
		t.Errorf("headlines %q", lines)
	}
	report.Model = "somebody else"
	if lines := report.Headlines(); len(lines) != 0 {
		t.Errorf("headlines about a model without a row: %q", lines)
	}
}

// failing refuses every write.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

func TestReportPassesOnWriteErrors(t *testing.T) {
	report := tinyReport(t)
	for name, write := range map[string]func(io.Writer) error{"text": report.WriteText, "JSON": report.WriteJSON, "HTML": report.WriteHTML} {
		if err := write(failing{}); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestPageToLookAt(t *testing.T) {
	if *pagePath == "" {
		t.Skip("give -page FILE to write a report to look at")
	}
	writePage(t, *pagePath)
}

func TestReportOfFewCasesIsDrawnAllTheSame(t *testing.T) {
	cases, cat := threeCases(t)
	for n := range 2 {
		table, err := Run(context.Background(), []Recommender{NewRandom(cat, 1)}, cases[:n], Options{Catalog: cat, K: []int{1}, Bootstrap: 10}, nil)
		if err != nil {
			t.Fatal(err)
		}
		report := Report{Table: table, Model: "random", Heads: Heads(nil, Options{Bootstrap: 10})}
		var page, text, data bytes.Buffer
		if err := errors.Join(report.WriteHTML(&page), report.WriteText(&text), report.WriteJSON(&data)); err != nil {
			t.Fatalf("%d cases: %v", n, err)
		}
		checkHTML(t, page.Bytes())
		if out := page.String() + text.String() + data.String(); strings.Contains(out, "NaN") || strings.Contains(out, "Inf") {
			t.Errorf("%d cases: an undefined value is shown as a number:\n%s", n, text.String())
		}
		if n == 0 && !strings.Contains(text.String(), "random reaches ndcg@1 n/a") {
			t.Errorf("no case gives\n%s", text.String())
		}
	}
}
