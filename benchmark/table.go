package benchmark

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"github.com/reelrank/reelrank/evaluate"
)

// Source says where the figures of a row come from.
type Source string

const (
	Measured  Source = "measured here"
	Published Source = "published"
)

// Table is the result of a benchmark: what people and programs read.
type Table struct {
	Title   string   `json:"title"`
	Columns []Column `json:"columns"`
	Rows    []Row    `json:"rows"`
	Notes   []string `json:"notes,omitempty"` // what one has to know to read the rows
}

// Column is one figure of every row.
type Column struct {
	Name   string `json:"name"`
	Digits int    `json:"digits"` // behind the point, when printed
}

// Row is what one method reached.
type Row struct {
	Name   string              `json:"name"`
	Source Source              `json:"source"`
	Values []evaluate.Estimate `json:"values"`         // one per column; NaN where there is none
	Note   string              `json:"note,omitempty"` // a reference, a variant of the data, a count
}

// Add appends a row and returns it.
func (t *Table) Add(name string, source Source, values ...evaluate.Estimate) *Row {
	t.Rows = append(t.Rows, Row{Name: name, Source: source, Values: values})
	return &t.Rows[len(t.Rows)-1]
}

// Point is an estimate without an interval: a published figure, or a count.
func Point(v float64) evaluate.Estimate {
	return evaluate.Estimate{Value: v, Lo: math.NaN(), Hi: math.NaN()}
}

// Missing stands where a row has no figure.
func Missing() evaluate.Estimate { return Point(math.NaN()) }

// Print writes the table as text.
func (t *Table) Print(w io.Writer) error {
	fmt.Fprintf(w, "%s\n\n", t.Title)
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range t.Columns {
		fmt.Fprintf(columns, "\t%s", c.Name)
	}
	fmt.Fprintln(columns, "\tsource")
	for _, r := range t.Rows {
		fmt.Fprint(columns, r.Name)
		for i, c := range t.Columns {
			fmt.Fprintf(columns, "\t%s", c.format(r.Values[i]))
		}
		fmt.Fprintf(columns, "\t%s", r.Source)
		if r.Note != "" {
			fmt.Fprintf(columns, ", %s", r.Note)
		}
		fmt.Fprintln(columns)
	}
	if err := columns.Flush(); err != nil {
		return err
	}
	for _, note := range t.Notes {
		fmt.Fprintf(w, "\n%s\n", note)
	}
	return nil
}

// format is an estimate with the column's digits: "0.1234 [0.1200, 0.1270]",
// "0.1234" without an interval, "-" where it is missing.
func (c Column) format(e evaluate.Estimate) string {
	switch {
	case math.IsNaN(e.Value):
		return "-"
	case !e.HasInterval():
		return fmt.Sprintf("%.*f", c.Digits, e.Value)
	}
	return fmt.Sprintf("%.*f [%.*f, %.*f]", c.Digits, e.Value, c.Digits, e.Lo, c.Digits, e.Hi)
}
