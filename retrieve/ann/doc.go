// Package ann finds the vectors with the largest dot product with a query
// among millions that come and go.
//
//	index, err := ann.New(vectors, 256) // [N, 256], row-major; ids 0..N-1
//	err = index.Insert(ann.Item{ID: 37_000, Vector: v, Attributes: en | teen, Creator: 12})
//	index.Delete(5)
//	hits, err := index.Find(nil, query, ann.Request{K: 100, Require: en})
//	for _, h := range hits {
//		fmt.Println(h.Index, h.Score) // best first
//	}
//
// There is one type with two regimes. Below Options.FlatLimit a search looks at
// every vector, kept in one byte per dimension. Above, the vectors belong to
// lists around centroids that hold one bit per dimension of each: a search
// goes through the lists from the most promising one on, keeps the vectors
// whose estimate plus its error is above the k-th best so far, and takes
// their product with the bytes; it stops when no list is left that could hold
// a better one. A filter that few vectors pass is searched through directly.
//
// Ids are small whole numbers that the caller hands out, such as a catalogue's
// dense indices: a table has room for all up to the largest.
//
// # Invariants
//
//   - A vector is found by every search that begins after its Insert returned,
//     if it is among the nearest lists; no search that begins after its Delete
//     returned finds it, and none returns one that its request excludes.
//   - Searches take no lock. Writers wait for each other, for microseconds.
//   - With Options.Vector, the scores are those of the vectors themselves, and
//     the flat regime's answer is exact: what sorting all by score, ties by
//     id, would give. Without it, scores err by about 0.0003 of the lengths.
//   - The same vectors and seed build the same index on any number of threads.
package ann
