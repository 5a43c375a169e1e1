package dataset

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/reelrank/reelrank/reel"
)

func atTimes(times ...int64) *Dataset {
	ds := &Dataset{}
	for i, t := range times {
		ds.Interactions = append(ds.Interactions, reel.Interaction{User: reel.UserID(i), Time: t})
	}
	return ds
}

func TestSplitCutsAtTheBorderOfASecond(t *testing.T) {
	for _, c := range []struct {
		name             string
		times            []int64
		validation, test float64
		want             [3]int
		from             [2]int64
	}{
		{"distinct times", []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 0.2, 0.2, [3]int{6, 2, 2}, [2]int64{7, 9}},
		{"ties go to the later part", []int64{1, 2, 3, 4, 4, 4, 4, 4, 9, 10}, 0, 0.4, [3]int{3, 0, 7}, [2]int64{4, 4}},
		{"ties at the start stay in training", []int64{1, 1, 1, 1, 1, 1, 1, 1, 1, 10}, 0, 0.5, [3]int{9, 0, 1}, [2]int64{10, 10}},
		{"nothing held out", []int64{1, 2, 3}, 0, 0, [3]int{3, 0, 0}, [2]int64{4, 4}},
		{"no test part", []int64{1, 2, 3, 4}, 0.25, 0, [3]int{3, 1, 0}, [2]int64{4, 5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := atTimes(c.times...).Split(c.validation, c.test)
			if err != nil {
				t.Fatal(err)
			}
			if got := [3]int{len(s.Train), len(s.Validation), len(s.Test)}; got != c.want {
				t.Errorf("sizes %v, want %v", got, c.want)
			}
			if got := [2]int64{s.ValidationFrom, s.TestFrom}; got != c.from {
				t.Errorf("borders %v, want %v", got, c.from)
			}
		})
	}
}

func TestSplitRefusesWhatCannotBeCut(t *testing.T) {
	for _, c := range []struct {
		ds               *Dataset
		validation, test float64
	}{
		{atTimes(1, 2, 3), 0.5, 0.5},
		{atTimes(1, 2, 3), -0.1, 0.5},
		{atTimes(1, 1, 1), 0, 0.5},
		{atTimes(1, 2, 2), 0.1, 0.1},
		{atTimes(), 0.1, 0.1},
	} {
		if s, err := c.ds.Split(c.validation, c.test); err == nil {
			t.Errorf("%d interactions, shares %g and %g: got %+v, want an error", len(c.ds.Interactions), c.validation, c.test, s)
		}
	}
}

func TestNoSecondIsOnBothSidesOfACut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ds := atTimes(rapid.SliceOfN(rapid.Int64Range(0, 30), 0, 60).Draw(t, "times")...)
		ds.Sort()
		s, err := ds.Split(rapid.Float64Range(0, 0.5).Draw(t, "validation"), rapid.Float64Range(0, 0.49).Draw(t, "test"))
		if err != nil {
			return // too few distinct times to cut: TestSplitRefusesWhatCannotBeCut
		}
		if len(s.Train)+len(s.Validation)+len(s.Test) != len(ds.Interactions) {
			t.Fatal("interactions were lost")
		}
		for _, it := range s.Train {
			if it.Time >= s.ValidationFrom {
				t.Fatal("training holds the time of validation")
			}
		}
		for _, it := range s.Validation {
			if it.Time < s.ValidationFrom || it.Time >= s.TestFrom {
				t.Fatal("validation is outside of its window")
			}
		}
		for _, it := range s.Test {
			if it.Time < s.TestFrom {
				t.Fatal("test holds the time of validation")
			}
		}
	})
}

func TestSplitAtHoldsOutWhatIsFromThenOn(t *testing.T) {
	ds := atTimes(1, 2, 3, 4, 4, 5, 6, 7, 8, 9)
	for _, c := range []struct {
		from                    int64
		share                   float64
		train, validation, test int
	}{
		{4, 0, 3, 0, 7}, {5, 0, 5, 0, 5}, {9, 0.3, 6, 3, 1}, {100, 0, 10, 0, 0}, {5, 0.2, 3, 2, 5},
	} {
		s, err := ds.SplitAt(c.from, c.share)
		if err != nil || len(s.Train) != c.train || len(s.Validation) != c.validation || len(s.Test) != c.test || s.TestFrom != c.from {
			t.Errorf("from %d, %g for validation: %d, %d and %d from %d, %v; want %+v", c.from, c.share, len(s.Train), len(s.Validation), len(s.Test), s.TestFrom, err, c)
		}
	}
	for _, c := range []struct {
		from  int64
		share float64
	}{{1, 0}, {0, 0.5}, {5, 1}, {5, -0.1}} {
		if s, err := ds.SplitAt(c.from, c.share); err == nil {
			t.Errorf("from %d, %g for validation: %+v", c.from, c.share, s)
		}
	}
}
