//go:build !linux

package ann

// newBytes returns memory for rows.
func newBytes(n int) []int8 { return make([]int8, n) }
