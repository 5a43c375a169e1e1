package embedded

import "github.com/cockroachdb/pebble/v2/vfs"

// makeDirectory makes a directory and those above it, and makes them last: a
// new directory is on the disk once the one that lists it is synced.
func makeDirectory(fs vfs.FS, dir string) error {
	if _, err := fs.Stat(dir); err == nil {
		return nil
	}
	above := fs.PathDir(dir)
	if above != dir {
		if err := makeDirectory(fs, above); err != nil {
			return err
		}
	}
	if err := fs.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	list, err := fs.OpenDir(above)
	if err != nil {
		return err
	}
	return firstError(list.Sync(), list.Close())
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
