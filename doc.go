// Package reelrank is the root of a self-hosted recommender for short videos.
// The program is cmd/reelrank and its Go API is package recommend.
package reelrank
