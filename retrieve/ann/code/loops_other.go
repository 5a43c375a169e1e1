//go:build !amd64

package code

func supported() []loops { return []loops{portable} }
