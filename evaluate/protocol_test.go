package evaluate

import (
	"slices"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/reel"
)

func TestCasesAskAtTheFirstTestEventForWhatWasThenEligible(t *testing.T) {
	cat := mustCatalog(t, []reel.Reel{
		{ID: 1}, {ID: 2, Uploaded: 90}, {ID: 3, Uploaded: 110}, {ID: 4, Uploaded: 111}, {ID: 5}, {ID: 6},
	})
	train := []reel.Interaction{enjoyed(7, 1, 50), enjoyed(8, 1, 60)}
	first := reel.Interaction{User: 7, Reel: 6, Time: 110, Watch: 0.1, Observed: reel.AllObserved,
		Context: reel.Context{Device: "ios", Place: "BR", Session: 3}}
	test := []reel.Interaction{
		enjoyed(9, 5, 100),                     // a user without a past
		first,                                  // not enjoyed, but the time and context of the query
		enjoyed(7, 3, 120), enjoyed(7, 3, 121), // uploaded just in time, enjoyed twice
		enjoyed(7, 2, 122),                      // relevant
		enjoyed(7, 1, 123),                      // seen before
		enjoyed(7, 4, 124),                      // uploaded after the query
		enjoyed(7, 99, 125),                     // not in the catalogue
		{User: 8, Reel: 2, Time: 126, Watch: 0}, // nothing enjoyed
	}
	cases, counts, err := Cases(train, test, cat)
	if err != nil {
		t.Fatal(err)
	}
	if want := (CaseCounts{Users: 3, Cases: 2, NoRelevant: 1, Relevant: 3, Ineligible: 2, Unknown: 1}); counts != want {
		t.Errorf("counts %+v, want %+v", counts, want)
	}
	if len(cases) != 2 || cases[0].User != 7 || cases[1].User != 9 {
		t.Fatalf("cases of other users than 7 and 9: %+v", cases)
	}
	seven, nine := cases[0], cases[1]
	if seven.Now != 110 || seven.Context != first.Context {
		t.Errorf("query at %d in %+v, want the first test event's", seven.Now, seven.Context)
	}
	if !slices.Equal(seven.Relevant, ids(2, 3)) || !slices.Equal(nine.Relevant, ids(5)) {
		t.Errorf("relevant: %v and %v", seven.Relevant, nine.Relevant)
	}
	if seven.Profile.Total != 1 || seven.Profile.HasSeen(6) || !seven.Profile.HasSeen(1) {
		t.Errorf("the profile of user 7 is not the train part alone: %+v", seven.Profile)
	}
	if nine.Profile == nil || nine.Profile.Total != 0 {
		t.Errorf("the profile of a new user is %+v, want an empty one", nine.Profile)
	}
}

func TestCasesRefuseASplitThatLeaks(t *testing.T) {
	cat := mustCatalog(t, []reel.Reel{{ID: 1}, {ID: 2}})
	for _, c := range []struct {
		name        string
		train, test []reel.Interaction
		want        string
	}{
		{"one timestamp on both sides", []reel.Interaction{enjoyed(1, 1, 100)}, []reel.Interaction{enjoyed(1, 2, 100)}, "train reaches to 100, test starts at 100"},
		{"train not sorted", []reel.Interaction{enjoyed(1, 1, 100), enjoyed(1, 1, 50)}, []reel.Interaction{enjoyed(1, 2, 90)}, "train interactions are not in the order of time"},
		{"test not sorted", nil, []reel.Interaction{enjoyed(1, 1, 100), enjoyed(1, 1, 50)}, "test interactions are not in the order of time"},
	} {
		if _, _, err := Cases(c.train, c.test, cat); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", c.name, err, c.want)
		}
	}
	if cases, counts, err := Cases(nil, nil, cat); err != nil || len(cases) != 0 || counts != (CaseCounts{}) {
		t.Errorf("no interactions: %v, %+v, %v", cases, counts, err)
	}
}
