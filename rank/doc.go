// Package rank is stage 2: it predicts, for one user and some hundred
// candidates, what the user would do with each, and blends that into a score.
//
//	s, err := rank.NewScorer(m, reels, rank.Float32)
//	s.Score(user, contexts, candidates, blend) // fills Predictions and Score
//	s.Put(i)                                   // a reel that reels.Put added or replaced
//
// The scorer is the model's ranker rearranged by algebra: BatchNorm is folded
// into the dense layer before it, and the first dense layer is split by
// columns into a part per reel (computed once per reel and model), a part per request
// (of the user, and of what candidates share in their contexts) and a part per
// candidate. Weights are packed once; a request allocates nothing.
//
// Invariants: in Float32 its predictions equal those of model.Pass to 1e-4
// relative. In either precision a candidate's prediction has the same bits in
// any company.
package rank
