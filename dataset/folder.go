package dataset

import (
	"fmt"
	"os"
	"path/filepath"
)

// folder is the one folder that a public data set is read from.
type folder struct {
	path  string
	names []string // of its files, ascending
}

func (imp *importer) folder() (folder, error) {
	if len(imp.opts.Paths) != 1 {
		return folder{}, fmt.Errorf("import: the format %s reads one folder, not %d paths", imp.opts.Format, len(imp.opts.Paths))
	}
	if imp.opts.Reels != "" {
		return folder{}, fmt.Errorf("import: the format %s brings its own reels: leave out %s", imp.opts.Format, imp.opts.Reels)
	}
	path := imp.opts.Paths[0]
	info, err := os.Stat(path)
	if err != nil {
		return folder{}, err
	}
	if !info.IsDir() {
		return folder{}, fmt.Errorf("import: %s is a file: name the folder that holds the files of %s", path, imp.opts.Format)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return folder{}, err
	}
	f := folder{path: path}
	for _, e := range entries {
		if !e.IsDir() {
			f.names = append(f.names, e.Name())
		}
	}
	return f, nil
}

// find returns the path of the file of that name, gzipped or not, or nothing.
func (f folder) find(name string) string {
	for _, n := range f.names {
		if n == name || n == name+".gz" {
			return filepath.Join(f.path, n)
		}
	}
	return ""
}

func (f folder) lacks(name string) error {
	return fmt.Errorf("import: %s has no file %s; it has: %s", f.path, name, shortList(f.names))
}
