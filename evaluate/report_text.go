package evaluate

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// WriteText writes the report for a terminal: the ranking table at the
// headline length, then heads, stages, sources and notes.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	if r.Title != "" {
		fmt.Fprintf(&b, "%s\n%s\n", r.Title, strings.Repeat("=", utf8.RuneCountInString(r.Title)))
	}
	for _, fact := range r.facts() {
		fmt.Fprintf(&b, "%-25s%s\n", fact[0]+":", fact[1])
	}
	if r.Table != nil {
		b.WriteString("\n" + r.Table.Text(r.Table.HeadlineK()))
	}
	if lines := r.Headlines(); len(lines) > 0 {
		b.WriteString("\n" + strings.Join(lines, "\n") + "\n")
	}
	if len(r.Heads) > 0 {
		b.WriteString("\n" + headsText(r.Heads))
	}
	if len(r.Stages) > 0 {
		b.WriteString("\n" + stagesText(r.Stages))
	}
	if r.Sources != nil {
		b.WriteString("\n" + r.Sources.Text())
	}
	for i, note := range r.Notes {
		if i == 0 {
			b.WriteString("\nNotes\n")
		}
		fmt.Fprintf(&b, "- %s\n", note)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// textBlocks are the metrics that stand side by side in a terminal.
var textBlocks = [][]string{
	{MetricNDCG, MetricMAP, MetricMRR},
	{MetricPrecision, MetricRecall, MetricHitRate},
	{MetricCreatorDiversity, MetricIntraListDistance, MetricNewShare},
	{MetricCoverage, MetricGini},
}

// Text is the table at one of its list lengths, in blocks of aligned columns.
func (t *Table) Text(k int) string {
	var blocks []string
	for _, metrics := range textBlocks {
		lines := [][]string{{"recommender"}}
		for _, m := range metrics {
			lines[0] = append(lines[0], MetricAt(m, k))
		}
		for _, row := range t.Rows {
			line := []string{row.Name}
			for _, m := range metrics {
				e, ok := row.Estimates[MetricAt(m, k)]
				if !ok {
					line = append(line, "n/a")
					continue
				}
				line = append(line, e.String())
			}
			lines = append(lines, line)
		}
		blocks = append(blocks, align(lines))
	}
	return strings.Join(blocks, "\n")
}

// headsText has one block for the binary heads and one for watch time.
func headsText(heads []HeadRow) string {
	var blocks []string
	for _, names := range [][]string{binaryMetrics, watchMetrics} {
		lines := [][]string{append([]string{"head", "rows", "positive"}, names...)}
		for _, h := range heads {
			if !slices.Equal(h.Names, names) {
				continue
			}
			line := []string{h.Head, strconv.Itoa(h.Rows), strconv.Itoa(h.Positives)}
			for _, name := range names {
				line = append(line, h.Metrics[name].String())
			}
			lines = append(lines, line)
		}
		if len(lines) > 1 {
			blocks = append(blocks, align(lines))
		}
	}
	text := strings.Join(blocks, "\n")
	for _, h := range heads {
		if h.GAUCUsers+h.GAUCSkipped > 0 {
			text += h.gaucNote() + "\n"
		}
	}
	return text
}

// gaucNote says over whom GAUC is the mean.
func (h HeadRow) gaucNote() string {
	return fmt.Sprintf("gauc of %s: %d users count, %d with one class alone do not", h.Head, h.GAUCUsers, h.GAUCSkipped)
}

func stagesText(stages []StageRow) string {
	lines := [][]string{{"after stage", "metric", "value"}}
	for _, s := range stages {
		lines = append(lines, []string{s.Stage, s.Metric, s.Estimate.String()})
	}
	return align(lines)
}

// Text is the table in aligned columns, and all sources together.
func (t *SourceTable) Text() string {
	recall := MetricAt(MetricRecall, t.Candidates)
	lines := [][]string{{"source", "quota", MetricRecall + "@quota", recall + " without it", "gain", "relevant, by it alone"}}
	for _, s := range t.Rows {
		lines = append(lines, []string{
			s.Source, strconv.Itoa(s.Quota), s.Own.String(), s.Without.String(), s.Gain.Signed(), strconv.Itoa(s.Alone),
		})
	}
	return align(lines) + fmt.Sprintf("all sources: %s %s of %d relevant reels\n", recall, t.Recall, t.Relevant)
}

// align pads the cells of each column to one width, two spaces apart.
func align(lines [][]string) string {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for c, cell := range line {
			widths[c] = max(widths[c], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, line := range lines {
		var out strings.Builder
		for c, cell := range line {
			out.WriteString(cell + strings.Repeat(" ", widths[c]-utf8.RuneCountInString(cell)+2))
		}
		b.WriteString(strings.TrimRight(out.String(), " ") + "\n")
	}
	return b.String()
}
