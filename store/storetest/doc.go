// Package storetest is the conformance suite of package store: what any
// implementation promises, told as tests, and the generators of the bodies
// that they append.
//
//	func TestConformance(t *testing.T) {
//		storetest.Run(t, func(t storetest.TB, dir string, clock func() time.Time) (store.Store, error) {
//			return mystore.Open(mystore.Options{Dir: dir, Now: clock})
//		})
//	}
//
// Invariant: a store that passes answers every sequence of operations,
// restarts included, as the naive [Oracle] in memory does.
package storetest
