package simulate

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/reelrank/reelrank/reel"
)

// TestDemoWorldHasSignalAndRoom prints the facts of the demo world (see them
// with -v) and holds it to what makes it useful: a high optimum, popularity
// far below, and a person's habits in between.
func TestDemoWorldHasSignalAndRoom(t *testing.T) {
	w := world(t, Demo, 1, nil)
	n := float64(len(w.Interactions()))
	var watch, positive float64
	rates := map[reel.Signals]float64{}
	for _, it := range w.Interactions() {
		watch += float64(it.Watch) / n
		if it.Positive() {
			positive += 1 / n
		}
		for s := reel.Liked; s <= reel.NotInterested; s <<= 1 {
			if it.Signals.Has(s) {
				rates[s] += 1 / n
			}
		}
	}
	train, asked := questions(w, 0.15)
	var some []question // every third: enough to tell 0.38 from 0.06
	for i := 0; i < len(asked); i += 3 {
		some = append(some, asked[i])
	}
	oracle := meanNDCG(some, oracleList(w))
	habit := meanNDCG(some, habitList(w))
	popular := max(meanNDCG(some, popularList(w, train, 0)), meanNDCG(some, popularList(w, train, 2*day)))
	random := meanNDCG(some, randomList(w))
	t.Logf("%.0f exposures, %d sessions, mean watch %.3f, positive %.3f", n, len(w.sittings), watch, positive)
	t.Logf("like %.3f share %.3f follow %.3f skip %.3f not interested %.3f",
		rates[reel.Liked], rates[reel.Shared], rates[reel.Followed], rates[reel.Skipped], rates[reel.NotInterested])
	t.Logf("NDCG@10 over %d questions: oracle %.4f, habit %.4f, popular %.4f, random %.4f", len(some), oracle, habit, popular, random)

	between := func(what string, v, lo, hi float64) {
		if v < lo || v > hi {
			t.Errorf("%s is %.4f, not within %g..%g", what, v, lo, hi)
		}
	}
	between("mean watch", watch, 0.40, 0.50)
	between("positive rate", positive, 0.40, 0.50)
	between("like rate", rates[reel.Liked], 0.06, 0.10)
	between("share rate", rates[reel.Shared], 0.015, 0.035)
	between("follow rate", rates[reel.Followed], 0.010, 0.025)
	between("oracle", oracle, 0.25, 0.6)
	between("popular as a share of the oracle", popular/oracle, 0, 1.0/3)
	between("habit as a multiple of popular", habit/popular, 1.5, 10)
	between("habit as a share of the oracle", habit/oracle, 0, 0.7)
	between("random", random, 0, 0.02)
}

// TestOracleIsNearTheOptimum plays the end of one world hundreds of times and
// asks the oracle at everyone's first session there. No changed ranking may
// do better, and counting what was enjoyed in other runs, which converges to
// the optimum, may do hardly better.
func TestOracleIsNearTheOptimum(t *testing.T) {
	const learn, score = 300, 100
	w := tinyWorld()
	from := len(w.sittings) * 85 / 100
	runs := replays(w, from, learn+score)
	rng := rand.New(rand.NewPCG(1, 1))
	sums := map[string]float64{}
	for _, q := range firstSessions(w, from) {
		u := int(q.user) - 1
		truth := w.Oracle().TrueScores(q.user, q.now, q.context, nil)
		counted := make([]float64, len(truth))
		for _, run := range runs[:learn] {
			for id := range run[u] {
				if int(id) <= len(counted) {
					counted[id-1]++
				}
			}
		}
		f := w.foresee(q.user, q.now, q.context, nil)
		lists := map[string][]reel.ReelID{
			"oracle":   w.Oracle().Recommend(q.user, q.now, q.context, nil, 10),
			"counted":  best(w, q, func(r *reel.Reel) float64 { return counted[r.ID-1] + 0.3*truth[r.ID-1] }),
			"shaken":   best(w, q, func(r *reel.Reel) float64 { return truth[r.ID-1] * math.Exp(0.4*rng.NormFloat64()) }),
			"shown":    best(w, q, func(r *reel.Reel) float64 { return f.chance[r.ID-1] }),
			"affinity": best(w, q, func(r *reel.Reel) float64 { return math.Exp(w.affinity(f.person, f.mind, int32(r.ID)-1)) }),
		}
		for _, run := range runs[learn:] {
			if len(run[u]) == 0 {
				continue
			}
			sums["asked"]++
			for name, list := range lists {
				sums[name] += ndcg(list, run[u])
			}
		}
	}
	value := func(name string) float64 { return sums[name] / sums["asked"] }
	for _, name := range []string{"oracle", "counted", "shown", "shaken", "affinity"} {
		t.Logf("%-9s NDCG@10 %.4f", name, value(name))
	}
	for _, name := range []string{"shown", "shaken", "affinity"} {
		if value(name) > value("oracle") {
			t.Errorf("%s reaches %.4f, the oracle %.4f", name, value(name), value("oracle"))
		}
	}
	if value("oracle") < 0.97*value("counted") {
		t.Errorf("the oracle reaches %.4f, counting %d runs %.4f", value("oracle"), learn, value("counted"))
	}
}

// firstSessions asks at everyone's first session from a sitting on.
func firstSessions(w *World, from int) (asked []*question) {
	for u, mine := range w.sittingsOf {
		i := slices.IndexFunc(mine, func(s int32) bool { return int(s) >= from })
		if i < 0 {
			continue
		}
		s := &w.sittings[mine[i]]
		q := &question{user: reel.UserID(u) + 1, now: s.start, context: reel.Context{Device: w.devices[s.device].name}, seen: map[reel.ReelID]bool{}}
		for _, row := range w.rowsOf[u] {
			if it := &w.log[row]; it.Time < s.start {
				q.seen[it.Reel] = true
			}
		}
		asked = append(asked, q)
	}
	return asked
}

func TestScoresAreCalibratedProbabilities(t *testing.T) {
	const count = 60
	w := tinyWorld()
	from := len(w.sittings) * 85 / 100
	runs := replays(w, from, count)
	var expected, enjoyed float64
	for _, q := range firstSessions(w, from) {
		scores := w.Oracle().TrueScores(q.user, q.now, q.context, nil)
		for _, v := range scores {
			expected += v
		}
		for _, run := range runs {
			for id := range run[q.user-1] {
				if int(id) <= len(scores) {
					enjoyed += 1.0 / count
				}
			}
		}
	}
	if ratio := expected / enjoyed; ratio < 0.85 || ratio > 1.15 {
		t.Errorf("the scores promise %.1f enjoyed reels, the replays show %.1f", expected, enjoyed)
	}
}

func TestOracleNamesOnlyWhatItMay(t *testing.T) {
	w := tinyWorld()
	now := w.p.Start + 5*day
	for user := reel.UserID(1); user <= 20; user++ {
		seen := map[reel.ReelID]bool{}
		for _, it := range w.Interactions() {
			if it.User == user && it.Time < now {
				seen[it.Reel] = true
			}
		}
		barred := func(id reel.ReelID) bool { return id%2 == 0 }
		list := w.Oracle().Recommend(user, now, reel.Context{}, barred, 50)
		if len(list) != 50 {
			t.Fatalf("user %d: %d reels, want 50", user, len(list))
		}
		scores := w.Oracle().TrueScores(user, now, reel.Context{}, barred)
		named := map[reel.ReelID]bool{}
		for i, id := range list {
			if named[id] || seen[id] || barred(id) || w.Reels()[id-1].Uploaded > now {
				t.Fatalf("user %d: reel %d is named twice, seen, excluded or not uploaded yet", user, id)
			}
			if i > 0 && scores[id-1] > scores[list[i-1]-1] {
				t.Fatalf("user %d: place %d scores above the place before", user, i)
			}
			named[id] = true
		}
		for i, v := range scores {
			if id := reel.ReelID(i) + 1; !named[id] && v > scores[list[49]-1] {
				t.Fatalf("user %d: reel %d scores %g and is not named", user, id, v)
			}
		}
	}
}

func TestOracleAtTheEdges(t *testing.T) {
	w := tinyWorld()
	o, now := w.Oracle(), w.p.Start+10*day
	if list := o.Recommend(1, now, reel.Context{}, nil, 0); len(list) != 0 {
		t.Errorf("k = 0 gives %v", list)
	}
	if list := o.Recommend(1, now, reel.Context{}, nil, -1); len(list) != 0 {
		t.Errorf("k = -1 gives %v", list)
	}
	if list := o.Recommend(1, w.reels[0].Uploaded-1, reel.Context{}, nil, 5); len(list) != 0 {
		t.Errorf("before the first upload: %v", list)
	}
	if list := o.Recommend(1, w.p.End()+day, reel.Context{}, nil, 10_000); len(list) == 0 || len(list) > w.p.Reels {
		t.Errorf("after the end, with a large k: %d reels", len(list))
	}
	trending := w.trends.at(w.trendHour(now))
	for _, stranger := range []reel.UserID{0, -1, 10_000} {
		list := o.Recommend(stranger, now, reel.Context{Place: "BR"}, nil, 10)
		if len(list) != 10 {
			t.Fatalf("stranger %d: %v", stranger, list)
		}
		for _, id := range list {
			if trending.prominence(int32(id)-1) == 0 {
				t.Errorf("stranger %d gets reel %d, which is not trending", stranger, id)
			}
		}
	}
	for _, unknown := range []struct {
		user reel.UserID
		reel reel.ReelID
	}{{0, 1}, {10_000, 1}, {1, 0}, {1, 10_000}} {
		if _, ok := o.ExpectedEngagement(unknown.user, unknown.reel, now, reel.Context{}); ok {
			t.Errorf("user %d and reel %d are said to exist", unknown.user, unknown.reel)
		}
	}
	if e, ok := o.ExpectedEngagement(1, 1, now, reel.Context{}); !ok || !(e.Positive > 0 && e.Positive < 1) {
		t.Errorf("got %+v, %v", e, ok)
	}
}

func TestOracleOfAnEmptyWorldNamesNothing(t *testing.T) {
	p, _ := Tiny.Params()
	w, err := New(p, 1)
	if err != nil {
		t.Fatal(err)
	}
	if list := w.Oracle().Recommend(1, p.End(), reel.Context{}, nil, 10); len(list) != 0 {
		t.Errorf("got %v", list)
	}
}

func TestOracleAnswersManyAtOnce(t *testing.T) {
	w := tinyWorld()
	ask := func() []reel.ReelID { return w.Oracle().Recommend(3, w.p.Start+7*day, reel.Context{}, nil, 10) }
	want := ask()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 10 {
				if got := ask(); !slices.Equal(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
			}
		})
	}
	all.Wait()
}

func BenchmarkOracleRecommend(b *testing.B) {
	w := world(b, Demo, 1, nil)
	_, asked := questions(w, 0.15)
	list := oracleList(w)
	i := 0
	for b.Loop() {
		list(&asked[i%len(asked)])
		i++
	}
}
