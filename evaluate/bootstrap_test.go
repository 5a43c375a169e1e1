package evaluate

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

func TestEstimateShowsUndefinedAsNA(t *testing.T) {
	for _, c := range []struct {
		e            Estimate
		text, signed string
		json         string
	}{
		{Estimate{0.5, 0.25, 0.75}, "0.5000 [0.2500, 0.7500]", "+0.5000 [+0.2500, +0.7500]", `{"value":0.5,"lo":0.25,"hi":0.75}`},
		{point(0.5), "0.5000", "+0.5000", `{"value":0.5,"lo":null,"hi":null}`},
		{point(nan), "n/a", "n/a", `{"value":null,"lo":null,"hi":null}`},
	} {
		got, err := json.Marshal(c.e)
		if err != nil {
			t.Fatal(err)
		}
		if c.e.String() != c.text || c.e.Signed() != c.signed || string(got) != c.json {
			t.Errorf("%q, %q, %s; want %q, %q, %s", c.e, c.e.Signed(), got, c.text, c.signed, c.json)
		}
	}
}

func TestQuantileInterpolatesBetweenOrderStatistics(t *testing.T) {
	values := []float64{10, 20, 30, 40, 50}
	near(t, "median", quantile(values, 0.5), 30)
	near(t, "a quarter of the way between the first two", quantile(values, 1.0/16), 12.5)
	near(t, "lowest", quantile(values, 0), 10)
	near(t, "highest", quantile(values, 1), 50)
	near(t, "of one value", quantile([]float64{7}, 0.3), 7)
}

func TestResamplesDrawAsManyUnitsAsThereAre(t *testing.T) {
	counts := []float64{5, 5, 5, 5}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		resample(counts, rng)
		sum := 0.0
		for _, c := range counts {
			sum += c
		}
		if sum != 4 {
			t.Fatalf("%v sums to %v, want 4", counts, sum)
		}
	}
}

// meanOf returns a bootstrap statistic: the mean of the drawn values.
func meanOf(values []float64) func() func(counts, out []float64) {
	return func() func(counts, out []float64) {
		return func(counts, out []float64) { out[0] = dot(counts, values) / float64(len(values)) }
	}
}

func TestIntervalOfAMeanCoversItAsOftenAsItSays(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	const trials = 300
	covered := 0
	for trial := range uint64(trials) {
		values := make([]float64, 80)
		for i := range values {
			values[i] = rng.NormFloat64() + 3
		}
		rows := bootstrap(len(values), 200, 1, 1, trial, meanOf(values))
		if e := estimate(0, rows, 0, 0.9); e.Lo <= 3 && 3 <= e.Hi {
			covered++
		}
	}
	if share := float64(covered) / trials; math.Abs(share-0.9) > 0.06 { // 3.5 standard errors
		t.Errorf("a 90%% interval covers the mean in %.1f%% of the trials", 100*share)
	}
}

func TestBootstrapDoesNotDependOnTheThreads(t *testing.T) {
	values := make([]float64, 50)
	for i := range values {
		values[i] = float64(i * i % 17)
	}
	one := bootstrap(len(values), 100, 1, 1, 9, meanOf(values))
	if eight := bootstrap(len(values), 100, 1, 8, 9, meanOf(values)); !reflect.DeepEqual(one, eight) {
		t.Error("one and eight threads give different resamples")
	}
	if other := bootstrap(len(values), 100, 1, 1, 10, meanOf(values)); reflect.DeepEqual(one, other) {
		t.Error("another seed gives the same resamples")
	}
}

func TestIntervalsThatCannotBeKnownAreUndefined(t *testing.T) {
	if e := estimate(1, bootstrap(1, 100, 1, 1, 1, meanOf([]float64{1})), 0, 0.95); e.HasInterval() {
		t.Errorf("one user has the interval %s", e)
	}
	if e := estimate(1, bootstrap(5, 0, 1, 1, 1, meanOf(ones(5))), 0, 0.95); e.HasInterval() {
		t.Errorf("no resamples give the interval %s", e)
	}
	mostlyUndefined := [][]float64{{nan}, {1}, {nan}}
	if e := estimate(1, mostlyUndefined, 0, 0.95); e.HasInterval() {
		t.Errorf("a statistic undefined in most resamples has the interval %s", e)
	}
}

func TestDotEqualsThePlainSum(t *testing.T) {
	for n := range 11 {
		x, y, want := make([]float64, n), make([]float64, n), 0.0
		for i := range x {
			x[i], y[i] = float64(i+1), float64(3*i-4)
			want += x[i] * y[i]
		}
		near(t, "dot", dot(x, y), want)
	}
}

// A real report bootstraps 6 recommenders at 3 list lengths over some 6,000 users.
func BenchmarkTableBootstrap(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	perCase := make([][][]float64, 6)
	for r := range perCase {
		perCase[r] = make([][]float64, 27)
		for c := range perCase[r] {
			perCase[r][c] = make([]float64, 6000)
			for i := range perCase[r][c] {
				perCase[r][c][i] = rng.Float64()
			}
		}
	}
	m := newMeans(perCase)
	for b.Loop() {
		bootstrap(6000, 1000, m.width(), 2, 1, func() func(counts, out []float64) { return m.of })
	}
}

func TestAnEstimateComesBackFromJSON(t *testing.T) {
	for _, e := range []Estimate{{0.5, 0.25, 0.75}, {0.5, nan, nan}, {nan, nan, nan}, {}} {
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		got := Estimate{1, 2, 3}
		if err := json.Unmarshal(raw, &got); err != nil || fmt.Sprint(got) != fmt.Sprint(e) || fmt.Sprint(got.Lo, got.Hi) != fmt.Sprint(e.Lo, e.Hi) {
			t.Errorf("%s is read as %v, %v", raw, got, err)
		}
	}
}

func TestMeanOfBracketsTheMeanAsItsStandardErrorSays(t *testing.T) {
	values := make([]float64, 400)
	for i := range values {
		values[i] = float64(i % 2) // mean 0.5, standard error 0.025
	}
	e := MeanOf(values, 2000, 0.95, 1)
	if e.Value != 0.5 || math.Abs(e.Lo-(0.5-1.96*0.025)) > 0.005 || math.Abs(e.Hi-(0.5+1.96*0.025)) > 0.005 {
		t.Errorf("mean %v, want 0.5 [0.451, 0.549]", e)
	}
}
