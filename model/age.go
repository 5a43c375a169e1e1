package model

// ageEdges are the ages in hours that part the buckets of a reel's age: fine
// where interest fades fast, coarse behind.
var ageEdges = [...]int64{3, 6, 12, 24, 48, 72, 120, 168, 240, 336, 504, 720, 2160}

// ageBuckets counts the buckets: one below each edge, one above all, and one
// for reels whose upload time is unknown.
const ageBuckets = len(ageEdges) + 2

// ageBucket finds the bucket of a reel's age; times in unix seconds.
func ageBucket(now, uploaded int64) int {
	if uploaded == 0 {
		return ageBuckets - 1
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
