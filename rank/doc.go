// Package rank is stage 2: it predicts, for one user and some hundred
// candidates, what the user would do with each, and blends that into a score.
//
//	s, err := rank.NewScorer(m, reels)
//	s.Score(user, contexts, candidates, blend) // fills Predictions and Score
//
// The scorer is the model's ranker rearranged by algebra: BatchNorm is folded
// into the dense layer before it, and the first dense layer is split by
// columns into a part per reel (computed once per model), a part per user
// (once per request) and the context's part (per candidate).
//
// Invariant: its predictions equal those of model.Pass to 1e-4 relative.
package rank
