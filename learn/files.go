package learn

import (
	"errors"
	"os"
	"runtime"
)

// files is what a registry does to the file system; tests put faults into it.
type files interface {
	WriteSynced(path string, content []byte) error
	AppendSynced(path string, content []byte) error
	Rename(from, to string) error
	RemoveAll(path string) error
	SyncDir(path string) error
}

type osFiles struct{}

func (osFiles) WriteSynced(path string, content []byte) error {
	return writeSynced(path, os.O_TRUNC, content)
}

func (osFiles) AppendSynced(path string, content []byte) error {
	return writeSynced(path, os.O_APPEND, content)
}

func writeSynced(path string, mode int, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|mode, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

func (osFiles) Rename(from, to string) error { return os.Rename(from, to) }
func (osFiles) RemoveAll(path string) error  { return os.RemoveAll(path) }

func (osFiles) SyncDir(path string) error {
	if runtime.GOOS == "windows" { // where a directory cannot be synced and need not be
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
