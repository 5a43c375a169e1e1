package learn

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/reelrank/reelrank/recommend"
)

// copyTries is how often Copy begins again where the current version came after
// the list of versions that it copies.
const copyTries = 5

// Copy writes the registry to a directory that does not exist yet, in use or
// not, and returns how many versions it has: for a backup. Versions that are
// removed meanwhile, and those that cannot be read, are left out, but never the
// current one. Of an empty registry there is nothing to write.
func (r *Registry) Copy(to string) (versions int, err error) {
	for range copyTries {
		names, err := r.names()
		if err != nil {
			return 0, err
		}
		if len(names) == 0 {
			return 0, nil
		}
		copied, err := r.copyVersions(to, names)
		if err != nil {
			return 0, fmt.Errorf("models: %w", err)
		}
		current, err := r.Current()
		if err != nil {
			return 0, err
		}
		if current != "" && !exists(filepath.Join(to, current)) {
			continue
		}
		if err := r.copyHistory(to, current); err != nil {
			return 0, fmt.Errorf("models: %w", err)
		}
		return copied, nil
	}
	return 0, errors.New("models: the current one changed again and again while they were copied: try again")
}

// copyVersions copies those of the names that are not there yet, and returns
// how many are.
func (r *Registry) copyVersions(to string, names []string) (copied int, err error) {
	current, err := r.Current()
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		target := filepath.Join(to, name)
		if !exists(target) {
			if err := os.MkdirAll(to, 0o755); err != nil {
				return 0, err
			}
			if err := recommend.CopyModel(r.path(name), target); err != nil {
				if name == current && exists(r.path(name)) {
					return 0, err
				}
				continue
			}
		}
		copied++
	}
	return copied, nil
}

// copyHistory writes what was done with the versions, and which is current.
func (r *Registry) copyHistory(to, current string) error {
	raw, err := os.ReadFile(r.path(historyFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := r.files.WriteSynced(filepath.Join(to, historyFile), raw); err != nil || current == "" {
		return err
	}
	if err := r.files.WriteSynced(filepath.Join(to, currentFile), []byte(current+"\n")); err != nil {
		return err
	}
	return r.files.SyncDir(to)
}
