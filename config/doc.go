// Package config is the one typed configuration of reelrank: every setting,
// its default, its meaning, and where its effective value came from.
package config
