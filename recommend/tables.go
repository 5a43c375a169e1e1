package recommend

import (
	"fmt"
	"sync"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/model/bundle"
	"github.com/reelrank/reelrank/rank"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/retrieve"
)

// tables are what serving computes once of a model and each reel of a
// catalogue.
type tables struct {
	catalog  *catalog.Catalog
	features *feature.Encoder
	reels    *model.Reels
	users    *model.Encoder
	scorer   *rank.Scorer
	labels   *retrieve.Attributes // of the items of vectors
	vectors  retrieve.Index
	weights  string // version of the model's

	held sync.RWMutex // by the answers that are given from them
}

// newTables computes the tables of all reels that the catalogue holds now, but
// for an index that was saved.
func newTables(cfg config.Config, m *model.Model, features *feature.Encoder, cat *catalog.Catalog, saved SavedVectors) (*tables, error) {
	t := &tables{catalog: cat, features: features}
	var err error
	if t.weights, err = bundle.ModelVersion(m.Config.Preset, m.Tensors()); err != nil {
		return nil, err
	}
	n := cat.Len() // it may grow meanwhile
	if t.reels, err = m.Reels(n, t.fillReel); err != nil {
		return nil, err
	}
	if t.scorer, err = rank.NewScorer(m, t.reels, rank.Precision(cfg.Rank.Precision)); err != nil {
		return nil, err
	}
	if t.users, err = model.NewEncoder(m, t.reels); err != nil {
		return nil, err
	}
	t.labels = retrieve.FitAttributes(cat)
	if t.vectors, err = openIndex(cfg.Retrieve, saved, t.weights, cat, n, t.reels, t.labels); err != nil {
		return nil, fmt.Errorf("index the reels: %w", err)
	}
	return t, nil
}

// fillReel writes the feature vector of the reel at a dense index.
func (t *tables) fillReel(dst []float32, i int) *reel.Reel {
	r := t.catalog.Reel(int32(i))
	t.features.Vector(dst, r)
	return r
}

// answering is the version of a model as answers name it: the same weights
// answer otherwise in another precision.
func answering(cfg config.Config, m *model.Model) (string, error) {
	version, err := bundle.ModelVersion(m.Config.Preset, m.Tensors())
	if precision := rank.Precision(cfg.Rank.Precision); precision != rank.Float32 {
		version += "-" + string(precision)
	}
	return version, err
}
