package model

import (
	"slices"
	"testing"
)

// The spans of a sorted list are what looking up every reel's bucket gives.
func TestSpansPartReelsByTheirAge(t *testing.T) {
	const hour = 3600
	rng := seeded(1)
	for range 200 {
		now := start + int64(rng.IntN(100))
		var uploads []int64
		for range rng.IntN(60) {
			switch rng.IntN(4) {
			case 0:
				uploads = append(uploads, 0)
			case 1: // at an edge, or a second beside it
				uploads = append(uploads, now-ageEdges[rng.IntN(len(ageEdges))]*hour+int64(rng.IntN(3)-1))
			default:
				uploads = append(uploads, now-int64(rng.IntN(3000)-50)*hour-int64(rng.IntN(hour)))
			}
		}
		slices.Sort(uploads)
		spans, covered := findAges(uploads, now), 0
		for bucket := range ageBuckets {
			lo, hi := spans.span(bucket)
			for _, uploaded := range uploads[lo:hi] {
				if want := ageBucket(now, uploaded); uploaded > now || bucket != want {
					t.Fatalf("at %d a reel of %d is in bucket %d, want %d", now, uploaded, bucket, want)
				}
			}
			covered += int(hi - lo)
		}
		future := 0
		for _, uploaded := range uploads {
			if uploaded > now {
				future++
			}
		}
		if covered+future != len(uploads) || int(spans[0]) != covered {
			t.Fatalf("the spans hold %d of %d reels, of which %d are of the future", covered, len(uploads), future)
		}
	}
}
