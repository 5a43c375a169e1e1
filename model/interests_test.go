package model

import (
	"math"
	"testing"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn/kernel"
)

// reader is a user who enjoyed the first n reels of content, with the tables
// that serve them.
func reader(t *testing.T, cfg Config, n int) (*Model, *Reels, *Encoder, User) {
	t.Helper()
	m := newServed(t, cfg, 131)
	r := served(t, m, sparseContent(seeded(3), n+4))
	e := encoder(t, m, r)
	h := History{Events: make([]float32, n*feature.EventDim)}
	for i := range int32(n) {
		h.Reels, h.Liked = append(h.Reels, i), append(h.Liked, true)
	}
	return m, r, e, e.Encode(h)
}

// similarity and towerDot are Similarities and TowerDots for one reel.
func (r *Reels) similarity(u *User, i int32) float32 {
	var one [1]float32
	r.Similarities(one[:], u, []int32{i})
	return one[0]
}

func (r *Reels) towerDot(u *User, i int32) float32 {
	var one [1]float32
	r.TowerDots(one[:], u, []int32{i})
	return one[0]
}

func TestTheSimilarityIsASoftMaximumOverInterests(t *testing.T) {
	m, r, _, u := reader(t, withTower, 5)
	bias, log := float64(m.Interest.Value[interestBias]), float64(m.Interest.Value[interestLogSharpness])
	for i := range int32(r.Len()) {
		sum := math.Exp(dot(widen(u.Query), widen(r.Vector(i))) / m.Config.Temperature)
		for _, h := range u.Enjoyed {
			sum += math.Exp(bias + math.Exp(log)*dot(widen(r.Vector(h)), widen(r.Vector(i))))
		}
		want := m.Config.Temperature * math.Log(sum)
		if got := r.similarity(&u, i); !near(float64(got), want, 1e-4) {
			t.Errorf("similarity to reel %d is %g, want %g", i, got, want)
		}
	}
	if got := r.towerDot(&u, 2); got != towerDotScale*r.similarity(&u, 2) {
		t.Errorf("tower_dot is %g, want %d times the similarity", got, towerDotScale)
	}
}

// However sharp the terms were learned to be, no similarity is infinite.
func TestTheSimilarityIsFinite(t *testing.T) {
	m, r, e, _ := reader(t, withTower, 5)
	m.Interest.Value[interestBias], m.Interest.Value[interestLogSharpness] = 1e6, 1e3
	u := e.Encode(History{Reels: []int32{1, 1, 1}, Events: make([]float32, 3*feature.EventDim), Liked: []bool{true, true, true}})
	if got := float64(r.similarity(&u, 1)); math.IsInf(got, 0) || math.IsNaN(got) {
		t.Errorf("the similarity is %g", got)
	}
}

func TestWithoutInterestsTheSimilarityIsTheCosine(t *testing.T) {
	_, r, _, u := reader(t, oneVector, 5)
	if len(u.Enjoyed)+len(u.Interests) != 0 {
		t.Errorf("the user has %d enjoyed reels and %d interests, want none", len(u.Enjoyed), len(u.Interests))
	}
	if got, want := r.similarity(&u, 6), kernel.Dot(u.Query, r.Vector(6)); got != want {
		t.Errorf("the similarity is %g, want the cosine %g", got, want)
	}
}

// Enjoyed reels that lie together are one interest, and the one with the most
// of them comes first.
func TestInterestsAreGroupsOfEnjoyedReels(t *testing.T) {
	_, r, e, _ := reader(t, withTower, 5)
	copies := func(i int32, n int, h *History) {
		for range n {
			h.Reels, h.Liked = append(h.Reels, i), append(h.Liked, true)
			h.Events = append(h.Events, make([]float32, feature.EventDim)...)
		}
	}
	// Of the reels there are, the two that are farthest apart.
	var a, b int32
	apart := float32(2)
	for i := range int32(r.Len()) {
		for k := range i {
			if c := kernel.Dot(r.Vector(i), r.Vector(k)); c < apart {
				a, b, apart = i, k, c
			}
		}
	}
	if apart >= sameInterest {
		t.Fatalf("all reels are nearer than %g: the test shows nothing", apart)
	}
	var h History
	copies(a, 2, &h)
	copies(b, 3, &h)
	copies(a, 2, &h)
	u := e.Encode(h)
	if len(u.Interests) != 2 {
		t.Fatalf("%d interests, want 2", len(u.Interests))
	}
	for n, i := range []int32{a, b} {
		if c := kernel.Dot(u.Interests[n], r.Vector(i)); !near(float64(c), 1, 1e-5) {
			t.Errorf("interest %d has the cosine %g with reel %d, want 1", n, c, i)
		}
	}
	if u = e.Encode(History{Reels: []int32{a}, Events: make([]float32, feature.EventDim), Liked: []bool{false}}); len(u.Interests) != 0 {
		t.Errorf("who enjoyed nothing has %d interests", len(u.Interests))
	}
}
