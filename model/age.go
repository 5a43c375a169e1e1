package model

import "slices"

// ageEdges are the ages in hours that part the buckets of a reel's age: fine
// where interest fades fast, coarse behind.
var ageEdges = [...]int64{3, 6, 12, 24, 48, 72, 120, 168, 240, 336, 504, 720, 2160}

// ageBuckets counts the buckets: one below each edge, one above all, and one
// for reels whose upload time is unknown.
const ageBuckets = len(ageEdges) + 2

// unknownAge is the bucket of reels without an upload time.
const unknownAge = ageBuckets - 1

// ageBucket finds the bucket of a reel's age; times in unix seconds.
func ageBucket(now, uploaded int64) int {
	if uploaded == 0 {
		return unknownAge
	}
	hours := (now - uploaded) / 3600
	for i, edge := range ageEdges {
		if hours < edge {
			return i
		}
	}
	return len(ageEdges)
}

// AgeTerm is what a reel's age adds to its cosine with the user's vector in
// retrieval; 0 where the network has no tower. The vectors themselves do not
// know the time of the request.
func (m *Model) AgeTerm(now, uploaded int64) float32 {
	if m.Age == nil {
		return 0
	}
	return m.Age.Value[ageBucket(now, uploaded)]
}

// ageSpans says where the reels of each bucket stand in a list that rises by
// upload time, as seen at one moment: those of bucket i in [s[i+1], s[i]), and
// from s[0] on those that were not uploaded yet.
type ageSpans [ageBuckets + 1]int32

// findAges finds the spans of a moment.
func findAges(uploads []int64, now int64) (s ageSpans) {
	known, _ := slices.BinarySearch(uploads, 1) // before stand those of unknown age
	end, _ := slices.BinarySearch(uploads, now+1)
	s[0] = int32(max(end, known))
	for i, edge := range ageEdges {
		end, _ = slices.BinarySearch(uploads[:end], now-edge*3600+1)
		s[i+1] = int32(max(end, known))
	}
	s[unknownAge] = int32(known)
	return s
}

// span is where the reels of a bucket stand.
func (s *ageSpans) span(bucket int) (lo, hi int32) { return s[bucket+1], s[bucket] }
