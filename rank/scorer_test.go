package rank

import (
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/reel"
)

var byDefault = Blend{Heads: reel.DefaultWeights, Similarity: 0.3}

// parity is how far a prediction may be from the model's own, relatively.
const parity = 1e-4

// inEverySet runs a test with each set of kernels that the processor can run.
func inEverySet(t *testing.T, test func(t *testing.T)) {
	for _, set := range kernel.Sets() {
		t.Run(set, func(t *testing.T) {
			restore, err := kernel.Select(set)
			if err != nil {
				t.Fatal(err)
			}
			defer restore()
			test(t)
		})
	}
}

// inBoth runs a test in each precision.
func inBoth(t *testing.T, test func(t *testing.T, p Precision)) {
	for _, p := range []Precision{Float32, Int8} {
		t.Run(string(p), func(t *testing.T) { test(t, p) })
	}
}

func TestScorerPredictsWhatTheModelDoes(t *testing.T) {
	inEverySet(t, func(t *testing.T) {
		for seed := range uint64(24) {
			rng := seeded(seed)
			cfg := anySizes(rng, seed%2 == 0)
			s := newSituation(t, rng, cfg, 12, rng.IntN(12), 1+rng.IntN(9))
			want := s.predictions(t)
			got := s.candidates()
			s.scorer(t, Float32).Score(s.user(), s.contexts, got, byDefault)
			for i, c := range got {
				for h, p := range c.Predictions {
					if math.Abs(float64(p)-want[i][h]) > parity*want[i][h] {
						t.Errorf("seed %d, %+v: candidate %d has %v of %.7g, the model says %.7g", seed, cfg, i, reel.Head(h), p, want[i][h])
					}
				}
			}
			if t.Failed() {
				return
			}
		}
	})
}

// The networks here are smaller and wilder than any trained one, on which
// package recommend holds the precisions together more tightly.
func TestInt8PredictsNearlyTheSame(t *testing.T) {
	inEverySet(t, func(t *testing.T) {
		var off []float64
		for seed := range uint64(24) {
			rng := seeded(seed)
			s := newSituation(t, rng, anySizes(rng, seed%2 == 0), 12, rng.IntN(12), 1+rng.IntN(9))
			exact, coarse := s.candidates(), s.candidates()
			user := s.user()
			s.scorer(t, Float32).Score(user, s.contexts, exact, byDefault)
			s.scorer(t, Int8).Score(user, s.contexts, coarse, byDefault)
			for i := range exact {
				for h, p := range exact[i].Predictions {
					off = append(off, math.Abs(float64(p-coarse[i].Predictions[h])))
				}
			}
		}
		slices.Sort(off)
		if median, worst := off[len(off)/2], off[len(off)-1]; median > 0.004 || worst > 0.06 || worst == 0 {
			t.Errorf("predictions are off by %.4f in the median and by %.4f at worst", median, worst)
		}
	})
}

// predictions are those of the model's own pass, in inference.
func (s *situation) predictions(t testing.TB) [][reel.NumHeads]float64 {
	t.Helper()
	b := s.batch(t)
	pass := model.NewPass(s.m)
	pass.Forward(b, model.Objective{})
	var all [][reel.NumHeads]float64
	for c := range s.shown {
		row := b.Seq.Row(len(s.history.Reels), c)
		var p [reel.NumHeads]float64
		for h := range p {
			p[h] = 1 / (1 + math.Exp(-float64(pass.Logits[row*reel.NumHeads+h])))
		}
		all = append(all, p)
	}
	return all
}

func TestOfTheSharedSlotsTheFirstCandidatesAreRead(t *testing.T) {
	inBoth(t, func(t *testing.T, p Precision) {
		s := newSituation(t, seeded(31), model.Config{Tower: 4, Hidden: 3, Layers: 1, Dense: []int{6, 5}, Temperature: 1}, 8, 4, 5)
		scorer, user := s.scorer(t, p), s.user()
		first, second := s.candidates(), s.candidates()
		contexts := slices.Clone(s.contexts)
		scorer.Score(user, contexts, first, byDefault)
		if !slices.Equal(contexts, s.contexts) {
			t.Error("the contexts are written to")
		}
		for i := range second {
			context := contexts[i*feature.ContextDim:][:feature.ContextDim]
			context[feature.TowerDot] = 1e6
			for slot := feature.SharedAt; slot < feature.CandidateAt && i > 0; slot++ {
				context[slot] = -1e6
			}
		}
		scorer.Score(user, contexts, second, byDefault)
		for i := range first {
			if first[i].Predictions != second[i].Predictions {
				t.Errorf("candidate %d is scored by slots that are not its own", i)
			}
		}
		for _, slot := range []int{feature.SharedAt, feature.CandidateAt - 1, feature.CandidateAt, feature.ContextDim - 1} {
			changed := slices.Clone(s.contexts)
			changed[slot] += 3
			third := s.candidates()
			scorer.Score(user, changed, third, byDefault)
			for i := range first {
				reached := first[i].Predictions != third[i].Predictions
				if want := i == 0 || slot < feature.CandidateAt; reached != want {
					t.Errorf("slot %d of the first candidate reaches candidate %d: %t, want %t", slot, i, reached, want)
				}
			}
		}
	})
}

func TestTheScoreBlendsHeadsAndSimilarity(t *testing.T) {
	s := newSituation(t, seeded(41), anySizes(seeded(41), true), 8, 4, 6)
	scorer, user := s.scorer(t, Float32), s.user()
	for _, blend := range []Blend{
		{Heads: reel.DefaultWeights},
		{Heads: reel.Weights{1, 0, 0, 0}},
		{Heads: reel.Weights{0, 0, 0, 5}, Similarity: 0.5},
		{Similarity: 2},
	} {
		cs := s.candidates()
		scorer.Score(user, s.contexts, cs, blend)
		for i, c := range cs {
			want := blend.Similarity * c.Similarity
			for h, w := range blend.Heads {
				want += w * c.Predictions[h]
			}
			if math.Abs(float64(c.Score-want)) > 1e-6 {
				t.Errorf("%+v: candidate %d with %v and similarity %g scores %g, want %g", blend, i, c.Predictions, c.Similarity, c.Score, want)
			}
		}
	}
}

func TestScoreLeavesTheRestOfACandidateAlone(t *testing.T) {
	s := newSituation(t, seeded(51), anySizes(seeded(51), true), 8, 4, 6)
	before, after := s.candidates(), s.candidates()
	s.scorer(t, Float32).Score(s.user(), s.contexts, after, byDefault)
	for i := range after {
		after[i].Predictions, after[i].Score = reel.Predictions{}, 0
		if after[i].Index != before[i].Index || after[i].Reel != before[i].Reel || after[i].Similarity != before[i].Similarity || after[i].Final != 0 {
			t.Errorf("candidate %d became %+v", i, after[i])
		}
	}
}

func TestNoCandidatesAreNoWork(t *testing.T) {
	s := newSituation(t, seeded(61), anySizes(seeded(61), true), 8, 4, 1)
	s.scorer(t, Float32).Score(model.User{}, nil, nil, byDefault)
}

// A candidate's prediction is its own: the same bits in any company, at any
// place and after any request.
func TestPredictionsDoNotDependOnTheOtherCandidates(t *testing.T) {
	inEverySet(t, func(t *testing.T) {
		inBoth(t, func(t *testing.T, p Precision) {
			s := newSituation(t, seeded(71), anySizes(seeded(71), true), 20, 6, 40)
			scorer, user := s.scorer(t, p), s.user()
			together := s.candidates()
			scorer.Score(user, s.contexts, together, byDefault)
			for _, n := range []int{1, 2, 3, 7} {
				for lo := 0; lo+n <= len(together); lo += n {
					some := s.candidates()[lo : lo+n]
					scorer.Score(user, s.contexts[lo*feature.ContextDim:], some, byDefault)
					for i, c := range some {
						if c.Predictions != together[lo+i].Predictions || c.Score != together[lo+i].Score {
							t.Fatalf("candidate %d is scored otherwise among %d than among %d", lo+i, n, len(together))
						}
					}
				}
			}
		})
	})
}

func TestScoreIsSafeForConcurrentUse(t *testing.T) {
	inBoth(t, func(t *testing.T, p Precision) {
		s := newSituation(t, seeded(81), anySizes(seeded(81), true), 20, 6, 30)
		scorer := s.scorer(t, p)
		var users []model.User
		var want [][]reel.Candidate
		for n := range 6 { // six users, each a step further
			h := model.History{Reels: s.history.Reels[:n], Events: s.history.Events[:n*feature.EventDim], Liked: s.history.Liked[:n]}
			users = append(users, s.encoder.Encode(h))
			want = append(want, s.candidates()[:5*(n+1)])
			scorer.Score(users[n], s.contexts, want[n], byDefault)
		}
		var wait sync.WaitGroup
		for g := range 8 {
			wait.Go(func() {
				for k := range 30 {
					n := (g + k) % len(users)
					got := s.candidates()[:len(want[n])]
					scorer.Score(users[n], s.contexts, got, byDefault)
					for i := range got {
						if got[i].Predictions != want[n][i].Predictions {
							t.Errorf("user %d, candidate %d: scored %v beside others, alone %v", n, i, got[i].Predictions, want[n][i].Predictions)
							return
						}
					}
				}
			})
		}
		wait.Wait()
	})
}

func TestABrokenModelIsRefusedByName(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	cfg := model.Config{Tower: 4, IDBuckets: 32, Creators: 16, Hidden: 3, Layers: 2, Dense: []int{6, 5}, Temperature: 1}
	sound := newSituation(t, seeded(91), cfg, 8, 4, 3)
	for i, x := range sound.m.Tensors() {
		for _, bad := range []float32{nan, inf, -inf} {
			was := x.Data[len(x.Data)/2]
			sound.m.Tensors()[i].Data[len(x.Data)/2] = bad
			if _, err := NewScorer(sound.m, sound.reels, Float32); err == nil || !strings.Contains(err.Error(), x.Name) {
				t.Errorf("with %g in %s the error is %v", bad, x.Name, err)
			}
			x.Data[len(x.Data)/2] = was
		}
	}
	if _, err := NewScorer(sound.m, sound.reels, Float32); err != nil {
		t.Errorf("the sound model is refused: %v", err)
	}
}

// Values that are finite by themselves may not be so once they are folded.
func TestAModelThatFoldsToInfinityIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(s *situation){
		"a negative variance": func(s *situation) { s.m.Dense[0].Norm.Var[1] = -1 },
		"a huge scale":        func(s *situation) { s.m.Dense[1].Norm.Gamma.Value[0] = 3e38; s.m.Dense[1].Linear.W.Value[0] = 3e38 },
		"a huge reel":         func(s *situation) { s.reels.Vector(0)[0] = 3e38; s.m.Dense[0].Linear.W.Value[0] = 3e38 },
	} {
		s := newSituation(t, seeded(95), model.Config{Hidden: 3, Layers: 1, Dense: []int{6, 5}, Temperature: 1}, 8, 4, 3)
		spoil(s)
		if _, err := NewScorer(s.m, s.reels, Float32); err == nil || !strings.Contains(err.Error(), "not finite") {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}

// A user whose vector is not a number gets predictions that are none, for
// re-ranking to sink; never a number that means nothing. So does a candidate
// whose context is none, and it alone.
func TestWhatIsBrokenScoresNaN(t *testing.T) {
	inEverySet(t, func(t *testing.T) {
		inBoth(t, func(t *testing.T, p Precision) {
			s := newSituation(t, seeded(97), model.Config{Tower: 4, Hidden: 3, Layers: 1, Dense: []int{6, 5}, Temperature: 1}, 8, 4, 3)
			scorer, user, cs := s.scorer(t, p), s.user(), s.candidates()
			contexts := slices.Clone(s.contexts)
			contexts[feature.ContextDim+feature.CandidateAt] = float32(math.NaN())
			scorer.Score(user, contexts, cs, byDefault)
			for i, c := range cs {
				if math.IsNaN(float64(c.Score)) != (i == 1) {
					t.Errorf("with a broken second context candidate %d scores %g", i, c.Score)
				}
			}
			for i := range user.State {
				user.State[i] = float32(math.NaN())
			}
			scorer.Score(user, s.contexts, cs, byDefault)
			for i, c := range cs {
				if !math.IsNaN(float64(c.Score)) {
					t.Errorf("of a broken user candidate %d scores %g", i, c.Score)
				}
			}
		})
	})
}

func TestOnlyPrecisionsThatExistAreBuilt(t *testing.T) {
	s := newSituation(t, seeded(98), anySizes(seeded(98), true), 4, 2, 1)
	if _, err := NewScorer(s.m, s.reels, "float64"); err == nil || !strings.Contains(err.Error(), `"float64"`) {
		t.Errorf("error %v, want one that names the precision", err)
	}
}

func TestAReelTakesTwoBytesANumberOrOne(t *testing.T) {
	cfg := model.Config{Tower: 4, Hidden: 3, Layers: 1, Dense: []int{24, 5}, Temperature: 1}
	s := newSituation(t, seeded(98), cfg, 4, 2, 1)
	if exact, coarse := s.scorer(t, Float32).ReelBytes(), s.scorer(t, Int8).ReelBytes(); exact != 2*24+4 || coarse != 24+4 {
		t.Errorf("a reel of 24 numbers takes %d and %d bytes", exact, coarse)
	}
}

func TestScoringDoesNotAllocateOnceWarm(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes pools forget")
	}
	inBoth(t, func(t *testing.T, p Precision) {
		s := newSituation(t, seeded(99), model.Config{Tower: 8, Hidden: 6, Layers: 1, Dense: []int{24, 12, 8}, Temperature: 1}, 20, 6, 30)
		scorer, user, cs := s.scorer(t, p), s.user(), s.candidates()
		if n := testing.AllocsPerRun(50, func() { scorer.Score(user, s.contexts, cs, byDefault) }); n > 0 {
			t.Errorf("%g allocations per request, want none", n)
		}
	})
}
