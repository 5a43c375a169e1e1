// Package catalog holds the reels and creators in memory, and the counters of
// what people did with them.
//
// Catalog knows which reels and creators there are. Each has a dense index for
// ever: New numbers those it is given in ascending order of id, so that the
// same set always gets the same indices whatever order it came in, and whoever
// comes later gets the next one. Counters knows what people did: totals per
// reel and creator, and trends that fade with a half-life, everywhere, by
// category and by place.
//
//	c, err := catalog.New(reels)
//	i, added := c.Put(r)    // a new reel, or another state of a known one
//	i, ok := c.Delete(r.ID) // gone from every list; its index stays
//
//	counters := catalog.NewCounters(c, 24*time.Hour)
//	for i := range interactions { // in the order of time
//		counters.Observe(&interactions[i])
//	}
//	top := counters.TrendingAt(now, "BR", 20) // dense indices, best first
//
//	_, err = counters.WriteTo(file) // so that a start needs not replay the log
//	counters, err = catalog.ReadCounters(file, c, 24*time.Hour)
//
// Invariant: an index that a Catalog hands out names the same reel for ever, is
// below Len and valid in each of its columns. A reel deleted before a read
// began is not in it, and a list once handed out never changes. Counters only
// ever count what Observe was given, so replaying the same log over the same
// catalogue gives the same counters.
//
// Who may call what: the reading methods of Catalog and Counters from anywhere
// at any time; Catalog's changes (Put, Delete, PutCreator, DeleteCreator) from
// one goroutine at a time, Counters.Observe from one goroutine at a time, and
// these two may be different ones.
package catalog
