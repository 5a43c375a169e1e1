package bundle

import (
	"maps"
	"slices"
	"strings"
)

// Bundle is an opened bundle: its manifest and weights in memory, and access
// to its further files. It is safe for concurrent use and is not to be altered.
type Bundle struct {
	Manifest Manifest
	Tensors  []Tensor          // the weights in the order of their names
	Metadata map[string]string // of the weights file; nil where there is none
	dir      string
}

// Open reads and verifies the bundle at dir: every listed file is there, a
// plain file, and has the size and hash of the manifest; the manifest has its
// own hash; the weights hold exactly the tensors of the manifest. What is
// wrong is told by a *[FileError]. Files that the manifest does not list are
// not looked at. dir itself may be a symbolic link.
func Open(dir string) (*Bundle, error) {
	var b *Bundle
	err := withRoot(dir, func(d *directory) error {
		m, err := d.manifest()
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(m.Files)) {
			if name == WeightsFile {
				continue
			}
			if err := d.verify(name, m.Files[name]); err != nil {
				return err
			}
		}
		b = &Bundle{Manifest: m, dir: dir}
		return d.weights(b)
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// ReadManifest reads and verifies the manifest alone, without the cost of
// hashing the other files.
func ReadManifest(dir string) (Manifest, error) {
	var m Manifest
	err := withRoot(dir, func(d *directory) (err error) {
		m, err = d.manifest()
		return err
	})
	return m, err
}

// ReadFile returns the content of one of the bundle's files. It is verified
// once more, so that what was altered since Open is refused too.
func (b *Bundle) ReadFile(name string) ([]byte, error) {
	want, ok := b.Manifest.Files[name]
	if !ok {
		return nil, &FileError{b.dir, name, ErrMissing, "the manifest does not list it"}
	}
	var data []byte
	err := withRoot(b.dir, func(d *directory) (err error) {
		data, err = d.read(name, want)
		return err
	})
	return data, err
}

// Tensor finds a tensor of the weights by name.
func (b *Bundle) Tensor(name string) (Tensor, bool) {
	i, ok := slices.BinarySearchFunc(b.Tensors, name, func(t Tensor, name string) int { return strings.Compare(t.Name, name) })
	if !ok {
		return Tensor{}, false
	}
	return b.Tensors[i], true
}
