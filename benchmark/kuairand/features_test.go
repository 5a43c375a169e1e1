package kuairand

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// What happens at a row's time or later never shows in its features: neither
// other outcomes, nor other rows, nor the end of the log.
func TestFeaturesDoNotLookAhead(t *testing.T) {
	for seed := range uint64(5) {
		rng := rand.New(rand.NewPCG(seed, 2))
		l := world(seed, 400)
		before := stream(t, l)
		cut := rng.IntN(len(l.Rows)-2) + 1
		now := l.Rows[cut].Time
		for i := range l.Rows {
			if l.Rows[i].Time < now {
				continue
			}
			e := &l.Rows[i]
			for s := range e.Is {
				e.Is[s] = !e.Is[s]
			}
			e.Play = 100 * rng.Float64()
			if e.Time > now {
				e.User, e.Video, e.Tab, e.Time = rng.Int32N(40), rng.Int32N(60), rng.Int32N(3), e.Time+1000
			}
		}
		l.Rows = l.Rows[:len(l.Rows)-1]
		after := stream(t, l)
		for i := range l.Rows {
			if l.Rows[i].Time > now {
				break
			}
			if !slices.Equal(before.Row(i), after.Row(i)) {
				t.Fatalf("seed %d: the features of row %d, at %d, change with what happens from %d on: %v", seed, i, l.Rows[i].Time, now, differing(before, after, i))
			}
		}
	}
}

// The counterpart: what happened before does show, so that the test above means something.
func TestFeaturesSeeWhatHappenedBefore(t *testing.T) {
	l := world(7, 200)
	before := stream(t, l)
	l.Rows[0].Is[LongView] = !l.Rows[0].Is[LongView]
	after := stream(t, l)
	last := len(l.Rows) - 1
	if slices.Equal(before.Row(last), after.Row(last)) {
		t.Error("no feature of the last row depends on the outcome of the first")
	}
	if i := 1; l.Rows[i].Time != l.Rows[0].Time || !slices.Equal(before.Row(i), after.Row(i)) {
		t.Error("a row sees what came of another one of the same time")
	}
}

func differing(a, b *Features, row int) []string {
	var names []string
	for c, name := range a.Names {
		if a.Row(row)[c] != b.Row(row)[c] {
			names = append(names, name)
		}
	}
	return names
}

func TestFeaturesAreFiniteAndNamedOnce(t *testing.T) {
	l := world(3, 300)
	l.Rows[5].Duration, l.Rows[6].Video, l.Rows[7].User, l.Rows[8].Tags = 0, 9999, 9999, nil
	f := stream(t, l)
	seen := map[string]bool{}
	for _, name := range f.Names {
		if seen[name] {
			t.Errorf("two features are called %s", name)
		}
		seen[name] = true
	}
	if len(f.X) != len(l.Rows)*len(f.Names) {
		t.Fatalf("%d values, want %d rows of %d", len(f.X), len(l.Rows), len(f.Names))
	}
	for i, v := range f.X {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			t.Errorf("%s of row %d is %g", f.Names[i%len(f.Names)], i/len(f.Names), v)
		}
	}
}

// Worked by hand: two long views of three exposures, drawn to 0.3 as by 5.
func TestRatesAreSmoothed(t *testing.T) {
	var k tally
	for i, long := range []bool{true, false, true} {
		e := Exposure{Duration: 10, Play: 5, Time: int64(i)}
		e.Is[LongView] = long
		o := e.outcomes()
		k.add(&o, [2]float32{0.5, 0.5}, e.Time)
	}
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"rate", float64(k.rate(int(LongView), 0.3, 5)), (2 + 5*0.3) / 8},
		{"mean share", float64(k.rate(outShare, 0.3, 0)), 0.5},
		{"lift", float64(k.lift(0, 1)), math.Log(3 / 2.5)},
	} {
		if math.Abs(c.got-c.want) > 1e-6 {
			t.Errorf("%s is %g, want %g", c.what, c.got, c.want)
		}
	}
}

func TestFadingCountsHalveInAHalfLife(t *testing.T) {
	f := fading{n: 8, long: 4, click: 2, last: 1000}.until(3000, 1000)
	if f != (fading{2, 1, 0.5, 3000}) {
		t.Errorf("after two half-lives %+v, want a quarter", f)
	}
}

// The lists of long views and likes are of the same end as the exposures.
func TestMarksAreFoundFromTheEnd(t *testing.T) {
	marked, older := marks([]int32{4, 5, 4, 6}, []int32{9, 4, 6})
	if !slices.Equal(marked, []bool{false, false, true, true}) || !slices.Equal(older, []int32{9}) {
		t.Errorf("marked %v, older %v; want the last 4 and the 6, and 9 older", marked, older)
	}
}

// A machine learns what no sum of the labels' own effects can say.
func TestMachinesLearnMatches(t *testing.T) {
	m := newMachine(4, 1)
	rng := rand.New(rand.NewPCG(9, 9))
	for range 20_000 {
		u, v := uint64(rng.IntN(2)), uint64(rng.IntN(2))
		m.learn([]uint64{10 + u, 20 + v}, u == v)
	}
	for u := range uint64(2) {
		for v := range uint64(2) {
			if got := m.predict([]uint64{10 + u, 20 + v}); got > 0 != (u == v) {
				t.Errorf("user %d and video %d: logit %.2f", u, v, got)
			}
		}
	}
}
