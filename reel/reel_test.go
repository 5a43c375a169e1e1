package reel

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"testing"
)

func TestIDsAreNumbersOrStringsOfDigits(t *testing.T) {
	for _, tc := range []struct {
		json string
		want int64
		bad  bool
	}{
		{json: `123`, want: 123}, {json: `"123"`, want: 123}, {json: `0`, want: 0}, {json: `"007"`, want: 7},
		{json: `9223372036854775807`, want: math.MaxInt64}, {json: `9223372036854775808`, bad: true},
		{json: `-1`, bad: true}, {json: `"-1"`, bad: true}, {json: `1.5`, bad: true}, {json: `1e3`, bad: true},
		{json: `""`, bad: true}, {json: `"abc"`, bad: true}, {json: `" 1"`, bad: true}, {json: `true`, bad: true}, {json: `[1]`, bad: true},
	} {
		var user UserID
		var one ReelID
		var creator CreatorID
		for _, err := range []error{json.Unmarshal([]byte(tc.json), &user), json.Unmarshal([]byte(tc.json), &one), json.Unmarshal([]byte(tc.json), &creator)} {
			if tc.bad != errors.Is(err, ErrID) {
				t.Errorf("%s: error %v, want one: %t", tc.json, err, tc.bad)
			}
		}
		if !tc.bad && (int64(user) != tc.want || int64(one) != tc.want || int64(creator) != tc.want) {
			t.Errorf("%s is read as %d, %d and %d", tc.json, user, one, creator)
		}
	}
}

func TestValidateNamesTheField(t *testing.T) {
	nan := float32(math.NaN())
	for _, tc := range []struct {
		field string
		it    Interaction
	}{
		{"", Interaction{User: 1, Reel: 2, Creator: 3, Time: 1_700_000_000, Watch: 1, Duration: 15}},
		{"", Interaction{}},
		{"user_id", Interaction{User: -1}},
		{"reel_id", Interaction{Reel: -1}},
		{"creator_id", Interaction{Creator: -1}},
		{"watch_time", Interaction{Watch: WatchTime(nan)}},
		{"watch_time", Interaction{Watch: 1.01}},
		{"watch_time", Interaction{Watch: -0.01}},
		{"duration", Interaction{Duration: nan}},
		{"duration", Interaction{Duration: -1}},
		{"duration", Interaction{Duration: MaxDuration + 1}},
		{"timestamp", Interaction{Time: -1}},
		{"timestamp", Interaction{Time: 1_700_000_000_000}}, // milliseconds
	} {
		checkField(t, tc.it.Validate(), tc.field)
	}
	for _, tc := range []struct {
		field string
		r     Reel
	}{
		{"", Reel{ID: 1, Video: make([]float32, VideoDim), Audio: make([]float32, AudioDim), Text: make([]float32, TextDim)}},
		{"reel_id", Reel{ID: -1}},
		{"creator_id", Reel{Creator: -1}},
		{"duration", Reel{Duration: float32(math.Inf(1))}},
		{"uploaded", Reel{Uploaded: MaxTime + 1}},
		{"age_rating", Reel{AgeRating: MaxAgeRating + 1}},
		{"video", Reel{Video: make([]float32, 1)}},
		{"audio", Reel{Audio: append(make([]float32, AudioDim-1), nan)}},
		{"text", Reel{Text: append(make([]float32, TextDim-1), float32(math.Inf(-1)))}},
	} {
		checkField(t, tc.r.Validate(), tc.field)
	}
	for _, tc := range []struct {
		field string
		w     Weights
	}{{"", DefaultWeights}, {"weights", Weights{}}, {"weights.share", Weights{1, 1, nan, 1}}, {"weights.like", Weights{0, -1}}, {"weights.follow", Weights{HeadFollow: 1001}}} {
		checkField(t, tc.w.Validate(), tc.field)
	}
}

// checkField fails unless err blames the field; "" wants no error.
func checkField(t *testing.T, err error, field string) {
	t.Helper()
	var at *FieldError
	switch {
	case field == "" && err != nil:
		t.Errorf("a sound value is refused: %v", err)
	case field != "" && (!errors.As(err, &at) || at.Field != field || at.Reason == ""):
		t.Errorf("error %v, want one of field %s", err, field)
	}
}

func TestPositiveIsWatchedOrActedOn(t *testing.T) {
	for _, tc := range []struct {
		name string
		it   Interaction
		want bool
	}{
		{"half watched", Interaction{Watch: 0.5, Observed: Watched}, true},
		{"less than half", Interaction{Watch: 0.49, Observed: Watched}, false},
		{"watched, but the log does not say", Interaction{Watch: 1}, false},
		{"liked", Interaction{Signals: Liked}, true},
		{"shared", Interaction{Signals: Shared}, true},
		{"followed", Interaction{Signals: Followed}, true},
		{"commented on", Interaction{Signals: Commented}, false},
		{"watched and refused", Interaction{Watch: 1, Observed: Watched, Signals: NotInterested}, false},
	} {
		if got := tc.it.Positive(); got != tc.want {
			t.Errorf("%s: %t, want %t", tc.name, got, tc.want)
		}
	}
}

func TestProfileKeepsTheLastAndRemembersAllSeen(t *testing.T) {
	p := NewProfile(7)
	for i := range HistoryLen + 5 {
		it := Interaction{User: 7, Reel: ReelID(i), Creator: CreatorID(i % 3), Time: int64(i)}
		if i == 1 || i == 2 {
			it.Signals = Followed
		}
		p.Apply(it)
	}
	if len(p.Recent) != HistoryLen || p.Recent[0].Reel != 5 || p.Recent[HistoryLen-1].Reel != HistoryLen+4 {
		t.Errorf("recent holds %d from reel %d to %d, want the last %d", len(p.Recent), p.Recent[0].Reel, p.Recent[len(p.Recent)-1].Reel, HistoryLen)
	}
	if !p.HasSeen(0) || p.HasSeen(HistoryLen+5) || p.Total != HistoryLen+5 {
		t.Errorf("seen 0: %t, unseen: %t, total %d", p.HasSeen(0), p.HasSeen(HistoryLen+5), p.Total)
	}
	if got := p.FollowedCreators(); !slices.Equal(got, []CreatorID{1, 2}) || !p.IsFollowing(2) || p.IsFollowing(0) {
		t.Errorf("follows %v, want creators 1 and 2", got)
	}
}

func TestScoreIsTheWeightedSum(t *testing.T) {
	got := DefaultWeights.Score(Predictions{HeadWatch: 1, HeadLike: 0.5, HeadShare: 0.25, HeadFollow: 0})
	if math.Abs(float64(got)-(0.4+0.2*0.5+0.3*0.25)) > 1e-6 {
		t.Errorf("score %g, want 0.575", got)
	}
}

func TestSourceSetNamesItsMembersInOrder(t *testing.T) {
	set := SourceSet(0).Add(SourceFresh).Add(SourceSimilar)
	if got := set.String(); got != "similar+fresh" || set.Has(SourceTrending) || !set.Has(SourceFresh) {
		t.Errorf("set is %s", got)
	}
}

func TestProfileAfterLeavesTheOldOneAsItIs(t *testing.T) {
	old := NewProfile(7)
	for i := range HistoryLen {
		old.Apply(Interaction{User: 7, Reel: ReelID(2 * i), Creator: 1, Time: int64(i)})
	}
	next := old.After(
		Interaction{User: 7, Reel: 3, Creator: 2, Time: 100, Signals: Followed},
		Interaction{User: 7, Reel: 200, Creator: 2, Time: 101},
	)
	if old.HasSeen(3) || old.HasSeen(200) || old.IsFollowing(2) || old.Total != HistoryLen || old.Recent[0].Reel != 0 || old.Recent[HistoryLen-1].Time != HistoryLen-1 {
		t.Errorf("the old profile changed: %+v", old)
	}
	if !next.HasSeen(3) || !next.HasSeen(200) || !next.HasSeen(0) || !next.IsFollowing(2) || next.Total != HistoryLen+2 || next.Recent[0].Reel != 4 || next.Recent[HistoryLen-1].Reel != 200 {
		t.Errorf("the new profile is %+v", next)
	}
}

func TestReelSetIsSortedAndHoldsEachOnce(t *testing.T) {
	var s ReelSet
	for _, id := range []ReelID{5, 9, 5, 1, 7, 9, 1 << 60} {
		s.Add(id)
	}
	if want := []ReelID{1, 5, 7, 9, 1 << 60}; !slices.Equal(s.IDs(), want) || s.Len() != len(want) {
		t.Errorf("holds %v, want %v", s.IDs(), want)
	}
	of := NewReelSet(9, 5, 9, 1, 7, 1<<60)
	if !slices.Equal(of.IDs(), s.IDs()) || s.Has(6) || !s.Has(7) {
		t.Errorf("made at once it holds %v", of.IDs())
	}
}
