package learn

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// prune removes the versions that are too many. Of the good ones those stay that
// were current last, to which Rollback would go, of the others the newest, and
// the current one in any case.
func (r *Registry) prune() error {
	versions, err := r.Versions()
	if err != nil {
		return err
	}
	entries, err := r.History()
	if err != nil {
		return err
	}
	was := lastCurrent(entries)
	slices.SortStableFunc(versions, func(a, b Version) int { return cmp.Compare(was[b.Name], was[a.Name]) })
	good, others := r.keep, r.keep
	for _, v := range versions {
		left := &others
		switch v.Status {
		case StatusCurrent:
			continue
		case StatusGood:
			left = &good
		}
		if *left > 0 {
			*left--
			continue
		}
		if err := r.remove(v.Name); err != nil {
			return fmt.Errorf("models: remove %s: %w", v.Name, err)
		}
	}
	return nil
}

// remove takes a version out of sight before it removes it, and puts it back
// where another process made it the current one meanwhile.
func (r *Registry) remove(name string) error {
	gone := r.path(gonePrefix + name)
	if err := r.files.Rename(r.path(name), gone); err != nil {
		return err
	}
	if current, err := r.Current(); err != nil || current == name {
		return r.files.Rename(gone, r.path(name))
	}
	return r.files.RemoveAll(gone)
}

// abandoned is the age from which the folder of a bundle that was being written
// is taken for that of a process that was killed.
const abandoned = time.Hour

// recover ends what a process that was killed had begun.
func (r *Registry) recover() error {
	current, err := r.Current()
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(r.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("models: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(r.dir, e.Name())
		switch name, gone := strings.CutPrefix(e.Name(), gonePrefix); {
		case gone && name == current && !exists(r.path(name)):
			err = r.files.Rename(path, r.path(name))
		case gone:
			err = r.files.RemoveAll(path)
		case strings.HasPrefix(e.Name(), "."):
			if about, statErr := e.Info(); statErr == nil && time.Since(about.ModTime()) > abandoned {
				err = r.files.RemoveAll(path)
			}
		}
		if err != nil {
			return fmt.Errorf("models: %w", err)
		}
	}
	return nil
}
