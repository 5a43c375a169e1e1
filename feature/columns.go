package feature

import (
	"math"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// none is the key of a label that is not known.
const none = -1

// facts are what a context needs of one reel, without strings and side by
// side, so that a candidate costs one cache line of them.
type facts struct {
	id          reel.ReelID
	creatorID   reel.CreatorID
	uploaded    int64   // unix seconds; 0 when unknown
	creator     int32   // dense
	category    int32   // the catalogue's dense category, none when unknown
	language    int32   // dense, none when unknown
	region      int32   // dense, none when unknown
	logDuration float32 // ln(1 + seconds), NaN when unknown
}

// columns hold the facts of a catalogue's reels by dense index. Read-only,
// shared by all builders of one catalogue.
type columns struct {
	reels      []facts // [Len]
	regionKeys map[string]int32
}

func newColumns(cat *catalog.Catalog) *columns {
	n := cat.Len()
	c := &columns{reels: make([]facts, n), regionKeys: make(map[string]int32)}
	languageKeys := make(map[string]int32)
	for i := range int32(n) {
		r := cat.Reel(i)
		f := facts{
			id: r.ID, creatorID: r.Creator, uploaded: r.Uploaded,
			creator: cat.CreatorOf(i), category: none,
			language: intern(languageKeys, r.Language), region: intern(c.regionKeys, r.Region),
			logDuration: float32(logDuration(r.Duration)),
		}
		if r.Category != "" {
			f.category = cat.CategoryOf(i)
		}
		c.reels[i] = f
	}
	return c
}

// intern numbers labels in the order in which they come.
func intern(keys map[string]int32, label string) int32 {
	if label == "" {
		return none
	}
	key, ok := keys[label]
	if !ok {
		key = int32(len(keys))
		keys[label] = key
	}
	return key
}

// logDuration is ln(1 + seconds), NaN for a duration that is not known.
func logDuration(seconds float32) float64 {
	if !(seconds > 0) || math.IsInf(float64(seconds), 0) {
		return math.NaN()
	}
	return log1p(float64(seconds))
}
