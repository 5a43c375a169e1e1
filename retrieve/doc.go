// Package retrieve is stage 1: it narrows the whole catalogue down to the
// hundred reels worth ranking for one request.
//
// Several sources look for candidates side by side, each in its own way. A
// Retriever runs them, drops and counts the ones that fail for this request,
// merges the rest by their quotas, and tells what each did.
//
//	r, err := retrieve.New(cfg.Retrieve, retrieve.Parts{Catalog: c, Counters: counters, Index: index, Together: together})
//	candidates, traces, err := r.Retrieve(ctx, &retrieve.Query{
//		Now: now, Context: request.Context, Profile: profile, Vector: userVector,
//	})
//
// A Filter says which reels a request is about. Attributes translate it for the
// vector index, which then passes over what it rules out.
//
// Invariant: every candidate is a reel that was in the catalogue when it was
// found, that was uploaded by Now, that passes the filter, that the user has
// not seen, and that is not
// excluded; none comes twice.
// The stage checks this itself, whatever a source returns. The same query on
// the same counters gives the same candidates in the same order, unless a
// source fails or overruns.
package retrieve
