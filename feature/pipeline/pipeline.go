package pipeline

import (
	"errors"
	"fmt"
)

// Pipeline is a fitted list of column steps. See the package for its use.
type Pipeline struct {
	columns []column
	names   []string // [Width()]
}

// ErrDropped is returned by TransformRow for a row that misses a value of a
// column with Missing: Drop.
var ErrDropped = errors.New("the row misses a value whose column drops such rows")

// Fit learns every column of specs from the training table and returns the
// pipeline. Rows dropped by any column are dropped before anything is
// learned. The error is a *ValidationError that lists all faults at once.
func Fit(specs []Spec, t Table) (*Pipeline, error) {
	if faults := specFaults(specs); len(faults) > 0 {
		return nil, asError(faults)
	}
	if err := asError(append(shapeFaults(specs, t), shareFaults(specs, t)...)); err != nil {
		return nil, err
	}
	kept := keptRows(specs, t)
	if len(kept) == 0 {
		return nil, asError([]Fault{{"", fmt.Sprintf("no row to fit: %d rows, all dropped for missing values", t.Rows())}})
	}
	p := &Pipeline{columns: make([]column, len(specs))}
	var faults []Fault
	for i, s := range specs {
		var err error
		if p.columns[i], err = fitColumn(s, t.find(s.Name), kept); err != nil {
			faults = append(faults, Fault{s.Name, err.Error()})
		}
	}
	if len(faults) > 0 {
		return nil, asError(faults)
	}
	p.listNames()
	return p, nil
}

func (p *Pipeline) listNames() {
	p.names = nil
	for i := range p.columns {
		p.names = p.columns[i].appendNames(p.names)
	}
}

// keptRows are the rows in which no column with Missing: Drop misses a value.
func keptRows(specs []Spec, t Table) []int {
	var kept []int
	for row := range t.Rows() {
		if !dropsRow(specs, t, row) {
			kept = append(kept, row)
		}
	}
	return kept
}

func dropsRow(specs []Spec, t Table, row int) bool {
	for i := range specs {
		if specs[i].Missing != Drop {
			continue
		}
		if t.find(specs[i].Name).cell(row).missing(specs[i].Kind) {
			return true
		}
	}
	return false
}

// Width is the number of outputs per row.
func (p *Pipeline) Width() int { return len(p.names) }

// Names lists the outputs: the column's name, or "column=label" of a one-hot
// column.
func (p *Pipeline) Names() []string { return append([]string(nil), p.names...) }

// Specs lists what was asked of each column, in order.
func (p *Pipeline) Specs() []Spec {
	specs := make([]Spec, len(p.columns))
	for i := range p.columns {
		specs[i] = p.columns[i].Spec
	}
	return specs
}

// Labels lists the fitted labels of a categorical column in sorted order, nil
// for any other name.
func (p *Pipeline) Labels(name string) []string {
	for i := range p.columns {
		if c := &p.columns[i]; c.Name == name && c.Vocabulary != nil {
			return append([]string(nil), c.Vocabulary.Labels...)
		}
	}
	return nil
}

// Transform applies what was learned. Columns are found by name, others are
// ignored. The error is a *ValidationError that lists all faults at once.
func (p *Pipeline) Transform(t Table) (*Matrix, error) {
	specs := p.Specs()
	if err := asError(shapeFaults(specs, t)); err != nil {
		return nil, err
	}
	kept := keptRows(specs, t)
	m := &Matrix{
		Names:   p.Names(),
		Values:  make([]float64, len(kept)*p.Width()),
		Kept:    kept,
		Dropped: t.Rows() - len(kept),
	}
	var faults []Fault
	at := 0
	for i := range p.columns {
		c := &p.columns[i]
		if reason := c.fill(m, at, t.find(c.Name)); reason != "" {
			faults = append(faults, Fault{c.Name, reason})
		}
		at += c.width()
	}
	if len(faults) > 0 {
		return nil, asError(faults)
	}
	return m, nil
}

// fill writes the column's outputs from position at of every row. It returns
// the first reason why a cell was refused and how many more there are.
func (c *column) fill(m *Matrix, at int, src *Column) string {
	first, refused := "", 0
	width := c.width()
	for i, row := range m.Kept {
		cell := absent
		if src != nil {
			cell = src.cell(row)
		}
		reason := c.write(m.Row(i)[at:at+width], cell)
		if reason == "" {
			continue
		}
		if refused == 0 {
			first = fmt.Sprintf("row %d %s", row, reason)
		}
		refused++
	}
	if refused > 1 {
		first += fmt.Sprintf(", and so in %d more rows", refused-1)
	}
	return first
}

// TransformRow is Transform of one row, without allocation: cells are in the
// order of the specs, dst is [Width()].
func (p *Pipeline) TransformRow(dst []float64, cells []Cell) error {
	if len(cells) != len(p.columns) || len(dst) != p.Width() {
		return fmt.Errorf("pipeline: got %d cells and room for %d outputs, want %d and %d", len(cells), len(dst), len(p.columns), p.Width())
	}
	at := 0
	for i := range p.columns {
		c := &p.columns[i]
		if c.Missing == Drop && cells[i].missing(c.Kind) {
			return fmt.Errorf("pipeline: column %q: %w", c.Name, ErrDropped)
		}
		width := c.width()
		if reason := c.write(dst[at:at+width], cells[i]); reason != "" {
			return asError([]Fault{{c.Name, reason}})
		}
		at += width
	}
	return nil
}
