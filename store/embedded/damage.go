package embedded

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"syscall"

	"github.com/cockroachdb/pebble/v2"

	"github.com/reelrank/reelrank/store"
)

// fileInText finds the file that a text of Pebble's is about.
var fileInText = regexp.MustCompile(`(MANIFEST-\d+|OPTIONS-\d+|marker\.[\w.-]+|\d+\.(log|sst|blob))`)

// logInText finds the number of the write-ahead log that was being replayed.
var logInText = regexp.MustCompile(`replaying wal (\d+)|corrupt wal (\d+)`)

// explain gives an error of Pebble's or of a decoder its type.
func (s *Store) explain(err error) error {
	if err == nil {
		return nil
	}
	if pebble.IsCorruptionError(err) || errors.Is(err, store.ErrEncoding) {
		return damage(s.dir, err)
	}
	return err
}

// damage names the file if the error does.
func damage(dir string, err error) error {
	d := &store.DamageError{Dir: dir, Reason: err.Error()}
	if info := pebble.ExtractDataCorruptionInfo(err); info != nil {
		d.File = filepath.Base(info.Path)
		return d
	}
	text := fmt.Sprintf("%+v", err) // with the details that Error leaves out
	if match := logInText.FindStringSubmatch(text); match != nil {
		d.File = fmt.Sprintf("%06s.log", match[1]+match[2])
	} else {
		d.File = fileInText.FindString(text)
	}
	return d
}

// explainOpen tells a refusal of the operating system from damage.
func explainOpen(dir string, err error) error {
	var errno syscall.Errno
	if !pebble.IsCorruptionError(err) && errors.As(err, &errno) {
		return &store.DiskError{Dir: dir, Err: err}
	}
	return damage(dir, err)
}
