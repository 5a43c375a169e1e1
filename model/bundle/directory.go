package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// directory reads files of one bundle. The root keeps every name inside, and
// keeps hold of the same directory while another one takes its place.
type directory struct {
	dir  string
	root *os.Root
}

// openAttempts bounds how often Open starts again because the bundle was
// replaced under its hands; each time is a whole commit of another process.
const openAttempts = 5

// withRoot runs read on the bundle at dir, or on the one moved aside by an
// interrupted commit. It starts again where the directory was replaced while
// it was read, since the old one may then be gone half-way.
func withRoot(dir string, read func(*directory) error) error {
	for attempt := 1; ; attempt++ {
		err := readOnce(dir, read)
		if err == nil || attempt == openAttempts || !errors.Is(err, errReplaced) {
			return err
		}
	}
}

var errReplaced = errors.New("the directory was replaced while it was read")

func readOnce(dir string, read func(*directory) error) error {
	root, err := openRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := read(&directory{dir, root}); err != nil {
		if replaced(dir, root) {
			return fmt.Errorf("%w: %w", err, errReplaced)
		}
		return err
	}
	return nil
}

// openRoot takes hold of the bundle at dir or, where a commit has just moved
// it or died in doing so, of the one moved aside. It looks more than once,
// since between two looks the one may have become the other.
func openRoot(dir string) (*os.Root, error) {
	for range openAttempts {
		for _, path := range []string{dir, asidePath(filepath.Clean(dir))} {
			root, err := os.OpenRoot(path)
			if err == nil {
				return root, nil
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("open bundle %s: %w", dir, err)
			}
		}
	}
	return nil, &FileError{dir, ManifestFile, ErrMissing, "there is no such directory: train a model first, or correct the path"}
}

// replaced tells whether another bundle is now where root was opened.
func replaced(dir string, root *os.Root) bool {
	held, err := root.Stat(".")
	if err != nil {
		return false
	}
	now, err := os.Stat(dir)
	if err != nil {
		now, err = os.Stat(asidePath(filepath.Clean(dir)))
	}
	return err == nil && !os.SameFile(held, now)
}

func (d *directory) fail(name string, err error, format string, args ...any) error {
	return &FileError{d.dir, name, err, fmt.Sprintf(format, args...)}
}

const restore = "copy the bundle again from where it was made, or train anew"

// manifest reads the manifest and holds it to its checksum, before anything
// in it is believed.
func (d *directory) manifest() (Manifest, error) {
	var m Manifest
	text, err := d.readAll(ManifestFile, maxManifestBytes)
	if err != nil {
		return m, err
	}
	want := checksumLine(text)
	line, err := d.readAll(ChecksumFile, int64(len(want)))
	if err != nil {
		return m, err
	}
	if len(line) < len(want) {
		return m, d.fail(ChecksumFile, ErrTruncated, "it has %d of %d bytes: %s", len(line), len(want), restore)
	}
	if !bytes.Equal(line, want) {
		return m, d.fail(ManifestFile, ErrAltered, "its SHA-256 is not the one in %s: %s", ChecksumFile, restore)
	}
	m, err = decodeManifest(text)
	if err != nil {
		return m, d.manifestError(err)
	}
	return m, nil
}

// manifestError gives an error of decodeManifest its file: the one that is
// required and not listed, else the manifest.
func (d *directory) manifestError(err error) error {
	for _, kind := range []error{ErrVersion, ErrUnsafe, ErrMalformed} {
		if errors.Is(err, kind) {
			return &FileError{d.dir, ManifestFile, kind, strings.TrimPrefix(err.Error(), kind.Error()+": ")}
		}
	}
	if errors.Is(err, ErrUnlisted) {
		return &FileError{d.dir, WeightsFile, ErrUnlisted, restore}
	}
	return &FileError{d.dir, ManifestFile, err, ""}
}

// weights reads, verifies and decodes the weights into b.
func (d *directory) weights(b *Bundle) error {
	data, err := d.read(WeightsFile, b.Manifest.Files[WeightsFile])
	if err != nil {
		return err
	}
	b.Tensors, b.Metadata, err = DecodeSafetensors(data)
	if err != nil {
		return d.fail(WeightsFile, ErrMalformed, "%v", err)
	}
	if diff := b.Manifest.Parameters.difference(parameterTable(b.Tensors)); diff != "" {
		return d.fail(WeightsFile, ErrAltered, "%s: %s", diff, restore)
	}
	return nil
}

// open opens a plain file and refuses links, folders and devices.
func (d *directory) open(name string) (*os.File, int64, error) {
	before, err := d.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, d.fail(name, ErrMissing, restore)
	}
	if err != nil {
		return nil, 0, d.fail(name, err, "")
	}
	if !before.Mode().IsRegular() {
		return nil, 0, d.fail(name, ErrUnsafe, "it is %v: put the file itself there", before.Mode())
	}
	f, err := d.root.Open(name)
	if err != nil {
		return nil, 0, d.fail(name, err, "")
	}
	after, err := f.Stat()
	if err != nil || !os.SameFile(before, after) {
		return nil, 0, errors.Join(d.fail(name, ErrUnsafe, "it changed while it was opened"), err, f.Close())
	}
	return f, after.Size(), nil
}

// readAll reads a file of unknown size up to a limit.
func (d *directory) readAll(name string, limit int64) ([]byte, error) {
	f, size, err := d.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > limit {
		return nil, d.fail(name, ErrAltered, "it has %d bytes, at most %d are accepted: %s", size, limit, restore)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return nil, d.fail(name, err, "")
	}
	return data, nil
}

// openListed opens a file of the manifest and compares the size, which costs
// nothing, before anything is read.
func (d *directory) openListed(name string, want File) (*os.File, error) {
	f, size, err := d.open(name)
	if err != nil {
		return nil, err
	}
	if size == want.Bytes {
		return f, nil
	}
	kind := ErrAltered
	if size < want.Bytes {
		kind = ErrTruncated
	}
	return nil, errors.Join(d.fail(name, kind, "it has %d of %d bytes: %s", size, want.Bytes, restore), f.Close())
}

// verify hashes a file without keeping it.
func (d *directory) verify(name string, want File) error {
	f, err := d.openListed(name, want)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := &summer{sha: sha256.New()}
	if _, err := io.Copy(sum, f); err != nil {
		return d.fail(name, err, "")
	}
	return d.compare(name, sum.file(), want)
}

// read returns a file's verified content.
func (d *directory) read(name string, want File) ([]byte, error) {
	f, err := d.openListed(name, want)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, want.Bytes)
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, d.fail(name, ErrTruncated, "%v: %s", err, restore)
	}
	sum := sha256.Sum256(data)
	return data, d.compare(name, File{hex.EncodeToString(sum[:]), want.Bytes}, want)
}

func (d *directory) compare(name string, got, want File) error {
	if got != want {
		return d.fail(name, ErrAltered, "its SHA-256 starts with %.12s, the manifest says %.12s: %s", got.SHA256, want.SHA256, restore)
	}
	return nil
}
