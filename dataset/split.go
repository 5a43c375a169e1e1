package dataset

import (
	"fmt"
	"sort"

	"github.com/reelrank/reelrank/reel"
)

// Split is a dataset cut at two moments, the same for all users. The parts
// share the dataset's memory.
type Split struct {
	Train      []reel.Interaction // before ValidationFrom
	Validation []reel.Interaction // from ValidationFrom, before TestFrom
	Test       []reel.Interaction // from TestFrom on

	ValidationFrom int64 // unix seconds
	TestFrom       int64 // unix seconds
}

// Split cuts the dataset by global time so that the newest testShare of the
// interactions is Test and the validationShare before it is Validation. A cut
// never falls inside a second: all interactions of one second are in the same
// part, so shares are met only as closely as the times allow. A share of 0
// gives an empty part; a share that is more than 0 and whose part would come
// out empty is an error.
//
// The interactions must be sorted by time (see [Dataset.Sort]).
func (ds *Dataset) Split(validationShare, testShare float64) (Split, error) {
	if !(validationShare >= 0 && testShare >= 0 && validationShare+testShare < 1) {
		return Split{}, fmt.Errorf("split: the shares of validation (%g) and test (%g) must be at least 0 and add up to less than 1", validationShare, testShare)
	}
	test := cut(ds.Interactions, testShare)
	s := ds.splitAt(test, validationShare/(1-testShare))
	switch {
	case len(s.Train) == 0,
		validationShare > 0 && len(s.Validation) == 0,
		testShare > 0 && len(s.Test) == 0:
		return Split{}, fmt.Errorf("split: %d interactions cannot be cut by time into %g validation and %g test: %d, %d and %d are left for training, validation and test; bring more data or more distinct times",
			len(ds.Interactions), validationShare, testShare, len(s.Train), len(s.Validation), len(s.Test))
	}
	return s, nil
}

// SplitAt is Split at a given moment: Test is everything from testFrom on, in
// unix seconds, and the validationShare of what comes before it, the newest, is
// Validation.
func (ds *Dataset) SplitAt(testFrom int64, validationShare float64) (Split, error) {
	if !(validationShare >= 0 && validationShare < 1) {
		return Split{}, fmt.Errorf("split: the share of validation (%g) must be at least 0 and less than 1", validationShare)
	}
	its := ds.Interactions
	s := ds.splitAt(sort.Search(len(its), func(i int) bool { return its[i].Time >= testFrom }), validationShare)
	if len(s.Train) == 0 || validationShare > 0 && len(s.Validation) == 0 {
		return Split{}, fmt.Errorf("split: of %d interactions %d are before %d: too few to learn from", len(its), len(its)-len(s.Test), testFrom)
	}
	s.TestFrom = testFrom
	return s, nil
}

// splitAt cuts before the interaction at index test, and the validationShare of
// what comes before it.
func (ds *Dataset) splitAt(test int, validationShare float64) Split {
	its := ds.Interactions
	validation := test
	if validationShare > 0 {
		validation = cut(its[:test], validationShare)
	}
	return Split{
		Train: its[:validation:validation], Validation: its[validation:test:test], Test: its[test:],
		ValidationFrom: startOf(its, validation), TestFrom: startOf(its, test),
	}
}

// cut returns the index at which the newest share of the interactions starts,
// moved to the border of a second: the earlier one, or the later one where the
// earlier would leave nothing before the cut.
func cut(its []reel.Interaction, share float64) int {
	if share == 0 || len(its) == 0 {
		return len(its)
	}
	at := min(int(float64(len(its))*(1-share)), len(its)-1)
	t := its[at].Time
	if first := sort.Search(len(its), func(i int) bool { return its[i].Time >= t }); first > 0 {
		return first
	}
	return sort.Search(len(its), func(i int) bool { return its[i].Time > t })
}

// startOf is the time from which the part that begins at index i counts: the
// time of its first interaction, or one second past the last one of all.
func startOf(its []reel.Interaction, i int) int64 {
	switch {
	case i < len(its):
		return its[i].Time
	case len(its) > 0:
		return its[len(its)-1].Time + 1
	}
	return 0
}
