// Package evaluate measures how good recommendations and predictions are, and
// says how sure one can be of it. It holds the metrics, the protocol that
// turns a log into questions with known answers, the baselines that a model
// has to beat, and the report as text, JSON and HTML.
//
//	cases, counts, err := evaluate.Cases(before, test, cat)
//	baselines, notes, err := evaluate.Baselines(ctx, before, cat, seed)
//	table, err := evaluate.Run(ctx, append(baselines, mine), cases, opts, nil)
//	best, diff := table.AgainstBaselines(mine.Name(), "ndcg@10")
//	report := evaluate.Report{Title: "demo", Counts: counts, Table: table, Model: mine.Name(), Notes: notes}
//	err = report.WriteHTML(w)
//
// Invariant: a recommender is only asked about a time after everything that it
// was fitted on, over the full catalogue, and every list that counts holds
// eligible reels alone. An undefined value is NaN in Go, null in JSON and
// "n/a" for people, never a number. The same seed gives the same report on any
// number of threads.
package evaluate
