// Package benchmark holds what the benchmarks on known data share: where their
// files lie, and the table of results, with the published figures beside those
// measured here. Each benchmark is a package of this folder and a command,
// reelrank benchmark NAME.
//
//	t := benchmark.Table{Title: "ml1m", Columns: []benchmark.Column{{Name: "NDCG@10"}}}
//	t.Add("popular", benchmark.Measured, evaluate.MeanOf(ndcg, 1000, .95, 1))
//	t.Add("SASRec", benchmark.Published, benchmark.Point(.1259))
//	err := t.Print(os.Stdout)
//
// Invariant: a benchmark goes from raw files to its table, tunes on validation
// data alone, and ranks whole catalogues, never a sample of them.
package benchmark
