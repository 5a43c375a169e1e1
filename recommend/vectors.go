package recommend

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cespare/xxhash/v2"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/retrieve"
	"github.com/reelrank/reelrank/retrieve/ann"
)

// Saved vector indexes are two files for each model: the index's snapshot, and
// the reels whose dense indices were its ids.
const (
	vectorsSuffix = ".vectors"
	reelsSuffix   = ".reels"
)

// SavedVectors are vector indexes that SaveVectors wrote, for the models that
// are put into service over a world: an index that is there is not built anew.
type SavedVectors struct {
	Dir     string
	Changed map[reel.ReelID]bool // reels put since, whose vectors are not used
	Trouble func(error)          // told why an index is built anew although one was saved; nil for nobody
}

// SaveVectors writes the vector index of every model in service to a directory,
// where it has more vectors than least: a small one is built in no time.
// Changes of the catalogue wait for its snapshot to be taken, not written. What
// is in the files may be newer than when it was called.
func (w *World) SaveVectors(dir string, least int) error {
	for _, t := range w.complete() {
		x, ok := t.vectors.(retrieve.Embedded)
		if !ok || x.Len() <= least {
			continue
		}
		path := filepath.Join(dir, t.weights)
		if err := x.Save(path + vectorsSuffix); err != nil {
			return err
		}
		if err := os.WriteFile(path+reelsSuffix, reelsFile(t.catalog), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// reelsFile is the ids of all reels by dense index, and a checksum.
func reelsFile(c *catalog.Catalog) []byte {
	b := make([]byte, 0, 8*c.Len()+8)
	for i := range int32(c.Len()) {
		b = binary.LittleEndian.AppendUint64(b, uint64(c.ID(i)))
	}
	return binary.LittleEndian.AppendUint64(b, xxhash.Sum64(b))
}

// errNoVectors says that there is no saved index of a model.
var errNoVectors = errors.New("none was saved")

// load returns the saved index of a model's weights over a catalogue of which
// the first n reels have vectors.
func (s SavedVectors) load(weights string, o ann.Options, c *catalog.Catalog, n int, fill func(i int, item *ann.Item)) (*ann.Index, error) {
	if s.Dir == "" {
		return nil, errNoVectors
	}
	path := filepath.Join(s.Dir, weights)
	ids, err := os.ReadFile(path + reelsSuffix)
	if errors.Is(err, os.ErrNotExist) {
		return nil, errNoVectors
	}
	if err != nil {
		return nil, err
	}
	if len(ids) < 8 || len(ids)%8 != 0 || xxhash.Sum64(ids[:len(ids)-8]) != binary.LittleEndian.Uint64(ids[len(ids)-8:]) {
		return nil, fmt.Errorf("%s is damaged", path+reelsSuffix)
	}
	ids = ids[:len(ids)-8]
	x, err := ann.Load(path+vectorsSuffix, o)
	if err != nil {
		return nil, err
	}
	err = x.Relabel(func(was int32) (item ann.Item, ok bool) {
		if int(was) >= len(ids)/8 {
			return item, false
		}
		id := reel.ReelID(binary.LittleEndian.Uint64(ids[8*was:]))
		i, there := c.Index(id)
		if !there || int(i) >= n || s.Changed[id] {
			return item, false
		}
		fill(int(i), &item)
		return item, true
	})
	if err != nil {
		return nil, err
	}
	return x, insertMissing(x, c, n, fill)
}

// insertMissing adds the reels that an index does not have.
func insertMissing(x *ann.Index, c *catalog.Catalog, n int, fill func(i int, item *ann.Item)) error {
	for i := range int32(n) {
		if c.Alive(i) && !x.Has(i) {
			var item ann.Item
			fill(int(i), &item)
			if err := x.Insert(item); err != nil {
				return err
			}
		}
	}
	return nil
}
