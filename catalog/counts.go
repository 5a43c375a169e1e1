package catalog

// Counts are what the counters hold of one reel and its creator.
type Counts struct {
	Trend   float32 // as Counters.Trend
	Reel    Totals
	Creator Totals
}

// Read sets dst[k] to the counts of the reel at dense index reels[k], with the
// trend as of now (unix seconds). All are read at once: no interaction comes
// in between. It panics where dst is shorter than reels.
func (c *Counters) Read(dst []Counts, reels []int32, now int64) {
	dst = dst[:len(reels)]
	c.mu.RLock()
	defer c.mu.RUnlock()
	fade := c.trends.fade(now)
	for k, i := range reels {
		dst[k] = Counts{
			Trend:   float32(c.trends.weight(i) * fade),
			Reel:    c.reels.Find(i).totals(),
			Creator: c.creators.Find(c.catalog.CreatorOf(i)).totals(),
		}
	}
}
