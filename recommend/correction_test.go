package recommend

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model/bundle"
	"github.com/reelrank/reelrank/reel"
)

// A slot that is a candidate's own and is not the tower's.
const someSlot = feature.CandidateAt + 3

// choices draws questions of 30 candidates, of which the three with the largest
// worth by the given rule, and some luck, are relevant.
func choices(n int, luck float64, worth func(similarity float32, own []float32) float32) []question {
	rng := rand.New(rand.NewPCG(51, 52))
	asked := make([]question, n)
	for i := range asked {
		q := question{own: make([]float32, 30*feature.ContextDim), hits: make([]bool, 30)}
		order := make([]reel.Candidate, 30)
		for c := range order {
			own := q.own[c*feature.ContextDim:][:feature.ContextDim]
			own[feature.TowerDot] = float32(rng.NormFloat64())
			for k := feature.CandidateAt; k < feature.ContextDim; k++ {
				own[k] = float32(rng.NormFloat64())
			}
			q.reels, q.index = append(q.reels, reel.ReelID(c)), append(q.index, int32(c))
			q.heads, q.similarity = append(q.heads, 0.01*rng.Float32()), append(q.similarity, float32(0.3*rng.NormFloat64()))
			order[c] = reel.Candidate{Index: int32(c), Reel: reel.ReelID(c), Score: worth(q.similarity[c], own) + float32(luck*rng.NormFloat64())}
		}
		q.relevant = slices.Sorted(slices.Values(byScore(order, func(c *reel.Candidate) float32 { return c.Score })[:3]))
		for _, id := range q.relevant {
			q.hits[id] = true
		}
		asked[i] = q
	}
	return asked
}

func TestACorrectionFindsHowASlotIsWeighedAgainstTheSimilarity(t *testing.T) {
	asked := choices(400, 0.3, func(similarity float32, own []float32) float32 { return similarity - 0.5*own[someSlot] })
	context := fitCorrection(asked)
	if context == nil {
		t.Fatal("there is no correction")
	}
	for k, v := range context {
		want := 0.0
		if k == someSlot {
			want = -0.5
		}
		if math.Abs(float64(v)-want) > 0.08 {
			t.Errorf("slot %d adds %.3f, want %.1f", k, v, want)
		}
	}
	c := bestChoice(asked)
	if c.Correction == nil || c.Similarity == 0 {
		t.Errorf("the validation part chooses %+v, want the correction", c)
	}
}

func TestACorrectionThatOnlyFitsItsOwnUsersIsNotKept(t *testing.T) {
	asked := choices(60, 0.05, func(similarity float32, _ []float32) float32 { return similarity })
	c := bestChoice(asked)
	if c.Correction != nil {
		t.Errorf("the similarity tells everything, and yet it is corrected by %v", c.Correction)
	}
	if c.Similarity == 0 {
		t.Error("the similarity tells everything, and has no weight")
	}
}

func TestFewChoicesGiveNoCorrection(t *testing.T) {
	asked := choices(leastChoices-1, 0.1, func(similarity float32, own []float32) float32 { return similarity + own[someSlot] })
	if context := fitCorrection(asked); context != nil {
		t.Errorf("%d questions give the correction %v", len(asked), context)
	}
	if c := bestChoice(asked); c.Correction != nil {
		t.Errorf("they choose %+v", c)
	}
}

func TestASimilarityThatCountsAgainstItselfIsNotCorrected(t *testing.T) {
	if context := fitCorrection(choices(200, 0.1, func(similarity float32, _ []float32) float32 { return -similarity })); context != nil {
		t.Errorf("the least similar are chosen, which gives the correction %v", context)
	}
}

// corrected is the model that all tests share with a correction.
func corrected(t *testing.T) *Recommender {
	t.Helper()
	r := fitted(t)
	e := *r.engine.Load()
	e.correction = make([]float32, feature.ContextDim)
	e.correction[someSlot] = 0.25
	e.cfg.Rank.SimilarityWeight = 1
	r.engine.Store(&e)
	return r
}

func TestACorrectionIsPartOfTheBundle(t *testing.T) {
	r, dir := corrected(t), filepath.Join(t.TempDir(), "bundle")
	if err := r.Save(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := loaded.engine.Load().correction, r.engine.Load().correction; !slices.Equal(got, want) {
		t.Fatalf("%v is loaded, %v was saved", got, want)
	}
	plain := fitted(t)
	moved := false
	for _, it := range tiny().Interactions[:20] {
		a, err := r.Predict(t.Context(), it.User, it.Reel, it.Context, nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := loaded.Predict(t.Context(), it.User, it.Reel, it.Context, nil)
		if err != nil {
			t.Fatal(err)
		}
		c, err := plain.Predict(t.Context(), it.User, it.Reel, it.Context, nil)
		if err != nil {
			t.Fatal(err)
		}
		if a.Score != b.Score {
			t.Errorf("user %d, reel %d: score %v, loaded %v", it.User, it.Reel, a.Score, b.Score)
		}
		moved = moved || a.Score != c.Score
	}
	if !moved {
		t.Error("the correction moves no score")
	}
}

// Strangers are scored by weights of their own, which a bundle keeps.
func TestStrangersHaveAChoiceOfTheirOwn(t *testing.T) {
	r, dir := corrected(t), filepath.Join(t.TempDir(), "bundle")
	before := r.engine.Load()
	e := *before
	e.strangers = &choice{Similarity: 2, Correction: make([]float32, feature.ContextDim)}
	e.strangers.Correction[someSlot] = -1
	r.engine.Store(&e)
	if err := r.Save(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	after := loaded.engine.Load()
	known := after.data.Interactions[0]
	p, there, err := after.world.profile(t.Context(), known.User)
	if err != nil || !there {
		t.Fatalf("user %d has no profile: %v", known.User, err)
	}
	if b := after.blend(nil, p); b.Similarity != 1 || b.Context[someSlot] != 0.25 {
		t.Errorf("someone known is scored by %g and %g, want 1 and 0.25", b.Similarity, b.Context[someSlot])
	}
	if b := after.blend(nil, reel.NewProfile(stranger)); b.Similarity != 2 || b.Context[someSlot] != -1 {
		t.Errorf("a stranger is scored by %g and %g, want 2 and -1", b.Similarity, b.Context[someSlot])
	}
}

func TestACorrectionOfAnotherWidthIsRefused(t *testing.T) {
	if err := checkCorrection(make([]float32, feature.ContextDim-1)); err == nil || !strings.Contains(err.Error(), "63 numbers") {
		t.Errorf("error %v, want one that tells the width", err)
	}
	for _, c := range [][]float32{nil, make([]float32, feature.ContextDim)} {
		if err := checkCorrection(c); err != nil {
			t.Errorf("%d numbers: %v", len(c), err)
		}
	}
}

func TestABundleWithoutACorrectionSaysNothingOfIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bundle")
	r := fitted(t)
	if r.engine.Load().correction != nil {
		t.Skip("the tiny world gave a correction")
	}
	if err := r.Save(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, bundle.ManifestFile))
	if err != nil || !json.Valid(raw) || strings.Contains(string(raw), "correction") {
		t.Errorf("the manifest tells of a correction (error %v)", err)
	}
}
