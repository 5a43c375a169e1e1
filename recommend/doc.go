// Package recommend composes the three stages, retrieve, rank and rerank,
// into one answer, and is the Go API of reelrank.
package recommend
