package benchmark

import (
	"fmt"
	"os"
	"path/filepath"
)

// Folder is the folder of one data set below the folder of all. Where it is
// not there, the error says what to do.
func Folder(data, set string) (string, error) {
	dir := filepath.Join(data, set)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		whole, absErr := filepath.Abs(dir)
		if absErr != nil {
			whole = dir
		}
		return "", fmt.Errorf("benchmark: there is no folder %s: name the folder that holds %q with --data (docs/benchmarks.md says which files it takes)", whole, set)
	}
	return dir, nil
}
