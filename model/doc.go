// Package model is the network: a reel tower, a user encoder (a Sequence: GRU
// and attention pooling over the last interactions, or a causal transformer) and
// a multi-task ranker.
//
//	m, err := model.New(model.Presets["default"], seed)
//	pass := model.NewPass(m)
//	loss := pass.Forward(&batch, model.Objective{...}) // whole sequences at once
//	pass.Backward()                                   // fills the gradients
//
// and, once it is trained, for serving:
//
//	m.RoundRecurrent()
//	reels, err := m.Reels(n, fill)                    // every reel's vector
//	encoder, err := model.NewEncoder(m, reels)
//	u := encoder.Encode(history)                      // one user
//
// The forward pass over sequences (Pass) and the one for serving (Encoder,
// Reels, and the scorer of package rank) share every layer; serving only
// rearranges them by algebra. Package bundle below it puts a model on disk.
//
// Reels that come or change while it serves are put: reels.Put, encoder.Put,
// and the scorer's Put. Nobody waits for them, and what is put has the bits of
// what is computed at the start.
//
// Invariant: the prediction for step t of a sequence depends on the steps
// before t, on the reel shown at t and on its context, and on nothing later.
package model
