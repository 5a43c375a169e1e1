package evaluate

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Report is everything that an evaluation found, for people (WriteText,
// WriteHTML) and programs (WriteJSON). What is empty is left out.
type Report struct {
	Title       string       `json:"title"`
	Window      Window       `json:"window"`
	Counts      CaseCounts   `json:"counts"`
	Table       *Table       `json:"table,omitempty"`
	Model       string       `json:"model,omitempty"` // the row of Table that the report is about
	OracleShare *Estimate    `json:"oracle_share,omitempty"`
	Heads       []HeadRow    `json:"heads,omitempty"`
	Stages      []StageRow   `json:"stages,omitempty"`
	Sources     *SourceTable `json:"sources,omitempty"`
	Notes       []string     `json:"notes,omitempty"`
}

// Window is the data behind a report.
type Window struct {
	From     int64 `json:"from"`      // unix seconds of the oldest interaction
	TestFrom int64 `json:"test_from"` // unix seconds at which the test window starts
	To       int64 `json:"to"`        // unix seconds of the newest interaction
	Before   int   `json:"before"`    // interactions before the test window
	Test     int   `json:"test"`      // interactions in it
	Users    int   `json:"users"`
	Reels    int   `json:"reels"` // of the catalogue
}

// StageRow is the quality of the pipeline after one stage, e.g. stage
// "retrieve" with metric "recall@100".
type StageRow struct {
	Stage    string   `json:"stage"`
	Metric   string   `json:"metric"`
	Estimate Estimate `json:"estimate"`
}

// WriteJSON writes the report as indented JSON; undefined values are null.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// Headlines are the sentences that answer "is it good?": the model's NDCG, its
// lead over the best baseline, its share of the oracle. It is empty without a
// table and the model's row in it.
func (r *Report) Headlines() []string {
	if r.Table == nil {
		return nil
	}
	row, ok := r.Table.Row(r.Model)
	if !ok {
		return nil
	}
	metric := MetricAt(MetricNDCG, r.Table.HeadlineK())
	lines := []string{fmt.Sprintf("%s reaches %s %s", r.Model, metric, row.Estimates[metric])}
	if best, diff := r.Table.AgainstBaselines(r.Model, metric); best != "" {
		lines = append(lines, fmt.Sprintf("%s minus best baseline (%s): %s", r.Model, best, diff.Signed()))
	}
	if r.OracleShare != nil {
		lines = append(lines, fmt.Sprintf("share of the oracle's %s: %s", metric, r.OracleShare.percent()))
	}
	return lines
}

// percent is String in percent with one decimal.
func (e Estimate) percent() string {
	return Estimate{100 * e.Value, 100 * e.Lo, 100 * e.Hi}.format("%.1f%%")
}

// facts are the data window and the counts, as label and value.
func (r *Report) facts() [][2]string {
	var facts [][2]string
	if w := r.Window; w != (Window{}) {
		facts = append(facts,
			[2]string{"data", day(w.From) + " to " + day(w.To)},
			[2]string{"test window", "from " + day(w.TestFrom)},
			[2]string{"interactions", fmt.Sprintf("%d before the test window, %d in it", w.Before, w.Test)},
			[2]string{"users, reels", fmt.Sprintf("%d, %d", w.Users, w.Reels)})
	}
	if c := r.Counts; c != (CaseCounts{}) {
		facts = append(facts,
			[2]string{"test users", fmt.Sprintf("%d, of them %d with relevant reels (%d reels) and %d left out without",
				c.Users, c.Cases, c.Relevant, c.NoRelevant)},
			[2]string{"positives not asked for", fmt.Sprintf("%d on reels seen before or uploaded after the query, %d on reels outside the catalogue",
				c.Ineligible, c.Unknown)})
	}
	if t := r.Table; t != nil {
		facts = append(facts, [2]string{"intervals", fmt.Sprintf("%g%%, from %d resamples of %d users", 100*t.Confidence, t.Resamples, t.Cases)})
	}
	return facts
}

func day(unix int64) string { return time.Unix(unix, 0).UTC().Format("2006-01-02 15:04 UTC") }
