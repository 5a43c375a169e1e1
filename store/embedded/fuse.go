package embedded

import (
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// fuse is a file system that stops at the first write within the store's
// directory that fails: from then on nothing there changes any more, so what
// was durable until then is what the next Open finds.
//
// Pebble ends the process when its write-ahead log fails, or breaks its own
// locks. So to the log, and to the syncs of the directory, a blown fuse
// pretends that all is well; whoever commits asks the fuse before believing it.
// Every other write is refused. The store can then still be read and closed.
type fuse struct {
	vfs.FS
	dir  string
	blow func(error) // called once, with the failure

	mu    sync.Mutex
	blown error
	lock  *onceCloser // of the directory
}

// retryPause keeps a flush that is refused, and that Pebble repeats at once
// and for ever, from taking a processor.
const retryPause = 20 * time.Millisecond

// isLog tells whether a file is part of the write-ahead log.
func isLog(path string) bool { return strings.HasSuffix(path, ".log") }

// guards tells whether a path is the store's own; backups lie elsewhere.
func (f *fuse) guards(path string) bool {
	rest, ok := strings.CutPrefix(filepath.Clean(path), filepath.Clean(f.dir))
	return ok && (rest == "" || rest[0] == filepath.Separator)
}

// state is the failure that blew the fuse, nil while it holds.
func (f *fuse) state() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.blown
}

// fail blows the fuse.
func (f *fuse) fail(err error) {
	f.mu.Lock()
	again := f.blown != nil
	if !again {
		f.blown = err
	}
	f.mu.Unlock()
	if !again {
		f.blow(err)
	}
}

// try runs a write unless the fuse is blown, and blows it when that fails.
func (f *fuse) try(path string, write func() error) error {
	if !f.guards(path) {
		return write()
	}
	if err := f.state(); err != nil {
		return err
	}
	err := write()
	if err != nil {
		f.fail(err)
	}
	return err
}

// Create makes a file; a sham one if it is part of the log and that fails.
func (f *fuse) Create(path string, category vfs.DiskWriteCategory) (file vfs.File, err error) {
	err = f.try(path, func() error {
		file, err = f.FS.Create(path, category)
		return err
	})
	switch {
	case err == nil && !f.guards(path):
		return file, nil
	case err == nil:
		return &fusedFile{File: file, fuse: f, pretends: isLog(path)}, nil
	case isLog(path) && f.guards(path):
		return &fusedFile{File: vfs.NewMemFile(nil), fuse: f, pretends: true}, nil
	case f.guards(path):
		time.Sleep(retryPause)
	}
	return nil, err
}

// OpenDir opens a directory, whose syncs are writes.
func (f *fuse) OpenDir(path string) (vfs.File, error) {
	file, err := f.FS.OpenDir(path)
	if err != nil || !f.guards(path) {
		return file, err
	}
	return &fusedFile{File: file, fuse: f, pretends: true}, nil
}

// Link makes a hard link, for backups.
func (f *fuse) Link(from, to string) error {
	return f.try(to, func() error { return f.FS.Link(from, to) })
}

// Rename renames a file.
func (f *fuse) Rename(from, to string) error {
	return f.try(to, func() error { return f.FS.Rename(from, to) })
}

// Remove removes a file while the fuse holds. Afterwards it keeps what Pebble
// believes to be obsolete, since the files may not say so.
func (f *fuse) Remove(path string) error {
	if f.guards(path) && f.state() != nil {
		return nil
	}
	return f.FS.Remove(path)
}

// Lock takes the directory's lock and keeps hold of it, so that it can be let
// go while Pebble hangs.
func (f *fuse) Lock(path string) (io.Closer, error) {
	lock, err := f.FS.Lock(path)
	if err != nil {
		return nil, err
	}
	f.lock = &onceCloser{close: lock.Close}
	return f.lock, nil
}

// onceCloser closes what it stands for at the first call.
type onceCloser struct {
	once  sync.Once
	close func() error
}

func (c *onceCloser) Close() (err error) {
	c.once.Do(func() { err = c.close() })
	return err
}

// Unwrap is the file system below.
func (f *fuse) Unwrap() vfs.FS { return f.FS }

// fusedFile is a file of the store.
type fusedFile struct {
	vfs.File
	fuse     *fuse
	pretends bool // that all is well, once the fuse is blown
}

// write runs one write of the file.
func (f *fusedFile) write(do func() error) error {
	err := f.fuse.state()
	if err == nil {
		if err = do(); err == nil {
			return nil
		}
		f.fuse.fail(err)
	}
	if f.pretends {
		return nil
	}
	return err
}

func (f *fusedFile) Write(b []byte) (n int, err error) {
	err = f.write(func() error {
		n, err = f.File.Write(b)
		return err
	})
	if err == nil {
		n = len(b)
	}
	return n, err
}

func (f *fusedFile) WriteAt(b []byte, at int64) (n int, err error) {
	err = f.write(func() error {
		n, err = f.File.WriteAt(b, at)
		return err
	})
	if err == nil {
		n = len(b)
	}
	return n, err
}

func (f *fusedFile) Sync() error     { return f.write(f.File.Sync) }
func (f *fusedFile) SyncData() error { return f.write(f.File.SyncData) }

func (f *fusedFile) SyncTo(length int64) (all bool, err error) {
	err = f.write(func() error {
		all, err = f.File.SyncTo(length)
		return err
	})
	return all, err
}

func (f *fusedFile) Close() error {
	err := f.File.Close()
	if err != nil {
		f.fuse.fail(err)
		if f.pretends {
			return nil
		}
	}
	return err
}
