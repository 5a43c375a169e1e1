package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// A directory cannot be renamed over another, so a bundle is replaced in two
// steps: the old one moves aside, the new one moves in. A crash between them
// leaves no directory of the name, and the old bundle aside; Open then reads
// that one and the next commit starts by moving it back.

// replacer is what replacing does to the file system; tests put faults into it.
type replacer interface {
	Rename(from, to string) error
	RemoveAll(path string) error
	SyncDir(path string) error
}

type osReplacer struct{}

func (osReplacer) Rename(from, to string) error { return os.Rename(from, to) }
func (osReplacer) RemoveAll(path string) error  { return os.RemoveAll(path) }

func (osReplacer) SyncDir(path string) error {
	if runtime.GOOS == "windows" { // where a directory cannot be synced and need not be
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// asidePath is where the earlier bundle stands while it is being replaced.
func asidePath(dir string) string { return dir + ".previous" }

// replace puts the finished directory partial at dir.
func replace(r replacer, partial, dir string) error {
	parent, aside := filepath.Dir(dir), asidePath(dir)
	if err := r.SyncDir(partial); err != nil {
		return err
	}
	if err := recoverAside(r, dir); err != nil {
		return err
	}
	if err := checkReplaceable(dir); err != nil {
		return err
	}
	had := exists(dir)
	if had {
		if err := r.Rename(dir, aside); err != nil {
			return err
		}
	}
	if err := r.Rename(partial, dir); err != nil {
		if had {
			err = errors.Join(err, r.Rename(aside, dir))
		}
		return err
	}
	if err := r.SyncDir(parent); err != nil {
		return err
	}
	// The new bundle is in place and durable: failing now would be a lie. What
	// is left of the old one goes with the next commit.
	_ = r.RemoveAll(aside)
	return nil
}

// recoverAside ends a replacement that a crash interrupted.
func recoverAside(r replacer, dir string) error {
	aside := asidePath(dir)
	if !exists(aside) {
		return nil
	}
	if exists(dir) {
		return r.RemoveAll(aside)
	}
	return r.Rename(aside, dir)
}

// checkReplaceable keeps a mistyped path from costing somebody a folder: only
// a bundle or an empty directory is replaced.
func checkReplaceable(dir string) error {
	if !exists(dir) || exists(filepath.Join(dir, ManifestFile)) {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s holds %s and no %s: it is not a bundle and is left alone; choose another directory",
			dir, entries[0].Name(), ManifestFile)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// stalePartialAge is far above the time that writing a bundle takes.
const stalePartialAge = time.Hour

func partialPattern(base string) string { return "." + base + ".partial-*" }

// removeStalePartials clears what killed writers left beside dir. It does its
// best: what it cannot remove costs disk space only.
func removeStalePartials(dir string) {
	parent, base := filepath.Dir(dir), filepath.Base(dir)
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	prefix := strings.TrimSuffix(partialPattern(base), "*")
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > stalePartialAge {
			_ = os.RemoveAll(filepath.Join(parent, e.Name()))
		}
	}
}
