package pipeline

import (
	"math"
	"slices"
)

// Kind tells what a column holds.
type Kind string

// The kinds.
const (
	Numeric     Kind = "numeric"     // numbers, NaN where missing
	Categorical Kind = "categorical" // labels, "" where missing
)

// Column is one named column of a Table. Of Numbers and Labels, the one that
// Kind names is read.
type Column struct {
	Name    string
	Kind    Kind
	Numbers []float64
	Labels  []string
}

// NumberColumn returns a numeric column; NaN is a missing value.
func NumberColumn(name string, values ...float64) Column {
	return Column{Name: name, Kind: Numeric, Numbers: values}
}

// LabelColumn returns a categorical column; "" is a missing value.
func LabelColumn(name string, values ...string) Column {
	return Column{Name: name, Kind: Categorical, Labels: values}
}

// Len is the number of rows of the column.
func (c *Column) Len() int {
	if c.Kind == Categorical {
		return len(c.Labels)
	}
	return len(c.Numbers)
}

func (c *Column) cell(row int) Cell {
	if c.Kind == Categorical {
		return Cell{Label: c.Labels[row]}
	}
	return Cell{Number: c.Numbers[row]}
}

// Table is a set of columns of one length.
type Table []Column

// Rows is the length of the columns; 0 for a table without columns.
func (t Table) Rows() int {
	if len(t) == 0 {
		return 0
	}
	return t[0].Len()
}

func (t Table) find(name string) *Column {
	i := slices.IndexFunc(t, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &t[i]
}

// Cell is one value: Number of a numeric column, Label of a categorical one.
type Cell struct {
	Number float64 // NaN is missing
	Label  string  // "" is missing
}

func (c Cell) missing(k Kind) bool {
	if k == Categorical {
		return c.Label == ""
	}
	return math.IsNaN(c.Number)
}

// absent is the cell of a column that the table does not have.
var absent = Cell{Number: math.NaN()}

// Matrix is the output of Transform.
type Matrix struct {
	Names   []string  // [Width] name of each output, e.g. "city=Oslo"
	Values  []float64 // [len(Kept), Width], row-major
	Kept    []int     // row of the table behind each row of Values, ascending
	Dropped int       // rows left out by Missing: Drop
}

// Row is one row of the matrix, len(m.Names) wide.
func (m *Matrix) Row(i int) []float64 {
	width := len(m.Names)
	return m.Values[i*width : (i+1)*width]
}
