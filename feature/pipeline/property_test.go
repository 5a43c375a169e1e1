package pipeline

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// anyTable draws specs and a table that fits them.
func anyTable(t *rapid.T) ([]Spec, Table) {
	rows := rapid.IntRange(1, 12).Draw(t, "rows")
	var specs []Spec
	var table Table
	for i := range rapid.IntRange(1, 4).Draw(t, "columns") {
		name := fmt.Sprint("c", i)
		s := Spec{Name: name, MaxMissing: 1, Scaling: rapid.SampledFrom(scalings).Draw(t, "scaling")}
		if rapid.Bool().Draw(t, "numeric") {
			s.Kind, s.Missing = Numeric, rapid.SampledFrom(missingNumbers[:4]).Draw(t, "missing")
			values := rapid.OneOf(rapid.Just(nan), rapid.Float64Range(-1e6, 1e6), rapid.Just(1.0))
			table = append(table, NumberColumn(name, rapid.SliceOfN(values, rows, rows).Draw(t, "numbers")...))
		} else {
			s.Kind, s.Missing, s.FillLabel = Categorical, Constant, "?"
			s.Encoding = rapid.SampledFrom(encodings).Draw(t, "encoding")
			s.Unseen = rapid.SampledFrom(unseens).Draw(t, "unseen")
			if s.Encoding == OneHot {
				s.Scaling = Unscaled
			}
			labels := rapid.SampledFrom([]string{"", "a", "b", "é", `"quoted"`, "?"})
			table = append(table, LabelColumn(name, rapid.SliceOfN(labels, rows, rows).Draw(t, "labels")...))
		}
		specs = append(specs, s)
	}
	return specs, table
}

func TestOneRowIsARowOfTheTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		specs, table := anyTable(t)
		p, err := Fit(specs, table)
		if err != nil {
			t.Fatal(err)
		}
		m, err := p.Transform(table)
		if err != nil {
			t.Fatal(err)
		}
		row, cells := make([]float64, p.Width()), make([]Cell, len(specs))
		for i := range table.Rows() {
			for j := range table {
				cells[j] = table[j].cell(i)
			}
			if err := p.TransformRow(row, cells); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(row, m.Row(i)) {
				t.Fatalf("row %d is %v alone and %v in the table", i, row, m.Row(i))
			}
			for _, v := range row {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Fatalf("row %d holds %g", i, v)
				}
			}
		}
	})
}
