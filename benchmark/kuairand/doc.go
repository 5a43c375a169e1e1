// Package kuairand is the benchmark on KuaiRand-Pure (Gao et al. 2022): what
// comes of 228,329 exposures of short videos, each predicted from what happened
// before its time.
//
//	tables, err := kuairand.Run(ctx, kuairand.Options{Dir: dir, Seeds: 5})
//
// The log of 25 April to 8 May 2022 is cut by the days of its date column:
// training up to 3 May, validation 4 and 5 May, test 6 to 8 May. What is known
// of users before that is their last exposures, without times. Known walks
// through the log once and writes every row's features; a model.Ranker learns
// from those of the training days, with six signals and the watch time as its
// heads; validation chooses the epoch and fits what turns logits into
// probabilities and seconds.
//
// Invariant: the features of a row are a function of the rows of an earlier
// time, of the past, and of the profiles; rows of the same time do not see
// each other. Weights, scales and calibration are fitted before the test days;
// what follows the outcomes of the log there, follows those of an earlier time.
package kuairand
