package rank

import (
	"errors"
	"math"
	"sync"
	"testing"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/reel"
)

// fill serves the situation's content as the feature vectors of its reels, in
// turns where there are more reels.
func (s *situation) fill(dst []float32, i int) *reel.Reel {
	at := i * feature.ReelDim % len(s.content)
	copy(dst, s.content[at:at+feature.ReelDim])
	return &reel.Reel{ID: reel.ReelID(i), Creator: reel.CreatorID(i / 2)}
}

// put puts reels of the situation into everything that serves.
func (s *situation) put(t testing.TB, scorer *Scorer, reels *model.Reels, is ...int32) {
	t.Helper()
	if err := reels.PutAll(is, s.fill); err != nil {
		t.Fatal(err)
	}
	if err := scorer.Put(is...); err != nil {
		t.Fatal(err)
	}
}

func sameScore(a, b reel.Candidate) bool { return a.Predictions == b.Predictions && a.Score == b.Score }

func TestReelsPutLiveScoreAsThoseBuiltAtOnce(t *testing.T) {
	inEverySet(t, func(t *testing.T) {
		inBoth(t, func(t *testing.T, p Precision) {
			for seed := range uint64(6) {
				rng := seeded(300 + seed)
				s := newSituation(t, rng, anySizes(rng, seed%2 == 0), 12, 4, 9)
				user, want, got := s.user(), s.candidates(), s.candidates()
				s.scorer(t, p).Score(user, s.contexts, want, byDefault)

				fresh := &situation{content: normals(rng, len(s.content))}
				reels, err := s.m.Reels(6, fresh.fill)
				if err != nil {
					t.Fatal(err)
				}
				scorer, err := NewScorer(s.m, reels, p)
				if err != nil {
					t.Fatal(err)
				}
				s.put(t, scorer, reels, 11, 6, 7, 8, 9, 10)
				s.put(t, scorer, reels, 0, 1, 2, 4, 5)
				s.put(t, scorer, reels, 3)
				scorer.Score(user, s.contexts, got, byDefault)
				for i := range got {
					if !sameScore(got[i], want[i]) {
						t.Fatalf("seed %d: candidate %d scores %v, built at once %v", seed, i, got[i], want[i])
					}
				}
			}
		})
	})
}

func TestScorerRefusesAReelThatIsNotFinite(t *testing.T) {
	s := newSituation(t, seeded(311), model.Config{Hidden: 3, Layers: 1, Dense: []int{6, 5}, Temperature: 1}, 8, 4, 3)
	scorer, user, want, got := s.scorer(t, Float32), s.user(), s.candidates(), s.candidates()
	scorer.Score(user, s.contexts, want, byDefault)
	for i := range int32(8) {
		for k := range s.reels.Vector(i) {
			s.reels.Vector(i)[k] = math.MaxFloat32
		}
	}
	var refused *model.NotFiniteError
	if err := scorer.Put(5, 2); !errors.As(err, &refused) || refused.Index != 5 {
		t.Errorf("%v, want a *model.NotFiniteError for the reel at index 5", err)
	}
	scorer.Score(user, s.contexts, got, byDefault)
	for i := range got {
		if !sameScore(got[i], want[i]) {
			t.Errorf("candidate %d scores %v after a refused reel, before %v", i, got[i], want[i])
		}
	}
}

// A writer replaces every reel between two states while requests are scored:
// each prediction is of a vector and a part that were whole.
func TestScoringGoesOnWhileReelsAreReplaced(t *testing.T) {
	inBoth(t, func(t *testing.T, p Precision) {
		cfg := model.Config{Hidden: 4, Layers: 1, Dense: []int{24, 8}, Temperature: 1} // no tower: a score is of one table
		s := newSituation(t, seeded(321), cfg, 12, 4, 6)
		other := &situation{content: normals(seeded(322), len(s.content))}
		user, scorer := s.user(), s.scorer(t, p)
		var states [2][]reel.Candidate
		for v, from := range []*situation{other, s} { // ends in the state of s
			from.put(t, scorer, s.reels, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
			states[v] = s.candidates()
			scorer.Score(user, s.contexts, states[v], byDefault)
		}
		done := make(chan struct{})
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					got := s.candidates()
					scorer.Score(user, s.contexts, got, byDefault)
					for i := range got {
						if !sameScore(got[i], states[0][i]) && !sameScore(got[i], states[1][i]) {
							t.Errorf("candidate %d scores %v, which is of neither state", i, got[i])
							return
						}
					}
				}
			})
		}
		for round := range 60 {
			from := []*situation{other, s}[round%2]
			from.put(t, scorer, s.reels, int32(round%12), int32((round+5)%12))
			from.put(t, scorer, s.reels, int32(12+round)) // new ones, which nobody asks for yet
		}
		close(done)
		wait.Wait()
	})
}
