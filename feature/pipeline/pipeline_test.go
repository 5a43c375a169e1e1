package pipeline

import (
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
)

var nan = math.NaN()

func number(missing Missing, scaling Scaling) Spec {
	return Spec{Name: "x", Kind: Numeric, MaxMissing: 1, Missing: missing, Scaling: scaling}
}

func label(encoding Encoding, unseen Unseen) Spec {
	return Spec{Name: "city", Kind: Categorical, MaxMissing: 1, Missing: Constant, FillLabel: "?", Encoding: encoding, Unseen: unseen, Scaling: Unscaled}
}

func mustFit(t testing.TB, specs []Spec, table Table) *Pipeline {
	t.Helper()
	p, err := Fit(specs, table)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustTransform(t testing.TB, p *Pipeline, table Table) *Matrix {
	t.Helper()
	m, err := p.Transform(table)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// wantFaults checks that the error is a *ValidationError with one fault per
// wanted text, in order.
func wantFaults(t *testing.T, err error, want ...string) {
	t.Helper()
	var invalid *ValidationError
	if !errors.As(err, &invalid) {
		t.Fatalf("error is %v, want a *ValidationError", err)
	}
	if len(invalid.Faults) != len(want) {
		t.Fatalf("got %d faults, want %d: %v", len(invalid.Faults), len(want), err)
	}
	for i, w := range want {
		if got := invalid.Faults[i].String(); !strings.Contains(got, w) {
			t.Errorf("fault %d is %q, want %q in it", i, got, w)
		}
	}
}

func TestUnknownStrategiesListTheValidOnes(t *testing.T) {
	_, err := Fit([]Spec{
		{Name: "x", Kind: Numeric, Missing: "average", Scaling: "zscore"},
		{Name: "city", Kind: Categorical, Missing: "mean", Encoding: "target", Unseen: "ignore", Scaling: "none"},
		{Name: "y", Kind: "number", Missing: Mean, Scaling: Unscaled},
	}, Table{})
	wantFaults(t, err,
		`missing "average" is unknown: choose one of mean, median, mode, constant, drop`,
		`scaling "zscore" is unknown: choose one of standard, minmax, robust, none`,
		`missing "mean" is unknown: choose one of mode, constant, drop`,
		`encoding "target" is unknown: choose one of ordinal, onehot, frequency`,
		`unseen "ignore" is unknown: choose one of error, unknown, most_frequent`,
		`kind "number" is unknown: choose one of numeric, categorical`)
}

func TestSpecsThatCannotWorkAreRefused(t *testing.T) {
	for want, spec := range map[string]Spec{
		"has no name":                     {Kind: Numeric, Missing: Mean, Scaling: Unscaled},
		"max_missing 1.5 is not within":   {Name: "x", Kind: Numeric, MaxMissing: 1.5, Missing: Mean, Scaling: Unscaled},
		"max_missing NaN is not within":   {Name: "x", Kind: Numeric, MaxMissing: nan, Missing: Mean, Scaling: Unscaled},
		"encoding is for categorical":     {Name: "x", Kind: Numeric, Missing: Mean, Scaling: Unscaled, Encoding: Ordinal},
		"unseen is for categorical":       {Name: "x", Kind: Numeric, Missing: Mean, Scaling: Unscaled, Unseen: UnseenError},
		"max_categories is for":           {Name: "x", Kind: Numeric, Missing: Mean, Scaling: Unscaled, MaxCategories: 3},
		"fill_number +Inf is not a":       {Name: "x", Kind: Numeric, Missing: Constant, FillNumber: math.Inf(1), Scaling: Unscaled},
		`"constant" needs a fill_label`:   {Name: "x", Kind: Categorical, Missing: Constant, Encoding: Ordinal, Unseen: UnseenUnknown, Scaling: Unscaled},
		"max_categories -1 is negative":   {Name: "x", Kind: Categorical, Missing: Mode, Encoding: Ordinal, Unseen: UnseenUnknown, Scaling: Unscaled, MaxCategories: -1},
		"max_categories makes rare":       {Name: "x", Kind: Categorical, Missing: Mode, Encoding: Ordinal, Unseen: UnseenError, Scaling: Unscaled, MaxCategories: 2},
		`scaling of a one-hot column "st`: {Name: "x", Kind: Categorical, Missing: Mode, Encoding: OneHot, Unseen: UnseenError, Scaling: Standard},
	} {
		_, err := Fit([]Spec{spec}, Table{})
		wantFaults(t, err, want)
	}
	_, err := Fit(nil, Table{})
	wantFaults(t, err, "no columns to fit")
	_, err = Fit([]Spec{number(Mean, Unscaled), number(Mean, Unscaled)}, Table{NumberColumn("x", 1)})
	wantFaults(t, err, "specified twice")
}

func TestAllFaultsOfATableAreListedAtOnce(t *testing.T) {
	specs := []Spec{
		{Name: "id", Kind: Numeric, Required: true, Missing: Mean, Scaling: Unscaled},
		{Name: "x", Kind: Numeric, MaxMissing: 0.25, Missing: Mean, Scaling: Unscaled},
		{Name: "y", Kind: Numeric, MaxMissing: 1, Missing: Mean, Scaling: Unscaled},
		{Name: "city", Kind: Categorical, MaxMissing: 0.5, Missing: Mode, Encoding: OneHot, Unseen: UnseenError, Scaling: Unscaled},
		{Name: "z", Kind: Numeric, MaxMissing: 1, Missing: Mean, Scaling: Unscaled},
	}
	_, err := Fit(specs, Table{
		NumberColumn("x", 1, nan, nan, 4),
		LabelColumn("y", "a", "b", "c", "d"),
		LabelColumn("city", "", "", "", "Oslo"),
		NumberColumn("z", 1, 2, math.Inf(-1), 4),
		NumberColumn("short", 1),
		NumberColumn("x", 1, 2, 3, 4),
	})
	wantFaults(t, err,
		`"short": has 1 rows where "x" has 4`,
		`"x": is in the table twice`,
		`"id": is required and absent`,
		`"y": is categorical, want numeric`,
		`"z": row 2 is -Inf`,
		`"x": 50% of the values are missing, at most 25% may be`,
		`"city": 75% of the values are missing, at most 50% may be`)
}

func TestCheckHoldsABatchToTheMissingShare(t *testing.T) {
	spec := number(Mean, Unscaled)
	spec.MaxMissing = 0.5
	p := mustFit(t, []Spec{spec}, Table{NumberColumn("x", 1, 2)})
	if err := p.Check(Table{NumberColumn("x", 1, nan)}); err != nil {
		t.Errorf("half is missing and may be: %v", err)
	}
	wantFaults(t, p.Check(Table{NumberColumn("x", nan, nan)}), "100% of the values are missing")
	if m := mustTransform(t, p, Table{NumberColumn("x", nan)}); m.Values[0] != 1.5 {
		t.Errorf("a request that misses the value gives %g, want the mean 1.5", m.Values[0])
	}
}

func TestAbsentOptionalColumnIsMissing(t *testing.T) {
	p := mustFit(t, []Spec{number(Median, Unscaled), label(Ordinal, UnseenUnknown)},
		Table{NumberColumn("x", 1, 2, 9), LabelColumn("city", "b", "a", "")})
	m := mustTransform(t, p, Table{NumberColumn("other", 7, 7)})
	if want := []float64{2, 0, 2, 0}; !slices.Equal(m.Values, want) {
		t.Errorf("got %v, want the median and the place of \"?\": %v", m.Values, want)
	}
}

func TestDropLeavesRowsOutAndTellsHowMany(t *testing.T) {
	drop := number(Drop, Standard)
	specs := []Spec{drop, label(Ordinal, UnseenError)}
	table := Table{NumberColumn("x", 1, nan, 3, nan), LabelColumn("city", "b", "only in a dropped row", "a", "b")}
	p := mustFit(t, specs, table)
	if got := p.Labels("city"); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("labels %q were learned, want those of the kept rows", got)
	}
	m := mustTransform(t, p, table)
	if m.Dropped != 2 || !slices.Equal(m.Kept, []int{0, 2}) || !slices.Equal(m.Values, []float64{-1, 1, 1, 0}) {
		t.Errorf("got %+v, want rows 0 and 2 kept and 2 dropped", m)
	}
	if err := p.TransformRow(make([]float64, 2), []Cell{{Number: nan}, {Label: "a"}}); !errors.Is(err, ErrDropped) {
		t.Errorf("error of a dropped row is %v, want ErrDropped", err)
	}
	_, err := Fit(specs, Table{NumberColumn("x", nan, nan), LabelColumn("city", "a", "b")})
	wantFaults(t, err, "2 rows, all dropped")
	_, err = p.Transform(Table{LabelColumn("city", "a")})
	wantFaults(t, err, `"x": is required and absent`)
}

func TestUnseenLabelsFollowThePolicy(t *testing.T) {
	training := Table{LabelColumn("city", "b", "b", "a", "c")}
	asked := Table{LabelColumn("city", "a", "zz", "c", "yy")}
	for _, c := range []struct {
		encoding Encoding
		unseen   Unseen
		want     []float64
	}{
		{Ordinal, UnseenUnknown, []float64{0, 3, 2, 3}},
		{Ordinal, UnseenMostFrequent, []float64{0, 1, 2, 1}},
		{OneHot, UnseenUnknown, []float64{1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}},
		{OneHot, UnseenMostFrequent, []float64{1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0}},
		{Frequency, UnseenUnknown, []float64{0.25, 0, 0.25, 0}},
		{Frequency, UnseenMostFrequent, []float64{0.25, 0.5, 0.25, 0.5}},
	} {
		p := mustFit(t, []Spec{label(c.encoding, c.unseen)}, training)
		if m := mustTransform(t, p, asked); !slices.Equal(m.Values, c.want) {
			t.Errorf("%s, %s: got %v, want %v", c.encoding, c.unseen, m.Values, c.want)
		}
	}
	p := mustFit(t, []Spec{label(Ordinal, UnseenError)}, training)
	_, err := p.Transform(asked)
	wantFaults(t, err, `row 1 holds "zz", which the fit did not see (policy "error"), and so in 1 more rows`)
}

func TestRareLabelsAreUnseen(t *testing.T) {
	spec := label(Ordinal, UnseenUnknown)
	spec.MaxCategories = 2
	for _, c := range []struct {
		labels, want []string
	}{
		{[]string{"c", "c", "c", "b", "a", "a", "b"}, []string{"a", "c"}}, // a and b tie: a comes first
		{[]string{"c", "c", "b", "b", "a", ""}, []string{"?", "b", "c"}},  // the filler stays besides
		{[]string{"", "", "", "b", "a"}, []string{"?", "a", "b"}},
		{[]string{"a"}, []string{"a"}},
	} {
		p := mustFit(t, []Spec{spec}, Table{LabelColumn("city", c.labels...)})
		if got := p.Labels("city"); !slices.Equal(got, c.want) {
			t.Errorf("labels of %q are %q, want %q", c.labels, got, c.want)
		}
	}
}

func TestNoLabelToTakeTheModeOf(t *testing.T) {
	spec := label(Ordinal, UnseenUnknown)
	spec.Missing = Mode
	_, err := Fit([]Spec{spec}, Table{LabelColumn("city", "", "")})
	wantFaults(t, err, `use missing "constant"`)
}

func TestNumbersTooLargeAreRefusedNotTurnedToInfinity(t *testing.T) {
	_, err := Fit([]Spec{number(Mean, Standard)}, Table{NumberColumn("x", 1.5e308, 1.5e308, -1e308)})
	wantFaults(t, err, "too large")
	p := mustFit(t, []Spec{number(Mean, MinMax)}, Table{NumberColumn("x", 0, 1e-5)})
	_, err = p.Transform(Table{NumberColumn("x", 1, 1e307)})
	wantFaults(t, err, "row 1 holds 1e+307, which is too large for the fitted scale")
	if err := p.TransformRow(make([]float64, 1), []Cell{{Number: math.Inf(1)}}); err == nil {
		t.Error("an infinite number was accepted")
	}
}

func TestNamesTellTheOutputs(t *testing.T) {
	p := mustFit(t, []Spec{label(OneHot, UnseenUnknown), number(Mean, Unscaled)},
		Table{NumberColumn("x", 1, 2), LabelColumn("city", "Oslo", "Bergen")})
	want := []string{"city=Bergen", "city=Oslo", "x"}
	if got := p.Names(); !slices.Equal(got, want) || p.Width() != 3 {
		t.Errorf("names are %q, want %q", got, want)
	}
	if err := p.TransformRow(make([]float64, 2), make([]Cell, 2)); err == nil {
		t.Error("room for two outputs of three was accepted")
	}
}

func TestManyMayTransformAtOnce(t *testing.T) {
	table := Table{NumberColumn("x", 1, nan, 3), LabelColumn("city", "a", "b", "")}
	p := mustFit(t, []Spec{number(Mean, Standard), label(OneHot, UnseenUnknown)}, table)
	want := mustTransform(t, p, table).Values
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if m, err := p.Transform(table); err != nil || !slices.Equal(m.Values, want) {
					t.Errorf("got %v, %v; want %v", m, err, want)
				}
			}
		})
	}
	wg.Wait()
}

func TestTransformRowDoesNotAllocate(t *testing.T) {
	p := mustFit(t, []Spec{number(Mean, Standard), label(OneHot, UnseenUnknown)},
		Table{NumberColumn("x", 1, 2), LabelColumn("city", "a", "b")})
	dst, cells := make([]float64, p.Width()), []Cell{{Number: 3}, {Label: "new"}}
	if n := testing.AllocsPerRun(100, func() { _ = p.TransformRow(dst, cells) }); n != 0 {
		t.Errorf("%g allocations per row, want 0", n)
	}
}
