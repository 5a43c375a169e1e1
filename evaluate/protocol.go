package evaluate

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// Query is one request of the evaluation: who asks, what is known of them,
// when and where.
type Query struct {
	User    reel.UserID
	Profile *reel.Profile // all interactions before the test window; read only
	Now     int64         // unix seconds
	Context reel.Context
}

// Case is a query with its right answers.
type Case struct {
	Query
	Relevant []reel.ReelID // at least one, ascending, each once
}

// Recommender is anything that answers queries with ranked reels, best first:
// at most k, each Eligible, none twice. Run calls it from several goroutines.
type Recommender interface {
	Name() string
	Recommend(ctx context.Context, q Query, k int) ([]reel.ReelID, error)
}

// Eligible tells whether the reel at a dense index may answer a query: it is
// not deleted, was uploaded by then (an unknown upload time counts as always),
// and the user has not seen it.
func Eligible(cat *catalog.Catalog, q *Query, i int32) bool {
	return cat.Alive(i) && cat.Uploaded(i) <= q.Now && !q.Profile.HasSeen(cat.ID(i))
}

// CaseCounts says how many test events became cases, and why others did not.
type CaseCounts struct {
	Users      int `json:"users"`       // users with events in the test window
	Cases      int `json:"cases"`       // of them, users with something relevant
	NoRelevant int `json:"no_relevant"` // of them, users left out for want of it
	Relevant   int `json:"relevant"`    // relevant reels over all cases
	Ineligible int `json:"ineligible"`  // positive test events on reels seen before or uploaded after the query
	Unknown    int `json:"unknown"`     // positive test events on reels that the catalogue does not hold
}

// Cases turns a test window into one case per user, in ascending order of
// user. The query has the time and the context of the user's first test
// event; the profile is all of train; relevant are the reels with a Positive
// interaction in the window that were eligible at the query. Users without a
// relevant reel are left out.
//
// Both slices are in the order of time, and all of train lies before test;
// otherwise a profile would know its own answers, and that is an error.
func Cases(train, test []reel.Interaction, cat *catalog.Catalog) ([]Case, CaseCounts, error) {
	if err := checkSplit(train, test); err != nil {
		return nil, CaseCounts{}, err
	}
	byUser := make(map[reel.UserID][]reel.Interaction)
	for _, it := range test {
		byUser[it.User] = append(byUser[it.User], it)
	}
	profiles := make(map[reel.UserID]*reel.Profile, len(byUser))
	for user := range byUser {
		profiles[user] = reel.NewProfile(user)
	}
	for _, it := range train {
		if p, ok := profiles[it.User]; ok {
			p.Apply(it)
		}
	}
	counts := CaseCounts{Users: len(byUser)}
	var cases []Case
	for user, events := range byUser {
		c := Case{Query: Query{User: user, Profile: profiles[user], Now: events[0].Time, Context: events[0].Context}}
		c.Relevant = relevant(&c.Query, events, cat, &counts)
		if len(c.Relevant) == 0 {
			counts.NoRelevant++
			continue
		}
		counts.Cases++
		counts.Relevant += len(c.Relevant)
		cases = append(cases, c)
	}
	slices.SortFunc(cases, func(a, b Case) int { return cmp.Compare(a.User, b.User) })
	return cases, counts, nil
}

// checkSplit refuses a split that is out of order or overlaps.
func checkSplit(train, test []reel.Interaction) error {
	for _, part := range []struct {
		name   string
		events []reel.Interaction
	}{{"train", train}, {"test", test}} {
		byTime := func(a, b reel.Interaction) int { return cmp.Compare(a.Time, b.Time) }
		if !slices.IsSortedFunc(part.events, byTime) {
			return fmt.Errorf("evaluate: the %s interactions are not in the order of time: sort them first", part.name)
		}
	}
	if len(train) == 0 || len(test) == 0 {
		return nil
	}
	if last, first := train[len(train)-1].Time, test[0].Time; last >= first {
		return fmt.Errorf("evaluate: train reaches to %d, test starts at %d: split at one time, with no timestamp on both sides", last, first)
	}
	return nil
}

// relevant lists the reels of a user's test events that a recommender could
// and should have returned.
func relevant(q *Query, events []reel.Interaction, cat *catalog.Catalog, counts *CaseCounts) []reel.ReelID {
	var ids []reel.ReelID
	for _, it := range events {
		if !it.Positive() {
			continue
		}
		i, known := cat.Index(it.Reel)
		switch {
		case !known:
			counts.Unknown++
		case !Eligible(cat, q, i):
			counts.Ineligible++
		default:
			ids = append(ids, it.Reel)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
