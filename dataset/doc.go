// Package dataset brings logs of who watched what into one checked, ordered
// form, keeps it on disk, and cuts it by time.
//
// A [Dataset] is the interactions in the order of time and the reels that they
// name. [Import] reads one from JSONL, CSV or Parquet files in the schema, or
// from a public data set through an adapter; [Dataset.Write] and [Read] keep it
// as a directory; [Dataset.Split] cuts it for training and evaluation.
//
//	ds, report, err := dataset.Import(ctx, dataset.Options{
//		Format: dataset.CSV, Paths: []string{"log.csv.gz"}, Rejects: w,
//	})
//	err = ds.Write(ctx, "data/log")
//	parts, err := ds.Split(0.1, 0.1)
//
// Invariant: a dataset that Import or Read returns passes [Dataset.Validate].
// Its interactions are sorted by time, each is valid by the schema, and each
// names a reel of the dataset and that reel's creator.
package dataset
