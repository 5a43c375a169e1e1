// Package recommend is the Go API of reelrank. It composes the three stages,
// retrieve, rank and rerank, into one answer; Fit makes the model behind them,
// Save and Load keep it as a bundle.
//
//	r := recommend.New(config.Default())
//	_, err := r.Fit(ctx, data, recommend.FitOptions{})
//	slate, err := r.Recommend(ctx, recommend.Request{User: 123, K: 10})
//	err = r.Save(ctx, "bundle")
//	r, err = recommend.Load(ctx, "bundle")
//
// A [Recommender] answers from an engine that never changes once it is built:
// one model over the state of the world after the log that it was fitted on.
// Fit builds a new engine and swaps it in, so that an answer is wholly of one
// model and names it.
//
// Invariants. A slate holds no reel that the person has seen, that the request
// excludes, or that was uploaded after the request, and says in Relaxed what it
// could not keep. What a loaded bundle answers equals, bit for bit, what was
// answered before it was saved. Equal data, settings and seed give equal
// bundles.
package recommend
