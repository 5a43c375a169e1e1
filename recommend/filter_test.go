package recommend

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/reel"
)

func TestFilteredSlateIsOfWhatPasses(t *testing.T) {
	r, seen, reels := fitted(t), seenBy(), reelByID()
	user := tiny().Interactions[0].User
	first := slate(t, r, Request{User: user, K: 10})
	at := slices.IndexFunc(first.Items, func(i Item) bool { return reels[i.Reel].Category != "" && reels[i.Reel].Region != "" })
	if at < 0 {
		t.Fatal("no reel of the slate has a category and a region to filter by")
	}
	best := reels[first.Items[at].Reel]
	for _, f := range []Filter{
		{Categories: []string{best.Category}},
		{ExcludedCategories: []string{best.Category}},
		{BlockedCreators: []reel.CreatorID{best.Creator}},
		{Regions: []string{best.Region}, ViewerAge: 30},
	} {
		req := Request{User: user, K: 5, Filter: f}
		s := slate(t, r, req)
		if len(s.Items) == 0 {
			t.Errorf("%+v: nothing is left", f)
		}
		if err := checkSlate(r, req, s, seen[user], reels); err != nil {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

func TestFilterThatNothingPassesGivesAnEmptySlate(t *testing.T) {
	r := fitted(t)
	for _, user := range []reel.UserID{tiny().Interactions[0].User, stranger} {
		s := slate(t, r, Request{User: user, K: 10, Filter: Filter{Languages: []string{"tlh"}}})
		if len(s.Items) != 0 || !slices.Equal(s.Relaxed, []string{"short"}) {
			t.Errorf("user %d: %d reels, relaxed %v, want none and short", user, len(s.Items), s.Relaxed)
		}
	}
}

func TestFilterOutOfBoundsIsRefusedByField(t *testing.T) {
	many := slices.Repeat([]string{"x"}, MaxFilter+1)
	for _, c := range []struct {
		field  string
		filter Filter
	}{
		{"filter.languages", Filter{Languages: many}},
		{"filter.regions", Filter{Regions: many}},
		{"filter.categories", Filter{Categories: []string{"dance", ""}}},
		{"filter.exclude_categories", Filter{ExcludedCategories: many}},
		{"filter.viewer_age", Filter{ViewerAge: -1}},
		{"filter.viewer_age", Filter{ViewerAge: MaxViewerAge + 1}},
		{"filter.blocked_creators", Filter{BlockedCreators: make([]reel.CreatorID, MaxFilter+1)}},
		{"filter.blocked_creators", Filter{BlockedCreators: []reel.CreatorID{1, -1}}},
	} {
		_, err := fitted(t).Recommend(t.Context(), Request{User: 1, K: 1, Filter: c.filter})
		var wrong *RequestError
		if !errors.As(err, &wrong) || wrong.Field != c.field || strings.TrimSpace(wrong.Reason) == "" {
			t.Errorf("%v, want a *RequestError of %s", err, c.field)
		}
	}
}
