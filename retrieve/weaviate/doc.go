// Package weaviate keeps the vectors of reels on a Weaviate server and
// searches there: for catalogues whose index is not to lie in each replica's
// memory. Its Index does what the one of package ann does, over HTTP.
//
//	index, err := weaviate.Open(ctx, weaviate.Options{
//		URL: "http://127.0.0.1:8080", Collection: "Reels", Dim: 256,
//	})
//	err = index.Insert(ctx, ann.Item{ID: 7, Vector: v, Attributes: en | teen, Creator: 12})
//	hits, err := index.Find(ctx, nil, query, ann.Request{K: 100, Require: en, Blocked: []uint32{3}})
//	err = index.Delete(ctx, 7)
//
// An item is an object of a collection with the vector, under an identifier
// that is made of the reel's id, so that what is sent twice is stored once.
// Attribute bits and creators are properties that the server filters by; what
// only the caller knows, such as who has seen what, is left out here, of
// answers that grow until enough is left.
//
// # Invariants
//
//   - No search that begins after a Delete returned finds the item, whichever
//     replica of the server answers: the index knows what it has put in and
//     takes nothing else for an answer.
//   - An Insert that returned nil is found by the next search. The server must
//     index at once (ASYNC_INDEXING off, its default) and, where it keeps
//     several copies, a majority of them answers for each write.
//   - Memory beyond a request's own is one checksum of 8 bytes per item.
//   - A collection has one writer at a time for each id. Several processes
//     that follow the same log may write to it: they send the same.
package weaviate
