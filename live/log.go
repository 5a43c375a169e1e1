package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/reelrank/reelrank/store"
	"github.com/reelrank/reelrank/store/embedded"
)

// Read calls fn with every record of the log from an offset on, in order, as of
// now. What is appended meanwhile waits for nothing.
func (s *Service) Read(ctx context.Context, from store.Offset, fn func(store.Record) error) error {
	return s.store.Read(ctx, from, fn)
}

// Last is the offset of the newest record of the log.
func (s *Service) Last() store.Offset { return s.store.Last() }

// Log is the log of a store that no service uses, to read.
type Log struct{ store *embedded.Store }

// OpenLog opens the log of the store in a directory. A store that a process
// uses is refused with a *store.InUseError.
func OpenLog(dir string) (*Log, error) {
	if _, err := os.Stat(filepath.Join(dir, logFolder)); err != nil {
		return nil, fmt.Errorf("there is no store in %s: %w", dir, err)
	}
	if _, err := os.Stat(filepath.Join(dir, seedingFile)); err == nil {
		return nil, fmt.Errorf("%s is half filled with the data of a bundle: start the server with that bundle once, which fills it", dir)
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	s, err := embedded.Open(embedded.Options{Dir: filepath.Join(dir, logFolder)})
	if err != nil {
		return nil, fmt.Errorf("open the store in %s: %w", dir, err)
	}
	return &Log{s}, nil
}

// Read is Service.Read.
func (l *Log) Read(ctx context.Context, from store.Offset, fn func(store.Record) error) error {
	return l.store.Read(ctx, from, fn)
}

// Last is Service.Last.
func (l *Log) Last() store.Offset { return l.store.Last() }

// Close closes the store.
func (l *Log) Close() error { return l.store.Close() }
