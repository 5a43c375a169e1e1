package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// The folder of the saved vector indexes, and the file that makes it complete:
// it says which records of the log they know at least.
const (
	vectorsFolder = "vectors"
	vectorsFile   = "vectors.json"
)

// leastVectors is the number of vectors up to which building an index takes no
// longer than reading one.
const leastVectors = 50_000

type savedVectors struct {
	Offset store.Offset `json:"offset"`
}

// saveVectors writes the vector indexes. Appends go on meanwhile.
func (s *Service) saveVectors() error {
	dir := filepath.Join(s.options.Dir, vectorsFolder)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	about := savedVectors{Offset: store.Offset(s.offset.Load())}
	if err := s.world.SaveVectors(dir, leastVectors); err != nil {
		return err
	}
	return leave(dir, vectorsFile, about)
}

// useVectors lets the models of the start take the saved indexes, where there
// are any.
func (s *Service) useVectors(ctx context.Context) error {
	dir := filepath.Join(s.options.Dir, vectorsFolder)
	raw, err := os.ReadFile(filepath.Join(dir, vectorsFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var saved savedVectors
	if err == nil {
		err = json.Unmarshal(raw, &saved)
	}
	if err == nil && saved.Offset > s.store.Last() {
		err = fmt.Errorf("they are of record %d, the log ends at %d", saved.Offset, s.store.Last())
	}
	if err != nil {
		s.log.Warn("the saved vector indexes cannot be used, they are built anew", "error", err)
		return nil
	}
	changed := map[reel.ReelID]bool{}
	err = s.store.Read(ctx, saved.Offset+1, func(r store.Record) error {
		if put, ok := r.Body.(store.ReelPut); ok {
			changed[put.Reel.ID] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.world.UseVectors(recommend.SavedVectors{Dir: dir, Changed: changed, Trouble: func(err error) {
		s.log.Warn("a saved vector index cannot be used, it is built anew", "error", err)
	}})
	return nil
}
