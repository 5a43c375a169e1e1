package evaluate

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reelrank/reelrank/reel"
)

// asked returns what a recommender answers to a user with the profile of train.
func asked(t testing.TB, rec Recommender, user reel.UserID, train []reel.Interaction, now int64, k int) []reel.ReelID {
	t.Helper()
	p := reel.NewProfile(user)
	for _, it := range train {
		if it.User == user {
			p.Apply(it)
		}
	}
	list, err := rec.Recommend(context.Background(), Query{User: user, Profile: p, Now: now}, k)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestPopularCountsPositives(t *testing.T) {
	cat := mustCatalog(t, []reel.Reel{{ID: 1}, {ID: 2}, {ID: 3}, {ID: 4, Uploaded: 5}, {ID: 5, Uploaded: 900}})
	bored := reel.Interaction{User: 3, Reel: 3, Time: 4, Watch: 0.1, Observed: reel.AllObserved}
	train := []reel.Interaction{enjoyed(1, 2, 1), enjoyed(2, 2, 2), enjoyed(1, 1, 3), bored, bored, bored}
	popular := NewPopular(train, cat)
	if got := asked(t, popular, 9, train, 100, 9); !slices.Equal(got, ids(2, 1, 4, 3)) {
		t.Errorf("%v, want 2 (two positives), 1 (one), 4 (newer), 3; 5 is not uploaded yet", got)
	}
	if got := asked(t, popular, 1, train, 1000, 9); !slices.Equal(got, ids(5, 4, 3)) {
		t.Errorf("%v, want only reels that user 1 has not seen", got)
	}
}

func TestRecentlyPopularForgetsByItsHalfLife(t *testing.T) {
	cat := mustCatalog(t, []reel.Reel{{ID: 1}, {ID: 2}})
	hour := int64(3600)
	train := []reel.Interaction{enjoyed(1, 1, 0), enjoyed(2, 1, 0), enjoyed(3, 1, 0), enjoyed(4, 2, 2*hour)}
	short := NewRecentlyPopular(train, cat, time.Hour) // reel 1: 3/4, reel 2: 1
	if got := asked(t, short, 9, nil, 3*hour, 2); !slices.Equal(got, ids(2, 1)) {
		t.Errorf("half-life of an hour: %v", got)
	}
	near(t, "score after two half-lives", short.score[0], 0.75)
	long := NewRecentlyPopular(train, cat, 24*time.Hour)
	if got := asked(t, long, 9, nil, 3*hour, 2); !slices.Equal(got, ids(1, 2)) {
		t.Errorf("half-life of a day: %v", got)
	}
	if got := asked(t, NewRecentlyPopular(nil, cat, time.Hour), 9, nil, 0, 2); len(got) != 2 {
		t.Errorf("without a log: %v", got)
	}
}

func TestItemKNNSimilaritiesAgreeWithAHandWorkedExample(t *testing.T) {
	cat := mustCatalog(t, []reel.Reel{{ID: 1}, {ID: 2}, {ID: 3}, {ID: 4}})
	train := []reel.Interaction{
		enjoyed(1, 1, 1), enjoyed(1, 2, 2),
		enjoyed(2, 1, 3), enjoyed(2, 2, 4),
		enjoyed(3, 1, 5), enjoyed(3, 3, 6),
		enjoyed(4, 4, 7), enjoyed(5, 4, 8), enjoyed(6, 4, 9), enjoyed(7, 4, 10),
		enjoyed(8, 1, 11),
	}
	knn := NewItemKNN(train, cat, KNNOptions{Neighbours: 5, Shrink: 2, History: 5, Decay: 0.5})
	// n = 4, 2, 1, 4; c_12 = 2, c_13 = 1.
	want := []neighbour{
		{1, 2 / math.Sqrt(4*2) * 2 / (2 + 2.0)},
		{2, 1 / math.Sqrt(4*1) * 1 / (1 + 2.0)},
	}
	if len(knn.neighbours[0]) != 2 {
		t.Fatalf("reel 1 has the neighbours %v, want reels 2 and 3", knn.neighbours[0])
	}
	for i, n := range knn.neighbours[0] {
		if n.reel != want[i].reel {
			t.Errorf("neighbour %d is %v, want %v", i, n, want[i])
		}
		near(t, "similarity", n.similarity, want[i].similarity)
	}
	// User 8 enjoyed reel 1: 2 is nearest, then 3, and 4 fills up though most popular.
	if got := asked(t, knn, 8, train, 99, 4); !slices.Equal(got, ids(2, 3, 4)) {
		t.Errorf("user 8 gets %v", got)
	}
	// Reel 4 holds 4 of 12 positives: with prior 10 it passes both.
	if got := asked(t, knn.with(KNNOptions{History: 5, Decay: 0.5, Prior: 10}), 8, train, 99, 4); !slices.Equal(got, ids(4, 2, 3)) {
		t.Errorf("with a strong prior user 8 gets %v", got)
	}
	// A user that the fit does not know is served by the profile.
	stranger := []reel.Interaction{enjoyed(77, 2, 20)}
	if got := asked(t, knn, 77, stranger, 99, 2); !slices.Equal(got, ids(1, 4)) {
		t.Errorf("a stranger who enjoyed 2 gets %v", got)
	}
}

func TestItemKNNWeighsNewerPositivesMore(t *testing.T) {
	cat := mustCatalog(t, []reel.Reel{{ID: 1}, {ID: 2}, {ID: 3}, {ID: 4}})
	train := []reel.Interaction{
		enjoyed(1, 1, 1), enjoyed(1, 3, 2), // 1 goes with 3
		enjoyed(2, 2, 3), enjoyed(2, 4, 4), // 2 goes with 4
		enjoyed(5, 2, 5), enjoyed(5, 1, 6), // user 5 enjoyed 2, then 1
	}
	knn := NewItemKNN(train, cat, KNNOptions{Neighbours: 5, History: 5, Decay: 0.5})
	if got := asked(t, knn, 5, train, 99, 2); !slices.Equal(got, ids(3, 4)) {
		t.Errorf("%v, want the newest positive's neighbour first", got)
	}
	if got := asked(t, knn.with(KNNOptions{History: 1, Decay: 0.5}), 5, train, 99, 1); !slices.Equal(got, ids(3)) {
		t.Errorf("a history of one gives %v", got)
	}
}

func TestMarkovFollowsTransitionsAndBacksOffToPopularity(t *testing.T) {
	cat := mustCatalog(t, []reel.Reel{{ID: 1}, {ID: 2}, {ID: 3}, {ID: 4}})
	train := []reel.Interaction{
		enjoyed(1, 1, 1), enjoyed(1, 2, 2),
		enjoyed(2, 1, 3), enjoyed(2, 2, 4),
		enjoyed(3, 1, 5), enjoyed(3, 3, 6),
		enjoyed(4, 4, 7), enjoyed(5, 4, 8), enjoyed(6, 4, 9), enjoyed(7, 4, 10), enjoyed(8, 4, 11),
		enjoyed(9, 1, 12),
	}
	m := NewMarkov(train, cat, MarkovOptions{Backoff: 1, History: 1})
	if !slices.Equal(m.next[0], []transition{{1, 2}, {2, 1}}) || m.leaving[0] != 3 {
		t.Errorf("after reel 1: %v of %v, want 2 twice and 3 once", m.next[0], m.leaving[0])
	}
	// Positives: 1 has 4, 2 has 2, 3 has 1, 4 has 5, of 12.
	// 2: (2 + 2/12) / 4; 3: (1 + 1/12) / 4; 4: (5/12) / 4.
	if got := asked(t, m, 9, train, 99, 3); !slices.Equal(got, ids(2, 3, 4)) {
		t.Errorf("with a little backoff: %v", got)
	}
	// With backoff 100: 2: 2 + 16.7; 3: 1 + 8.3; 4: 41.7.
	if got := asked(t, m.with(MarkovOptions{Backoff: 100, History: 1}), 9, train, 99, 3); !slices.Equal(got, ids(4, 2, 3)) {
		t.Errorf("with much backoff: %v", got)
	}
	if got := asked(t, m, 1000, nil, 99, 4); !slices.Equal(got, ids(4, 1, 2, 3)) {
		t.Errorf("an unknown user gets %v, want popularity", got)
	}
	if got := asked(t, m.with(MarkovOptions{History: 1}), 4, train, 99, 2); !slices.Equal(got, ids(1, 2)) {
		t.Errorf("no transition and no backoff gives %v, want popularity", got)
	}
}

func TestFavouriteCreatorsAgreeWithAHandWorkedExample(t *testing.T) {
	const hour = 3600
	cat := mustCatalog(t, []reel.Reel{
		{ID: 1, Creator: 1, Category: "pets"}, {ID: 2, Creator: 2, Category: "cars"},
		{ID: 3, Creator: 1, Category: "cars"}, {ID: 4, Creator: 2, Category: "cars", Uploaded: 100 * hour},
		{ID: 5, Creator: 3, Category: "pets"}, {ID: 6, Creator: 3}, {ID: 7, Creator: 4, Category: "food"},
	})
	train := []reel.Interaction{
		enjoyed(1, 1, 1), enjoyed(1, 2, 2), // user 1: creator 1, pets; then creator 2, cars
		enjoyed(2, 6, 3), enjoyed(3, 6, 4),
	}
	f := NewFavouriteCreators(train, cat, CreatorOptions{Decay: 0.5, Category: 0.1, Fresh: 2, FreshFor: 10 * time.Hour, Prior: 0.08})
	q := Query{User: 1, Profile: reel.NewProfile(1), Now: 110 * hour}
	votes := f.buffers.Get().(*favourites)
	f.vote(votes, &q)
	for i, want := range map[int32]float64{
		2: 0.5 + 0.1*1,                        // creator 1, one step old; cars, the newest
		3: (1 + 0.1*1) * (1 + 2*math.Exp(-1)), // creator 2, cars, ten hours old
		4: 0.1 * 0.5,                          // pets, one step old
		5: 0.08 * 2 / 4,                       // two of four positives
		6: 0,
	} {
		near(t, "score", f.scoreOf(votes, &q, i), want)
	}
	// 7 has nothing for it and fills up.
	if got := asked(t, f, 1, train, 110*hour, 9); !slices.Equal(got, ids(4, 3, 5, 6, 7)) {
		t.Errorf("user 1 gets %v", got)
	}
	if got := asked(t, f, 9, nil, 110*hour, 1); !slices.Equal(got, ids(6)) {
		t.Errorf("a stranger gets %v, want what is popular", got)
	}
}

// markovByDefinition scores every eligible reel by Markov's formula.
func markovByDefinition(m *Markov, q Query, k int) []reel.ReelID {
	scores := newScores(m.cat.Len())
	for j := range int32(m.cat.Len()) {
		score, weight := 0.0, 1.0
		for _, i := range m.newest(&q, m.cat, m.opts.History) {
			c := 0.0
			for _, t := range m.next[i] {
				if t.to == j {
					c = t.count
				}
			}
			score += weight * (c + m.opts.Backoff*m.score[j]/m.total) / (m.leaving[i] + m.opts.Backoff)
			weight *= m.opts.Decay
		}
		scores.touch(j)
		scores.of[j] = math.Round(score * 1e12) // as ties that rounding must not break
	}
	var list []reel.ReelID
	for _, i := range scores.best(k, m.place, func(i int32) bool { return Eligible(m.cat, &q, i) }) {
		list = append(list, m.cat.Reel(i).ID)
	}
	return list
}

func TestMarkovShortcutFindsTheTopOfAllReels(t *testing.T) {
	w := newTinyWorld(t)
	cases, _, err := Cases(w.train, w.test, w.cat)
	if err != nil {
		t.Fatal(err)
	}
	m := NewMarkov(w.train, w.cat, MarkovOptions{Backoff: 30, History: 4, Decay: 0.7})
	for _, c := range cases[:40] {
		got, err := m.Recommend(context.Background(), c.Query, 10)
		if err != nil {
			t.Fatal(err)
		}
		if want := markovByDefinition(m, c.Query, 10); !slices.Equal(got, want) {
			t.Errorf("user %d: %v, the definition gives %v", c.User, got, want)
		}
	}
}

func TestRandomIsUniformOverEligibleReels(t *testing.T) {
	var reels []reel.Reel
	for i := range 10 {
		reels = append(reels, reel.Reel{ID: reel.ReelID(i)})
	}
	reels[9].Uploaded = 1000
	random := NewRandom(mustCatalog(t, reels), 4)
	counts := make([]float64, 10)
	const users = 9000
	for user := range reel.UserID(users) {
		for _, id := range asked(t, random, user, []reel.Interaction{enjoyed(user, 8, 1)}, 100, 2) {
			counts[id]++
		}
	}
	if counts[8] != 0 || counts[9] != 0 {
		t.Errorf("a seen reel came %v times, a future one %v times", counts[8], counts[9])
	}
	for id, n := range counts[:8] {
		if want := users * 2.0 / 8; math.Abs(n-want) > 5*math.Sqrt(want) {
			t.Errorf("reel %d came %v times, want about %v", id, n, want)
		}
	}
	if a, b := asked(t, random, 5, nil, 100, 5), asked(t, NewRandom(mustCatalog(t, reels), 4), 5, nil, 100, 5); !slices.Equal(a, b) {
		t.Errorf("one seed gives %v and %v", a, b)
	}
}

func TestBaselinesReturnEligibleReelsAndAsManyAsThereAre(t *testing.T) {
	w := newTinyWorld(t)
	baselines, _, err := Baselines(context.Background(), w.train, w.cat, 1)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		q := Query{User: reel.UserID(rapid.IntRange(0, tinyUsers+5).Draw(t, "user"))}
		q.Now = tinyStart + rapid.Int64Range(-100, (tinyDays+1)*86400).Draw(t, "now")
		q.Profile = reel.NewProfile(q.User)
		for _, it := range w.train {
			if it.User == q.User {
				q.Profile.Apply(it)
			}
		}
		eligible := 0
		for i := range int32(w.cat.Len()) {
			if Eligible(w.cat, &q, i) {
				eligible++
			}
		}
		k := rapid.IntRange(0, tinyReels+5).Draw(t, "k")
		for _, rec := range baselines {
			list, err := rec.Recommend(context.Background(), q, k)
			if err != nil {
				t.Fatal(err)
			}
			if len(list) != min(k, eligible) {
				t.Errorf("%s returns %d reels, %d asked for and %d eligible", rec.Name(), len(list), k, eligible)
			}
			seen := map[reel.ReelID]bool{}
			for _, id := range list {
				if i, ok := w.cat.Index(id); !ok || !Eligible(w.cat, &q, i) || seen[id] {
					t.Errorf("%s returns reel %d, which it may not", rec.Name(), id)
				}
				seen[id] = true
			}
		}
	})
}

func TestTuningPrefersWhatPredictsTheHeldOutPart(t *testing.T) {
	w := newTinyWorld(t)
	before, cases, err := tuningCases(w.train, w.cat, 1)
	if err != nil || len(cases) < minTuneUsers || len(before) >= len(w.train) {
		t.Fatalf("%d cases after %d of %d interactions, error %v", len(cases), len(before), len(w.train), err)
	}
	tune := tuner{ctx: context.Background(), cases: cases}
	fit := func(rec Recommender) Recommender { return rec }
	random, popular := NewRandom(w.cat, 1), NewPopular(before, w.cat)
	if best := choose[Recommender](&tune, []Recommender{random, popular}, fit); best != Recommender(popular) {
		t.Errorf("tuning prefers %s", best.Name())
	}
	if first := choose[Recommender](&tuner{}, []Recommender{random, popular}, fit); first != Recommender(random) {
		t.Errorf("without cases tuning takes %s, not the default", first.Name())
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Baselines(cancelled, w.train, w.cat, 1); err == nil {
		t.Error("tuning goes on after its context ended")
	}
}

func BenchmarkItemKNNRecommend(b *testing.B) {
	w := newTinyWorld(b)
	cases, _, err := Cases(w.train, w.test, w.cat)
	if err != nil {
		b.Fatal(err)
	}
	knn := NewItemKNN(w.train, w.cat, DefaultKNN)
	for i := 0; b.Loop(); i++ {
		if _, err := knn.Recommend(context.Background(), cases[i%len(cases)].Query, 20); err != nil {
			b.Fatal(err)
		}
	}
}

func TestTheLargestTotalIsTheFirstOfEquals(t *testing.T) {
	for _, c := range []struct {
		gains   [][]float64
		setting int
		total   float64
	}{
		{nil, 0, 0},
		{[][]float64{{1, 3, 2}}, 1, 3},
		{[][]float64{{1, 2, 0}, {1, 0, 2}}, 0, 2},
		{[][]float64{{0, 1, 0}, {0, 0, 3}}, 2, 3},
	} {
		if setting, total := LargestTotal(c.gains); setting != c.setting || total != c.total {
			t.Errorf("of %v: %d with %g, want %d with %g", c.gains, setting, total, c.setting, c.total)
		}
	}
}
