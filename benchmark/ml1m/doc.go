// Package ml1m is the benchmark of next-item prediction on MovieLens-1M, in the
// protocol of SASRec (Kang and McAuley 2018): of every user the last movie is
// the test's target and the one before it that of validation; all movies are
// ranked but those that the user has seen.
//
//	table, err := ml1m.Run(ctx, ml1m.Options{Dir: "../shared/data/ml1m"})
//
// Invariant: nothing is fitted on, or chosen by, a test target; a target that
// ties with others counts as the mean over all orders of them.
package ml1m
