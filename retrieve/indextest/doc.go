// Package indextest holds what every retrieve.Index promises, as tests.
//
//	func TestIndex(t *testing.T) {
//		indextest.Run(t, func(t *testing.T, dim int) retrieve.Index { return open(t, dim) })
//	}
//
// The numbers are such that an approximate index passes: exact answers are
// asked for where few vectors compete, a share of the best elsewhere.
package indextest
