package dataset

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// The files of a dataset directory.
const (
	InteractionsFile = "interactions.parquet"
	ReelsFile        = "reels.parquet"
	ManifestFile     = "dataset.json"
)

// ErrNotDataset is the reason why a directory cannot be read or replaced as a
// dataset.
var ErrNotDataset = errors.New("the directory does not hold a reelrank dataset")

// Write keeps the dataset as directory dir, which appears whole or not at all.
// A dataset that is there already is replaced; any other directory that is not
// empty is left alone and gives ErrNotDataset.
func (ds *Dataset) Write(ctx context.Context, dir string) error {
	if err := ds.Validate(); err != nil {
		return fmt.Errorf("write dataset %s: %w", dir, err)
	}
	if err := replaceable(dir); err != nil {
		return fmt.Errorf("write dataset %s: %w", dir, err)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("write dataset: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("write dataset: %w", err)
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".writing-*")
	if err != nil {
		return fmt.Errorf("write dataset %s: %w", dir, err)
	}
	defer os.RemoveAll(temp)
	if err := ds.fill(ctx, temp); err != nil {
		return fmt.Errorf("write dataset %s: %w", dir, err)
	}
	if err := swap(temp, dir); err != nil {
		return fmt.Errorf("write dataset %s: %w", dir, err)
	}
	return nil
}

// fill writes the files of the dataset into an empty directory.
func (ds *Dataset) fill(ctx context.Context, dir string) error {
	manifest := ds.Describe()
	manifest.Files = map[string]FileSum{}
	for _, file := range []struct {
		name  string
		write func(w io.Writer) error
	}{
		{InteractionsFile, func(w io.Writer) error { return WriteInteractions(ctx, w, ds.Interactions) }},
		{ReelsFile, func(w io.Writer) error { return WriteReels(ctx, w, ds.Reels) }},
	} {
		sum, err := writeFile(filepath.Join(dir, file.name), file.write)
		if err != nil {
			return err
		}
		manifest.Files[file.name] = sum
	}
	if _, err := writeFile(filepath.Join(dir, ManifestFile), manifest.encode); err != nil {
		return err
	}
	return os.Chmod(dir, 0o755)
}

// writeFile creates the file, lets write fill it, forces it to disk, and
// returns its size and hash.
func writeFile(path string, write func(w io.Writer) error) (FileSum, error) {
	f, err := os.Create(path)
	if err != nil {
		return FileSum{}, err
	}
	defer f.Close()
	hash := sha256.New()
	buffered := bufio.NewWriterSize(io.MultiWriter(f, hash), 1<<20)
	if err := write(buffered); err != nil {
		return FileSum{}, err
	}
	if err := buffered.Flush(); err != nil {
		return FileSum{}, err
	}
	if err := f.Sync(); err != nil {
		return FileSum{}, err
	}
	size, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return FileSum{}, err
	}
	return FileSum{Bytes: size, SHA256: hex.EncodeToString(hash.Sum(nil))}, f.Close()
}

// replaceable returns ErrNotDataset where dir holds something of another kind.
func replaceable(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == ManifestFile {
			return nil
		}
	}
	if len(entries) > 0 {
		return fmt.Errorf("%w but %d other files: choose a new or empty directory", ErrNotDataset, len(entries))
	}
	return nil
}

// swap puts the directory temp in the place of dir.
func swap(temp, dir string) error {
	old := temp + ".old"
	err := os.Rename(dir, old)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	replaced := err == nil
	if err := os.Rename(temp, dir); err != nil {
		if replaced {
			return errors.Join(err, os.Rename(old, dir))
		}
		return err
	}
	return os.RemoveAll(old)
}

// Read loads a dataset directory and checks it: version, size and hash of each
// file, counts, and every row. The error names the file that is at fault and
// wraps ErrNotDataset or ErrDamaged.
func Read(ctx context.Context, dir string) (*Dataset, error) {
	manifest, err := ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{InteractionsFile, ReelsFile} {
		if err := checkFile(filepath.Join(dir, name), manifest.Files[name]); err != nil {
			return nil, fmt.Errorf("read dataset %s: %s: %w", dir, name, err)
		}
	}
	ds, err := ReadFiles(ctx, filepath.Join(dir, InteractionsFile), filepath.Join(dir, ReelsFile))
	if err != nil {
		return nil, fmt.Errorf("read dataset %s: %w", dir, err)
	}
	if len(ds.Interactions) != manifest.Interactions || len(ds.Reels) != manifest.Reels {
		return nil, fmt.Errorf("read dataset %s: %w: %s names %d interactions and %d reels, the files hold %d and %d",
			dir, ErrDamaged, ManifestFile, manifest.Interactions, manifest.Reels, len(ds.Interactions), len(ds.Reels))
	}
	ds.Source = manifest.Source
	return ds, nil
}

// checkFile compares a file with the size and hash in the manifest.
func checkFile(path string, want FileSum) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	defer f.Close()
	hash := sha256.New()
	size, err := io.Copy(hash, f)
	if err != nil {
		return err
	}
	if size != want.Bytes {
		return fmt.Errorf("%w: it has %d bytes, %s names %d", ErrDamaged, size, ManifestFile, want.Bytes)
	}
	if hex.EncodeToString(hash.Sum(nil)) != want.SHA256 {
		return fmt.Errorf("%w: its SHA-256 is not the one in %s", ErrDamaged, ManifestFile)
	}
	return nil
}

// WriteFiles writes the two data files alone, for a place that has its own
// manifest, such as a model bundle.
func (ds *Dataset) WriteFiles(ctx context.Context, interactionsPath, reelsPath string) error {
	_, err := writeFile(interactionsPath, func(w io.Writer) error { return WriteInteractions(ctx, w, ds.Interactions) })
	if err != nil {
		return err
	}
	_, err = writeFile(reelsPath, func(w io.Writer) error { return WriteReels(ctx, w, ds.Reels) })
	return err
}

// ReadFiles reads the two data files and validates every row.
func ReadFiles(ctx context.Context, interactionsPath, reelsPath string) (*Dataset, error) {
	its, err := readFile(ctx, interactionsPath, ReadInteractions)
	if err != nil {
		return nil, err
	}
	reels, err := readFile(ctx, reelsPath, ReadReels)
	if err != nil {
		return nil, err
	}
	ds := &Dataset{Interactions: its, Reels: reels}
	if err := ds.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return ds, nil
}

func readFile[T any](ctx context.Context, path string, read func(context.Context, io.ReaderAt, int64) ([]T, error)) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	rows, err := read(ctx, f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rows, nil
}
