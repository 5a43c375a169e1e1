package catalog

import "github.com/reelrank/reelrank/reel"

// Put adds a reel, or replaces the one of its id: any other field may differ.
// A new reel gets the next dense index, a deleted one that comes back its old
// one. added tells that there was no such reel before. The content vectors are
// shared and must not change afterwards. It takes microseconds; readers see
// the reel from its return on.
func (c *Catalog) Put(r reel.Reel) (i int32, added bool) {
	i, known := c.Known(r.ID)
	if !known {
		i = c.add(&r)
		c.list(i)
		return i, true
	}
	x := c.rows.At(i)
	if c.Alive(i) {
		if moves := x.uploaded.Load() != r.Uploaded || reel.CreatorID(x.creatorID.Load()) != r.Creator; !moves {
			c.fill(x, &r)
			return i, false
		}
		c.unlist(i)
		c.fill(x, &r)
		c.show(i)
		c.list(i)
		return i, false
	}
	c.fill(x, &r)
	c.revive(i)
	c.list(i)
	return i, true
}

// Delete deletes a reel; false where there is no such reel. No list that is
// asked for after it returned has the reel. Its index, its last state and its
// counters stay.
func (c *Catalog) Delete(id reel.ReelID) (i int32, ok bool) {
	if i, ok = c.Index(id); ok {
		c.kill(i)
		c.unlist(i)
	}
	return i, ok
}

// add gives a reel of a new id the next index, on no list yet.
func (c *Catalog) add(r *reel.Reel) int32 {
	i := c.size.Load()
	c.rows.Grow(int(i) + 1)
	c.since.Grow(int(i) + 1)
	x := c.rows.At(i)
	x.id = r.ID
	c.fill(x, r)
	c.size.Store(i + 1)
	c.byID.add(int64(r.ID), i)
	c.revive(i)
	return i
}

func (c *Catalog) revive(i int32) {
	c.show(i)
	c.count.Add(1)
}

// show makes a reel available from the upload time in its row on.
func (c *Catalog) show(i int32) {
	c.since.At(i).Store(availableFrom(max(c.rows.At(i).uploaded.Load(), 0)))
}

func (c *Catalog) kill(i int32) {
	c.since.At(i).Store(0)
	c.count.Add(-1)
}

// list puts the reel on the lists that its row says.
func (c *Catalog) list(i int32) {
	c.timeline.insert(c.momentOf(i))
	c.creators.At(c.CreatorOf(i)).list(c, i)
}

// unlist takes the reel off the lists that its row says.
func (c *Catalog) unlist(i int32) {
	c.timeline.remove(c.momentOf(i))
	c.creators.At(c.CreatorOf(i)).unlist(c, i)
}
