package simulate

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/reelrank/reelrank/reel"
)

// world generates a preset, changed by edit when that is not nil.
func world(t testing.TB, preset Preset, seed uint64, edit func(*Params)) *World {
	t.Helper()
	p, err := preset.Params()
	if err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(&p)
	}
	w, err := New(p, seed)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Generate(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	return w
}

// tinyWorld is one shared world for tests that only read.
var tinyWorld = sync.OnceValue(func() *World {
	p, _ := Tiny.Params()
	w, err := New(p, 7)
	if err != nil {
		panic(err)
	}
	if err := w.Generate(context.Background(), nil); err != nil {
		panic(err)
	}
	return w
})

// question is one query of the evaluation: the history before it and the
// reels enjoyed after it.
type question struct {
	user     reel.UserID
	now      int64
	context  reel.Context
	history  []reel.Interaction
	seen     map[reel.ReelID]bool
	relevant map[reel.ReelID]bool
}

// questions splits the log at the last `share` of its rows and asks at each
// person's first row after the split.
func questions(w *World, share float64) (train []reel.Interaction, asked []question) {
	log := w.Interactions()
	cut := len(log) - int(share*float64(len(log)))
	byUser := map[reel.UserID]*question{}
	var order []reel.UserID
	history := map[reel.UserID][]reel.Interaction{}
	for _, it := range log[:cut] {
		history[it.User] = append(history[it.User], it)
	}
	for _, it := range log[cut:] {
		q := byUser[it.User]
		if q == nil {
			q = &question{user: it.User, now: it.Time, context: it.Context, history: history[it.User], seen: map[reel.ReelID]bool{}, relevant: map[reel.ReelID]bool{}}
			for _, past := range q.history {
				q.seen[past.Reel] = true
			}
			byUser[it.User], order = q, append(order, it.User)
		}
		if it.Positive() {
			q.relevant[it.Reel] = true
		}
	}
	for _, u := range order {
		if len(byUser[u].relevant) > 0 {
			asked = append(asked, *byUser[u])
		}
	}
	return log[:cut], asked
}

// ndcg is the binary NDCG@10 of a list.
func ndcg(list []reel.ReelID, relevant map[reel.ReelID]bool) float64 {
	var gain, ideal float64
	for i, id := range list[:min(len(list), 10)] {
		if relevant[id] {
			gain += 1 / math.Log2(float64(i)+2)
		}
	}
	for i := range min(10, len(relevant)) {
		ideal += 1 / math.Log2(float64(i)+2)
	}
	return gain / ideal
}

// meanNDCG asks every question of a recommender.
func meanNDCG(asked []question, recommend func(*question) []reel.ReelID) float64 {
	var sum float64
	for i := range asked {
		sum += ndcg(recommend(&asked[i]), asked[i].relevant)
	}
	return sum / float64(len(asked))
}

// best returns the ten reels of highest score that were uploaded and not seen.
func best(w *World, q *question, score func(*reel.Reel) float64) []reel.ReelID {
	type scored struct {
		id    reel.ReelID
		score float64
	}
	var all []scored
	for i := range w.Reels()[:w.uploadedBy(q.now)] {
		r := &w.Reels()[i]
		if s := score(r); s > 0 && !q.seen[r.ID] {
			all = append(all, scored{r.ID, s})
		}
	}
	slices.SortFunc(all, func(a, b scored) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.id, b.id)) })
	ids := make([]reel.ReelID, 0, 10)
	for _, s := range all[:min(10, len(all))] {
		ids = append(ids, s.id)
	}
	return ids
}

func oracleList(w *World) func(*question) []reel.ReelID {
	return func(q *question) []reel.ReelID {
		return w.Oracle().Recommend(q.user, q.now, q.context, func(id reel.ReelID) bool { return q.seen[id] }, 10)
	}
}

// popularList ranks by enjoyed exposures in the training part; from counts
// only the last `recent` seconds when that is above zero.
func popularList(w *World, train []reel.Interaction, recent int64) func(*question) []reel.ReelID {
	counts := map[reel.ReelID]float64{}
	for _, it := range train {
		if it.Positive() && (recent == 0 || it.Time > train[len(train)-1].Time-recent) {
			counts[it.Reel]++
		}
	}
	return func(q *question) []reel.ReelID { return best(w, q, func(r *reel.Reel) float64 { return counts[r.ID] }) }
}

func randomList(w *World) func(*question) []reel.ReelID {
	rng := rand.New(rand.NewPCG(1, 2))
	return func(q *question) []reel.ReelID { return best(w, q, func(*reel.Reel) float64 { return rng.Float64() }) }
}

// habitList scores a reel by what the person enjoyed before: its creator
// first, then its category, the recent past counting more, and freshness.
func habitList(w *World) func(*question) []reel.ReelID {
	return func(q *question) []reel.ReelID {
		creators, categories := map[reel.CreatorID]float64{}, map[string]float64{}
		for i, it := range q.history {
			if !it.Positive() {
				continue
			}
			weight := math.Exp(-float64(len(q.history)-i) / 30)
			creators[it.Creator] += weight
			categories[w.Reels()[it.Reel-1].Category] += weight
		}
		return best(w, q, func(r *reel.Reel) float64 {
			age := float64(q.now-r.Uploaded) / day
			return (creators[r.Creator] + 0.05*categories[r.Category]) * (1 + math.Exp(-age/3))
		})
	}
}
