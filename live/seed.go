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

// seeding says that the data of a bundle is on its way into the log, the
// reels first. The file of it goes when all is there, so that a start that was
// killed in the middle is taken up by the next.
type seeding struct {
	Reels        int `json:"reels"`
	Interactions int `json:"interactions"`
}

const seedingFile = "seeding.json"

// seedTogether is how many records of a seed are appended at once.
const seedTogether = 4096

// seed brings the data that the bundle was fitted on into an empty store.
func (s *Service) seed(ctx context.Context) error {
	path := filepath.Join(s.options.Dir, seedingFile)
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	begun := err == nil && s.store.Last() > 0
	if !begun && s.store.Last() > 0 {
		return nil // it has a life of its own
	}
	ds, err := recommend.BundleData(ctx, s.options.Bundle)
	if err != nil {
		return err
	}
	own := seeding{Reels: len(ds.Reels), Interactions: len(ds.Interactions)}
	if begun {
		var other seeding
		if err := json.Unmarshal(raw, &other); err != nil || other != own {
			return fmt.Errorf("%s is half filled with the data of another bundle: start with that bundle again, or remove %s", s.options.Dir, s.options.Dir)
		}
	} else {
		about, err := json.Marshal(own)
		if err != nil {
			return err
		}
		if err := writeSynced(path, about); err != nil {
			return err
		}
	}
	if err := s.appendAll(ctx, ds.Reels, ds.Interactions); err != nil {
		return err
	}
	return os.Remove(path)
}

// appendAll appends reels and interactions, from where an earlier try ended:
// nothing else was in the log then.
func (s *Service) appendAll(ctx context.Context, reels []reel.Reel, log []reel.Interaction) error {
	total := len(reels) + len(log)
	for at := int(s.store.Last()); at < total; {
		bodies := make([]store.Body, 0, seedTogether)
		for ; at < total && len(bodies) < seedTogether; at++ {
			if at < len(reels) {
				bodies = append(bodies, store.ReelPut{Reel: reels[at]})
			} else {
				bodies = append(bodies, store.Event{Interaction: log[at-len(reels)]})
			}
		}
		if _, err := s.store.Append(ctx, bodies...); err != nil {
			return err
		}
		s.options.Progress("bringing the bundle's data into the store", at, total)
	}
	return nil
}
