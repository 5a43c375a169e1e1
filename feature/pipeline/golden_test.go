package pipeline

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// nullable reads a list of numbers in which null is a missing one.
type nullable []float64

func (n *nullable) UnmarshalJSON(b []byte) error {
	var list []*float64
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	for _, v := range list {
		if v == nil {
			*n = append(*n, math.NaN())
		} else {
			*n = append(*n, *v)
		}
	}
	return nil
}

type goldenCase struct {
	Title        string
	Spec         Spec
	Numbers      nullable
	Labels       []string
	ProbeNumbers nullable    `json:"probe_numbers"`
	ProbeLabels  []string    `json:"probe_labels"`
	WantFit      [][]float64 `json:"want_fit"`
	WantProbe    [][]float64 `json:"want_probe"`
}

func (g *goldenCase) tables() (fit, probe Table) {
	if g.Spec.Kind == Categorical {
		return Table{LabelColumn("x", g.Labels...)}, Table{LabelColumn("x", g.ProbeLabels...)}
	}
	return Table{NumberColumn("x", g.Numbers...)}, Table{NumberColumn("x", g.ProbeNumbers...)}
}

func TestValuesAgreeWithScikitLearn(t *testing.T) {
	b, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Cases []goldenCase }
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Cases) < 300 {
		t.Fatalf("only %d cases in testdata/golden.json", len(golden.Cases))
	}
	for _, g := range golden.Cases {
		t.Run(strings.ReplaceAll(g.Title, " ", "_"), func(t *testing.T) {
			fit, probe := g.tables()
			p, err := Fit([]Spec{g.Spec}, fit)
			if err != nil {
				t.Fatal(err)
			}
			wantMatrix(t, p, fit, g.WantFit)
			wantMatrix(t, p, probe, g.WantProbe)
		})
	}
}

// wantMatrix compares within 1e-9, relative for values above 1.
func wantMatrix(t *testing.T, p *Pipeline, in Table, want [][]float64) {
	t.Helper()
	m, err := p.Transform(in)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Kept) != len(want) {
		t.Fatalf("got %d rows, want %d", len(m.Kept), len(want))
	}
	for i, row := range want {
		got := m.Row(i)
		if len(got) != len(row) {
			t.Fatalf("row %d has %d values, want %d", i, len(got), len(row))
		}
		for j, w := range row {
			if !(math.Abs(got[j]-w) <= 1e-9*max(1, math.Abs(w))) {
				t.Errorf("row %d value %d is %.17g, scikit-learn has %.17g", i, j, got[j], w)
			}
		}
	}
}
