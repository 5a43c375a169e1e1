package embedded

import (
	"bytes"
	"context"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// expectedCatalog is what the log makes of the catalogue: for each reel and
// creator the record that says what they are.
type expectedCatalog struct {
	reels    map[reel.ReelID]expectedReel
	creators map[reel.CreatorID]store.Offset
	works    map[reel.CreatorID]map[reel.ReelID]bool
}

type expectedReel struct {
	at      store.Offset
	creator reel.CreatorID
}

func newExpectedCatalog() *expectedCatalog {
	return &expectedCatalog{
		reels:    map[reel.ReelID]expectedReel{},
		creators: map[reel.CreatorID]store.Offset{},
		works:    map[reel.CreatorID]map[reel.ReelID]bool{},
	}
}

func (c *expectedCatalog) apply(r store.Record) {
	switch body := r.Body.(type) {
	case store.ReelPut:
		c.drop(body.Reel.ID)
		c.reels[body.Reel.ID] = expectedReel{r.Offset, body.Reel.Creator}
		if c.works[body.Reel.Creator] == nil {
			c.works[body.Reel.Creator] = map[reel.ReelID]bool{}
		}
		c.works[body.Reel.Creator][body.Reel.ID] = true
	case store.ReelDeleted:
		c.drop(body.ID)
	case store.CreatorPut:
		c.creators[body.Creator.ID] = r.Offset
	case store.CreatorDeleted:
		for id := range c.works[body.ID] {
			delete(c.reels, id)
		}
		delete(c.works, body.ID)
		delete(c.creators, body.ID)
	}
}

func (c *expectedCatalog) drop(id reel.ReelID) {
	if was, ok := c.reels[id]; ok {
		delete(c.works[was.creator], id)
		delete(c.reels, id)
	}
}

// reels compares the rows of reels, and the lists by creator.
func (c *comparison) reels() error {
	n := 0
	err := reels(context.Background(), c.at, func(r reel.Reel) error {
		n++
		expected, ok := c.catalog.reels[r.ID]
		if !ok {
			c.differ("reel %d is in the catalogue, not in the log", r.ID)
			return nil
		}
		record, err := recordAt(c.at, expected.at)
		if err != nil {
			return err
		}
		want := record.Body.(store.ReelPut).Reel
		if !bytes.Equal(encodeWhole(&r), encodeWhole(&want)) {
			c.differ("reel %d is not what record %d says", r.ID, expected.at)
		}
		return nil
	})
	if err != nil {
		return err
	}
	works, err := count(c.at, all(workKey), nil)
	if n != len(c.catalog.reels) || works != n {
		c.differ("the catalogue has %d reels and lists %d by creator, the log makes %d", n, works, len(c.catalog.reels))
	}
	return err
}

func encodeWhole(r *reel.Reel) []byte { return store.AppendVectors(store.AppendReel(nil, r), r) }

// creators compares the rows of creators.
func (c *comparison) creators() error {
	n := 0
	err := creators(context.Background(), c.at, func(got reel.Creator) error {
		n++
		at, ok := c.catalog.creators[got.ID]
		if !ok {
			c.differ("creator %d is in the catalogue, not in the log", got.ID)
			return nil
		}
		record, err := recordAt(c.at, at)
		if err == nil && record.Body.(store.CreatorPut).Creator != got {
			c.differ("creator %d is not what record %d says", got.ID, at)
		}
		return err
	})
	if n != len(c.catalog.creators) {
		c.differ("the catalogue has %d creators, the log makes %d", n, len(c.catalog.creators))
	}
	return err
}
