package store

import (
	"errors"
	"fmt"
)

// ErrClosed is returned by every method of a store that was closed.
var ErrClosed = errors.New("the store is closed")

// FailedError says that the store takes no more writes, because one failed
// and what became of it is not known. Reads go on. Once the cause is mended,
// open the store again: what was acknowledged is there.
type FailedError struct {
	Dir string
	Err error // what failed, e.g. an error of the disk
}

func (e *FailedError) Error() string {
	return fmt.Sprintf("store %s takes no more writes until it is opened again: %v", e.Dir, e.Err)
}

func (e *FailedError) Unwrap() error { return e.Err }

// InUseError says that another process, or this one, has the directory open.
type InUseError struct{ Dir string }

func (e *InUseError) Error() string {
	return fmt.Sprintf("store %s is in use by another process: stop that one or choose another directory", e.Dir)
}

// VersionError says that the directory was written in a version of the layout
// that this program does not know.
type VersionError struct {
	Dir         string
	Found, Want int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("store %s is of version %d and this program reads version %d: use the release that wrote it", e.Dir, e.Found, e.Want)
}

// DiskError says that the operating system refused something while the store
// was being opened: the directory is read-only, the disk is full.
type DiskError struct {
	Dir string
	Err error
}

func (e *DiskError) Error() string {
	return fmt.Sprintf("store %s: the disk refuses: %v", e.Dir, e.Err)
}

func (e *DiskError) Unwrap() error { return e.Err }

// DamageError says that the store holds bytes that it never wrote, or lacks
// some that it did: restore a backup.
type DamageError struct {
	Dir    string
	File   string // name of the damaged file; empty when that is not known
	Reason string
}

func (e *DamageError) Error() string {
	if e.File == "" {
		return fmt.Sprintf("store %s is damaged, restore a backup: %s", e.Dir, e.Reason)
	}
	return fmt.Sprintf("store %s is damaged in file %s, restore a backup: %s", e.Dir, e.File, e.Reason)
}
