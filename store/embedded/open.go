package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"

	"github.com/reelrank/reelrank/store"
)

// Store is the log and its views in one directory. It implements
// [store.Store]; all its methods may be called at the same time.
type Store struct {
	dir      string
	options  Options
	fuse     *fuse
	failed   chan struct{} // closed when the fuse blows
	lock     *pebble.Lock
	db       *pebble.DB
	gate     *gate
	queue    *queue
	profiles *profiles
	last     atomic.Uint64 // the newest offset acknowledged

	views     *views
	lastTime  atomic.Int64  // of the newest record
	oldestIDs int64         // generation of IDs before which none are left; the committer's
	committed chan struct{} // closed when the committer has ended

	logger *slog.Logger
}

var _ store.Store = (*Store)(nil)

// Open opens the store in a directory, and makes it if there is none.
func Open(o Options) (*Store, error) {
	s, err := openFiles(o, false)
	if err != nil {
		return nil, err
	}
	if err := s.settle(); err != nil {
		_ = s.closeFiles()
		return nil, err
	}
	go s.commitGroups()
	return s, nil
}

// openFiles opens what is on the disk, without a committer.
func openFiles(o Options, readOnly bool) (*Store, error) {
	o = o.withDefaults()
	s := &Store{
		dir:       o.Dir,
		options:   o,
		failed:    make(chan struct{}),
		gate:      newGate(),
		queue:     newQueue(),
		profiles:  newProfiles(o.ProfileCache),
		committed: make(chan struct{}),
		logger:    o.Logger,
	}
	s.fuse = &fuse{FS: o.FS, dir: o.Dir, blow: func(err error) {
		o.Logger.Error("store: no more writes until it is opened again", "dir", o.Dir, "error", err)
		close(s.failed)
	}}
	if !readOnly {
		if err := makeDirectory(o.FS, o.Dir); err != nil {
			return nil, &store.DiskError{Dir: o.Dir, Err: err}
		}
	}
	if err := s.takeLock(); err != nil {
		return nil, err
	}
	err := checkTail(o.FS, o.Dir)
	if err == nil {
		err = s.openPebble(readOnly)
	}
	if err != nil {
		_ = s.lock.Close()
		return nil, err
	}
	s.views = &views{db: s.db}
	if err := s.readPosition(); err != nil {
		_ = s.closeFiles()
		return nil, err
	}
	return s, nil
}

// takeLock makes sure that no one else has the directory open.
func (s *Store) takeLock() (err error) {
	s.lock, err = pebble.LockDirectory(s.dir, s.fuse)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EAGAIN), !errors.As(err, new(syscall.Errno)): // another process; this one
		return &store.InUseError{Dir: s.dir}
	}
	return &store.DiskError{Dir: s.dir, Err: err}
}

// openPebble opens the database. What Pebble panics about while it opens is
// damage that it did not expect.
func (s *Store) openPebble(readOnly bool) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = damage(s.dir, fmt.Errorf("%v", r))
		}
	}()
	s.db, err = pebble.Open(s.dir, s.pebbleOptions(readOnly))
	if err != nil {
		return explainOpen(s.dir, err)
	}
	if err := s.fuse.state(); err != nil {
		_ = s.db.Close()
		return &store.DiskError{Dir: s.dir, Err: err}
	}
	return nil
}

// blockSize of the tables, in bytes before compression. With Pebble's 4 KB the
// profiles of a million people take 3.6 % more room; how far tables have been
// compacted makes a larger difference.
const blockSize = 16 << 10

// pebbleOptions are the same for every store, but for memory and compression.
func (s *Store) pebbleOptions(readOnly bool) *pebble.Options {
	o := &pebble.Options{
		FS:                    s.fuse,
		Lock:                  s.lock,
		ReadOnly:              readOnly,
		ErrorIfNotExists:      readOnly,
		FormatMajorVersion:    pebble.FormatNewest, // tells a torn tail of the log from damage before it
		Cleaner:               discard{},
		CacheSize:             s.options.BlockCache,
		MemTableSize:          32 << 20,
		L0CompactionThreshold: 4,
		LBaseMaxBytes:         64 << 20,
		MaxOpenFiles:          1000,
		EventListener:         s.listener(),
		Logger:                pebbleLog{s.options.Logger, s.fuse.fail},
	}
	compression := pebble.DBCompressionBalanced
	if s.options.NoCompression {
		compression = pebble.DBCompressionNone
	}
	o.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return compression })
	for i := range o.Levels {
		o.Levels[i].BlockSize = blockSize
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10) // most lookups are of IDs and profiles that are not there
	}
	if s.options.tune != nil {
		s.options.tune(o)
	}
	return o
}

// discard removes obsolete files. It says that it needs their contents, as the
// archivist in it does, which keeps Pebble from writing a new log over an old
// one: what was erased would still be in there.
type discard struct {
	pebble.DeleteCleaner
	archivist
}

type archivist struct{ pebble.ArchiveCleaner }

// Close waits for the calls under way, makes everything durable in tables that
// carry checksums, and lets the directory go.
func (s *Store) Close() error {
	if err := s.gate.close(); err != nil {
		return err
	}
	s.queue.close()
	select {
	case <-s.committed:
	case <-s.failed:
	}
	if s.failure() != nil || s.flush(context.Background()) != nil {
		return s.abandon()
	}
	return errors.Join(s.closeFiles(), s.failure())
}

// flush writes what is in memory into tables and begins a new log. Pebble
// tries for ever on a broken disk; the blown fuse ends that.
func (s *Store) flush(ctx context.Context) error {
	flushed := make(chan error, 1)
	go func() { flushed <- s.db.Flush() }()
	select {
	case err := <-flushed:
		return err
	case <-s.failed:
		return s.failure()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *Store) closeFiles() error {
	return errors.Join(s.db.Close(), s.lock.Close())
}

// abandonAfter is how long a failed store may take to end.
const abandonAfter = 500 * time.Millisecond

// abandon closes a store that failed. A commit that waits for memory to be
// flushed to the broken disk never ends; Pebble is then left behind with it,
// and the blown fuse keeps it from the files.
func (s *Store) abandon() error {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer func() { _ = recover() }()
		<-s.committed
		_ = s.db.Close()
		_ = s.lock.Close()
	}()
	select {
	case <-ended:
	case <-time.After(abandonAfter):
	}
	return errors.Join(s.failure(), s.fuse.lock.Close())
}
