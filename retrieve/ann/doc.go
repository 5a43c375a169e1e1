// Package ann finds the vectors with the largest dot product with a query.
// It scans all of them: exact, and a few milliseconds for tens of thousands.
//
//	index, err := ann.New(vectors, 256) // [N, 256], row-major
//	hits, err := index.Search(nil, query, 70, func(i int32) bool { return !seen(i) })
//	for _, h := range hits {
//		fmt.Println(h.Index, h.Score) // best first
//	}
//
// Invariant: the result is what sorting all accepted vectors by score, ties by
// index, would give, and does not depend on the number of threads.
package ann
