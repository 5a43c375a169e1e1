package bundle

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
)

// Writer builds a bundle in a directory beside the final one and moves it into
// place as a whole. One goroutine uses a Writer, and one Writer at a time
// writes to a directory.
type Writer struct {
	dir      string // where the bundle will be
	partial  string // where it is built; "" when committed or closed
	files    map[string]File
	tensors  ParameterTable
	replacer replacer
}

// Create starts a bundle that Commit will put at dir, in the place of an
// earlier bundle if there is any; anything else at dir is refused. The parent
// folders are made as needed. The caller closes the Writer in every case.
func Create(dir string) (*Writer, error) {
	dir = filepath.Clean(dir)
	parent, base := filepath.Dir(dir), filepath.Base(dir)
	if base == "." || base == ".." || base == string(filepath.Separator) {
		return nil, fmt.Errorf("create bundle %s: give the bundle a directory of its own", dir)
	}
	if err := checkReplaceable(dir); err != nil {
		return nil, fmt.Errorf("create bundle: %w", err)
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("create bundle %s: %w", dir, err)
	}
	partial, err := os.MkdirTemp(parent, partialPattern(base))
	if err != nil {
		return nil, fmt.Errorf("create bundle %s: %w", dir, err)
	}
	if err := os.Chmod(partial, 0o755); err != nil { // MkdirTemp makes it private
		return nil, errors.Join(fmt.Errorf("create bundle %s: %w", dir, err), os.Remove(partial))
	}
	return &Writer{dir: dir, partial: partial, files: map[string]File{}, replacer: osReplacer{}}, nil
}

// AddTensors writes the weights. It is called once.
func (w *Writer) AddTensors(tensors []Tensor, metadata map[string]string) error {
	err := w.Add(WeightsFile, func(out io.Writer) error { return EncodeSafetensors(out, tensors, metadata) })
	if err != nil {
		return err
	}
	w.tensors = parameterTable(tensors)
	return nil
}

// Add puts a file into the bundle with the content that write produces. Names
// are flat: a-z, 0-9, '.', '_' and '-', without a leading '.'. A file that
// failed is not part of the bundle; the Writer can go on without it.
func (w *Writer) Add(name string, write func(io.Writer) error) error {
	if w.partial == "" {
		return fmt.Errorf("bundle %s: add %s: the bundle is already committed or closed", w.dir, name)
	}
	if err := checkName(name); err != nil {
		return fmt.Errorf("bundle %s: %w", w.dir, err)
	}
	if _, ok := w.files[name]; ok {
		return fmt.Errorf("bundle %s: %s is added twice", w.dir, name)
	}
	file, err := writeFile(filepath.Join(w.partial, name), write)
	if err != nil {
		return fmt.Errorf("bundle %s: write %s: %w", w.dir, name, err)
	}
	w.files[name] = file
	return nil
}

// AddFile copies the file at path into the bundle under name.
func (w *Writer) AddFile(name, path string) error {
	return w.Add(name, func(out io.Writer) error {
		in, err := os.Open(path)
		if err != nil {
			return err
		}
		defer in.Close()
		_, err = io.Copy(out, in)
		return err
	})
}

// Commit writes the manifest and moves the bundle into place. It returns the
// manifest as written, with the fields that the writer derives. After an error
// whatever was at the directory before is still there.
func (w *Writer) Commit(m Manifest) (Manifest, error) {
	if w.partial == "" {
		return m, fmt.Errorf("bundle %s: commit: the bundle is already committed or closed", w.dir)
	}
	if err := w.complete(&m); err != nil {
		return m, fmt.Errorf("commit bundle %s: %w", w.dir, err)
	}
	if err := w.writeManifest(&m); err != nil {
		return m, fmt.Errorf("commit bundle %s: %w", w.dir, err)
	}
	if err := replace(w.replacer, w.partial, w.dir); err != nil {
		return m, fmt.Errorf("commit bundle %s: %w", w.dir, err)
	}
	w.partial = ""
	removeStalePartials(w.dir)
	return m, nil
}

func (w *Writer) complete(m *Manifest) error {
	weights, ok := w.files[WeightsFile]
	if !ok {
		return errors.New("it has no weights: call AddTensors first")
	}
	if err := checkPreset(m.Preset); err != nil {
		return err
	}
	m.FormatVersion = FormatVersion
	m.ModelVersion = modelVersion(m.Preset, weights.SHA256)
	m.Parameters = w.tensors
	m.Files = w.files
	return m.validate()
}

func (w *Writer) writeManifest(m *Manifest) error {
	text, err := m.encode()
	if err != nil {
		return fmt.Errorf("%s: %w", ManifestFile, err)
	}
	if len(text) > maxManifestBytes {
		return fmt.Errorf("%s takes %d bytes, at most %d are accepted: put large tables into a file of their own", ManifestFile, len(text), maxManifestBytes)
	}
	// What Open would refuse must not take the place of what it accepts.
	if _, err := decodeManifest(text); err != nil {
		return fmt.Errorf("%s: %w", ManifestFile, err)
	}
	if err := w.writeBytes(ManifestFile, text); err != nil {
		return err
	}
	return w.writeBytes(ChecksumFile, checksumLine(text))
}

func (w *Writer) writeBytes(name string, content []byte) error {
	_, err := writeFile(filepath.Join(w.partial, name), func(out io.Writer) error {
		_, err := out.Write(content)
		return err
	})
	return err
}

// checksumLine is the whole content of the checksum file, in the form that
// `sha256sum -c manifest.sha256` checks.
func checksumLine(manifest []byte) []byte {
	sum := sha256.Sum256(manifest)
	return []byte(hex.EncodeToString(sum[:]) + "  " + ManifestFile + "\n")
}

// Close drops a bundle that was not committed. It may be called more than once.
func (w *Writer) Close() error {
	if w.partial == "" {
		return nil
	}
	partial := w.partial
	w.partial = ""
	return os.RemoveAll(partial)
}

// writeFile creates the file, hashes what goes into it and syncs it. After an
// error there is no file.
func writeFile(path string, write func(io.Writer) error) (file File, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return File{}, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := &summer{sha: sha256.New()}
	buf := bufio.NewWriterSize(io.MultiWriter(f, sum), 64<<10)
	if err := write(buf); err != nil {
		return File{}, err
	}
	if err := buf.Flush(); err != nil {
		return File{}, err
	}
	if err := f.Sync(); err != nil {
		return File{}, err
	}
	return sum.file(), nil
}

// summer counts and hashes what is written to it.
type summer struct {
	sha   hash.Hash
	bytes int64
}

func (s *summer) Write(p []byte) (int, error) {
	s.bytes += int64(len(p))
	return s.sha.Write(p)
}

func (s *summer) file() File {
	return File{SHA256: hex.EncodeToString(s.sha.Sum(nil)), Bytes: s.bytes}
}
