package bundle

import (
	"errors"
	"fmt"
)

// What can be wrong with a file of a bundle. A [FileError] wraps one of them.
var (
	ErrMissing   = errors.New("is missing")
	ErrTruncated = errors.New("is truncated")
	ErrAltered   = errors.New("is altered")
	ErrUnlisted  = errors.New("is required and not listed in the manifest")
	ErrVersion   = errors.New("is of an unsupported format version")
	ErrUnsafe    = errors.New("is not a plain file within the bundle")
	ErrMalformed = errors.New("is malformed")
)

// FileError says which file of which bundle is at fault and how.
// errors.Is tells the kinds apart by the sentinels above.
type FileError struct {
	Dir    string // the bundle's directory
	File   string // the file's name within it
	Err    error  // one of the sentinels, or an error of the file system
	Detail string // what was found, and what to do
}

func (e *FileError) Error() string {
	s := fmt.Sprintf("bundle %s: %s %v", e.Dir, e.File, e.Err)
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

func (e *FileError) Unwrap() error { return e.Err }
