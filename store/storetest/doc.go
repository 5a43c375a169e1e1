// Package storetest is the conformance suite of package store: what any
// implementation promises, told as tests, and the generators of what they
// append.
//
//	func TestConformance(t *testing.T) {
//		storetest.Run(t, func(e storetest.Environment) (store.Store, error) {
//			return mystore.Open(e.Dir, mystore.Options{Now: e.Now, RememberIDs: e.RememberIDs, Applied: e.Applied})
//		})
//	}
//
// Invariant: a store that passes answers every sequence of operations,
// restarts included, as the naive [Oracle] in memory does.
package storetest
