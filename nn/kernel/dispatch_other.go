//go:build !amd64

package kernel

// supported lists the sets that this processor can run, fastest first.
func supported() []loops { return []loops{portable} }
