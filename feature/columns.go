package feature

import (
	"math"

	"github.com/reelrank/reelrank/catalog"
)

// none is the key of a label that is not known.
const none = -1

// columns are what a context needs of each reel, without strings. Read-only,
// shared by all builders of one catalogue.
type columns struct {
	logDuration []float32 // [Len] ln(1 + seconds), NaN when unknown
	category    []int32   // [Len] the catalogue's dense category, none when unknown
	language    []int32   // [Len] dense, none when unknown
	region      []int32   // [Len] dense, none when unknown

	regionKeys map[string]int32
}

func newColumns(cat *catalog.Catalog) *columns {
	n := cat.Len()
	c := &columns{
		logDuration: make([]float32, n),
		category:    make([]int32, n),
		language:    make([]int32, n),
		region:      make([]int32, n),
		regionKeys:  make(map[string]int32),
	}
	languageKeys := make(map[string]int32)
	for i := range int32(n) {
		r := cat.Reel(i)
		c.logDuration[i] = float32(logDuration(r.Duration))
		c.category[i] = none
		if r.Category != "" {
			c.category[i] = cat.CategoryOf(i)
		}
		c.language[i] = intern(languageKeys, r.Language)
		c.region[i] = intern(c.regionKeys, r.Region)
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
