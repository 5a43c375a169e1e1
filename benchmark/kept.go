package benchmark

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/cespare/xxhash/v2"
)

// Kept is a folder of the finished parts of a long benchmark: one that was
// interrupted goes on and repeats none of them. A part belongs to the settings
// that it was measured with; under others it is measured again.
type Kept struct {
	Dir      string
	settings string // hash
}

// NewKept opens the folder for a benchmark's settings, whatever JSON can write.
// The version of the program is one of them.
func NewKept(dir string, settings any) (*Kept, error) {
	raw, err := json.Marshal(settings)
	if err != nil {
		return nil, fmt.Errorf("benchmark: settings: %w", err)
	}
	return &Kept{Dir: dir, settings: fmt.Sprintf("%016x", xxhash.Sum64(append(raw, build()...)))}, nil
}

// build names the program's version, as far as it knows it.
func build() string {
	version := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" || s.Key == "vcs.modified" {
				version += s.Value
			}
		}
	}
	return version
}

// KeptDir is the default folder of a benchmark, in the user's cache.
func KeptDir(name string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("benchmark: there is no folder for finished parts (%w): name one with --out", err)
	}
	return filepath.Join(cache, "reelrank", "benchmark", name), nil
}

func (k *Kept) path(part string) string {
	return filepath.Join(k.Dir, fmt.Sprintf("%s-%s.json", part, k.settings))
}

// Load reads a finished part into v and tells whether there was one.
func (k *Kept) Load(part string, v any) (bool, error) {
	raw, err := os.ReadFile(k.path(part))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, v)
	}
	if err != nil {
		return false, fmt.Errorf("benchmark: read the finished part %s: %w; delete it to measure it again", k.path(part), err)
	}
	return true, nil
}

// Store keeps a finished part: wholly, or where it fails not at all.
func (k *Kept) Store(part string, v any) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("benchmark: keep %s: %w", part, err)
	}
	if err := os.MkdirAll(k.Dir, 0o755); err != nil {
		return fmt.Errorf("benchmark: keep %s: %w", part, err)
	}
	unfinished := k.path(part) + ".part"
	if err := os.WriteFile(unfinished, raw, 0o644); err != nil {
		return fmt.Errorf("benchmark: keep %s: %w", part, err)
	}
	return os.Rename(unfinished, k.path(part))
}
