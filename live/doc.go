// Package live is a recommender over a durable store: what people do and what
// the catalogue holds changes the very next answer, and nothing acknowledged
// is lost.
//
//	s, err := live.Open(ctx, live.Options{Bundle: "bundle", Store: "data/store"})
//	outcome, err := s.Record(ctx, events)     // durable, and known to the next request
//	slate, err := s.Recommend(ctx, recommend.Request{User: 123, K: 10})
//
// Invariant: whatever a method acknowledged is in the store's log, and every
// request that begins afterwards is answered with it.
package live
