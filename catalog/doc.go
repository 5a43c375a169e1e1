// Package catalog holds the reels and creators in memory, and the counters of
// what people did with them.
//
// Catalog is the fixed part: reels as a structure of arrays under dense
// indices 0..Len()-1, in ascending order of reel id, so that the same set of
// reels always gets the same indices whatever order it came in. Counters is
// the moving part: totals per reel and creator, and trends that fade with a
// half-life, everywhere, by category and by place.
//
//	c, err := catalog.New(reels)
//	counters := catalog.NewCounters(c, 24*time.Hour)
//	for i := range interactions { // in the order of time
//		counters.Observe(&interactions[i])
//	}
//	top := counters.TrendingAt(now, "BR", 20) // dense indices, best first
//
// Invariant: a Catalog never changes after New; every index that it hands out
// is valid in each of its columns. Counters only ever count what Observe was
// given, so replaying the same log gives the same counters.
//
// Who may call what: all methods of Catalog from anywhere at any time; the
// reading methods of Counters from anywhere at any time; Counters.Observe from
// one goroutine at a time, its owner.
package catalog
