package dataset

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/reelrank/reelrank/reel"
)

// FormatVersion is the version of the directory that this package writes and
// the only one that it reads.
const FormatVersion = 1

// Manifest is dataset.json: what a dataset directory holds, to be read without
// opening the data.
type Manifest struct {
	FormatVersion int                `json:"format_version"`
	Source        string             `json:"source"`
	Interactions  int                `json:"interactions"`
	Reels         int                `json:"reels"`
	Users         int                `json:"users"`
	Creators      int                `json:"creators"`
	From          int64              `json:"from"`     // unix seconds of the oldest interaction
	To            int64              `json:"to"`       // unix seconds of the newest interaction
	Observed      map[string]float64 `json:"observed"` // by signal: share of the interactions that record it
	Files         map[string]FileSum `json:"files"`
}

// FileSum identifies the content of one file.
type FileSum struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Describe counts what the dataset holds. Files stays empty.
func (ds *Dataset) Describe() Manifest {
	users := map[reel.UserID]struct{}{}
	creators := map[reel.CreatorID]struct{}{}
	counts := make([]int, len(signals))
	for i := range ds.Interactions {
		it := &ds.Interactions[i]
		users[it.User] = struct{}{}
		for s := range signals {
			if it.Observed.Has(signals[s].bit) {
				counts[s]++
			}
		}
	}
	for i := range ds.Reels {
		creators[ds.Reels[i].Creator] = struct{}{}
	}
	m := Manifest{
		FormatVersion: FormatVersion, Source: ds.Source,
		Interactions: len(ds.Interactions), Reels: len(ds.Reels), Users: len(users), Creators: len(creators),
		Observed: map[string]float64{},
	}
	m.From, m.To = ds.Window()
	for s := range signals {
		if counts[s] > 0 {
			m.Observed[signals[s].name] = float64(counts[s]) / float64(len(ds.Interactions))
		}
	}
	return m
}

// encode writes dataset.json.
func (m Manifest) encode(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(m)
}

// ReadManifest reads dataset.json of a dataset directory and checks its version.
func ReadManifest(dir string) (Manifest, error) {
	path := filepath.Join(dir, ManifestFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, fmt.Errorf("read dataset %s: %w: it has no %s; `reelrank import` and `reelrank simulate` make one", dir, ErrNotDataset, ManifestFile)
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("read dataset %s: %w", dir, err)
	}
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return Manifest{}, fmt.Errorf("read dataset: %s: %w: %w", path, ErrDamaged, err)
	}
	if m.FormatVersion != FormatVersion {
		return Manifest{}, fmt.Errorf("read dataset: %s: %w: it is of format version %d and this program reads version %d; import the data again", path, ErrNotDataset, m.FormatVersion, FormatVersion)
	}
	return m, nil
}
