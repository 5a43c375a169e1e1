package recommend

import (
	"errors"
	"fmt"
	"slices"

	"github.com/reelrank/reelrank/reel"
)

// Bounds of a request, far beyond what a screen shows.
const (
	MaxK         = 1000
	MaxExclude   = 10_000
	MaxFilter    = 100 // entries of each list of a filter
	MaxViewerAge = 150 // years
)

// validate returns a *RequestError for the first field out of its range.
func (q *Request) validate() error {
	switch {
	case q.User < 0:
		return &RequestError{"user", fmt.Sprintf("%d is negative", q.User)}
	case q.K < 1 || q.K > MaxK:
		return &RequestError{"k", fmt.Sprintf("%d is not within 1..%d", q.K, MaxK)}
	case q.Now < reel.MinTime || q.Now > reel.MaxTime:
		return &RequestError{"now", fmt.Sprintf("%d is not within %d..%d unix seconds", q.Now, reel.MinTime, reel.MaxTime)}
	case q.MaxPerCreator < 0:
		return &RequestError{"max_per_creator", fmt.Sprintf("%d is negative", q.MaxPerCreator)}
	case len(q.Exclude) > MaxExclude:
		return &RequestError{"exclude", fmt.Sprintf("%d reels, want at most %d", len(q.Exclude), MaxExclude)}
	}
	if err := validateFilter(&q.Filter); err != nil {
		return err
	}
	return validateWeights(q.Weights)
}

func validateFilter(f *Filter) error {
	for _, list := range []struct {
		field  string
		labels []string
	}{
		{"filter.languages", f.Languages}, {"filter.regions", f.Regions},
		{"filter.categories", f.Categories}, {"filter.exclude_categories", f.ExcludedCategories},
	} {
		if len(list.labels) > MaxFilter {
			return &RequestError{list.field, fmt.Sprintf("%d labels, want at most %d", len(list.labels), MaxFilter)}
		}
		if slices.Contains(list.labels, "") {
			return &RequestError{list.field, "holds an empty label: nothing can be asked of what is unknown"}
		}
	}
	if len(f.BlockedCreators) > MaxFilter {
		return &RequestError{"filter.blocked_creators", fmt.Sprintf("%d creators, want at most %d", len(f.BlockedCreators), MaxFilter)}
	}
	for _, id := range f.BlockedCreators {
		if id < 0 {
			return &RequestError{"filter.blocked_creators", fmt.Sprintf("%d is negative", id)}
		}
	}
	if f.ViewerAge < 0 || f.ViewerAge > MaxViewerAge {
		return &RequestError{"filter.viewer_age", fmt.Sprintf("%d is not within 0..%d years; 0 is not stated", f.ViewerAge, MaxViewerAge)}
	}
	return nil
}

func validatePrediction(user reel.UserID, id reel.ReelID, w *reel.Weights) error {
	if user < 0 {
		return &RequestError{"user", fmt.Sprintf("%d is negative", user)}
	}
	if id < 0 {
		return &RequestError{"reel", fmt.Sprintf("%d is negative", id)}
	}
	return validateWeights(w)
}

func validateWeights(w *reel.Weights) error {
	if w == nil {
		return nil
	}
	var field *reel.FieldError
	if err := w.Validate(); errors.As(err, &field) {
		return &RequestError{field.Field, field.Reason}
	}
	return nil
}
