package pipeline

import (
	"fmt"
	"math"
	"strings"
)

// Fault is one thing that is wrong with a column or its Spec.
type Fault struct {
	Column string // "" when it is about the table
	Reason string
}

func (f Fault) String() string {
	if f.Column == "" {
		return f.Reason
	}
	return fmt.Sprintf("column %q: %s", f.Column, f.Reason)
}

// ValidationError lists all faults of a table or of specs at once.
type ValidationError struct{ Faults []Fault }

func (e *ValidationError) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = f.String()
	}
	return "pipeline: " + strings.Join(lines, "; ")
}

// asError is nil for an empty list.
func asError(faults []Fault) error {
	if len(faults) == 0 {
		return nil
	}
	return &ValidationError{faults}
}

// Check tells what Fit would say of the table: absent required columns, wrong
// kinds, unequal lengths, infinities, and columns that miss more than
// their MaxMissing. It returns a *ValidationError with all faults, or nil.
func (p *Pipeline) Check(t Table) error {
	specs := make([]Spec, len(p.columns))
	for i := range p.columns {
		specs[i] = p.columns[i].Spec
	}
	return asError(append(shapeFaults(specs, t), shareFaults(specs, t)...))
}

// shapeFaults are those that make a table impossible to transform.
func shapeFaults(specs []Spec, t Table) []Fault {
	var list []Fault
	rows := t.Rows()
	named := make(map[string]bool, len(t))
	for i := range t {
		c := &t[i]
		if named[c.Name] {
			list = append(list, Fault{c.Name, "is in the table twice"})
		}
		named[c.Name] = true
		if n := c.Len(); n != rows {
			list = append(list, Fault{c.Name, fmt.Sprintf("has %d rows where %q has %d", n, t[0].Name, rows)})
		}
	}
	for i := range specs {
		if reason := columnFault(&specs[i], t.find(specs[i].Name)); reason != "" {
			list = append(list, Fault{specs[i].Name, reason})
		}
	}
	return list
}

func columnFault(s *Spec, c *Column) string {
	switch {
	case c == nil && s.required():
		return "is required and absent"
	case c == nil:
		return ""
	case c.Kind != s.Kind:
		return fmt.Sprintf("is %s, want %s", c.Kind, s.Kind)
	}
	for row, v := range c.Numbers {
		if math.IsInf(v, 0) {
			return fmt.Sprintf("row %d is %g: only finite numbers and NaN (missing) are accepted", row, v)
		}
	}
	return ""
}

// shareFaults are the columns that miss more than they may.
func shareFaults(specs []Spec, t Table) []Fault {
	var list []Fault
	for i := range specs {
		s := &specs[i]
		c := t.find(s.Name)
		if c == nil && s.required() {
			continue // told already
		}
		if share := missingShare(c); share > s.MaxMissing {
			list = append(list, Fault{s.Name, fmt.Sprintf("%.4g%% of the values are missing, at most %.4g%% may be", 100*share, 100*s.MaxMissing)})
		}
	}
	return list
}

// missingShare is 1 for an absent column and 0 for one without rows.
func missingShare(c *Column) float64 {
	if c == nil {
		return 1
	}
	rows := c.Len()
	if rows == 0 {
		return 0
	}
	missing := 0
	for row := range rows {
		if c.cell(row).missing(c.Kind) {
			missing++
		}
	}
	return float64(missing) / float64(rows)
}
