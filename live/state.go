package live

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/reelrank/reelrank/store"
)

// savedState is what was counted up to an offset of the log, in files: a start
// goes on from it instead of reading the whole log.
type savedState struct {
	Version int          `json:"version"`
	Offset  store.Offset `json:"offset"` // of the last record that is counted
	Now     int64        `json:"now"`    // unix seconds, World.Now
	Users   int          `json:"users"`
	Sum     uint32       `json:"sum"` // CRC-32 of the above: a digit that changed on the disk would count records twice

	counters, together io.Reader
	files              []*os.File
}

func (s *savedState) close() {
	for _, f := range s.files {
		f.Close()
	}
}

// sum is what Sum must be.
func (s *savedState) sum() uint32 {
	return crc32.ChecksumIEEE(fmt.Append(nil, s.Version, s.Offset, s.Now, s.Users))
}

const stateVersion = 2

// The files of a state. The description comes last and makes it complete.
const (
	stateFile    = "state.json"
	countersFile = "counters"
	togetherFile = "together"
)

// SaveState writes the counts as of now, while appends wait, and the vector
// indexes.
func (s *Service) SaveState() error {
	if err := s.saveVectors(); err != nil {
		return fmt.Errorf("save the vector indexes: %w", err)
	}
	if err := s.store.Pause(context.Background(), s.writeState); err != nil {
		return fmt.Errorf("save the state: %w", err)
	}
	return nil
}

// keepState saves the state now and then, where something has happened.
func (s *Service) keepState(ctx context.Context) {
	saved := s.offset.Load()
	every(ctx, s.options.Config.Store.StateEvery, func() {
		if now := s.offset.Load(); now != saved {
			if err := s.SaveState(); err != nil {
				s.log.Error("save the state", "error", err)
				return
			}
			saved = now
		}
	})
}

// writeState writes a folder beside the old one and puts it in its place. No
// change may come meanwhile.
func (s *Service) writeState() (err error) {
	dir := filepath.Join(s.options.Dir, stateFolder)
	next := dir + ".next"
	if err := os.RemoveAll(next); err != nil {
		return err
	}
	if err := os.MkdirAll(next, 0o755); err != nil {
		return err
	}
	var files [2]*os.File
	var buffers [2]*bufio.Writer
	for k, name := range []string{countersFile, togetherFile} {
		if files[k], err = os.Create(filepath.Join(next, name)); err != nil {
			return err
		}
		defer files[k].Close()
		buffers[k] = bufio.NewWriterSize(files[k], 1<<20)
	}
	if err := s.world.Write(buffers[0], buffers[1]); err != nil {
		return err
	}
	for k := range files {
		if err := errors.Join(buffers[k].Flush(), files[k].Sync()); err != nil {
			return err
		}
	}
	saved := savedState{Version: stateVersion, Offset: store.Offset(s.offset.Load()), Now: s.world.Now(), Users: s.world.Users()}
	saved.Sum = saved.sum()
	about, err := json.Marshal(saved)
	if err != nil {
		return err
	}
	if err := writeSynced(filepath.Join(next, stateFile), about); err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil { // a crash here costs a longer start, no data
		return err
	}
	return os.Rename(next, dir)
}

// writeSynced writes a file that appears whole or not at all, and stays.
func writeSynced(path string, content []byte) error {
	next := path + ".next"
	f, err := os.Create(next)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	list, err := os.Open(filepath.Dir(path)) // a new name is on the disk once its directory is
	if err != nil {
		return err
	}
	return errors.Join(list.Sync(), list.Close())
}

// readState opens the saved state; nil where there is none.
func (s *Service) readState() (*savedState, error) {
	dir := filepath.Join(s.options.Dir, stateFolder)
	raw, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	saved := &savedState{}
	if err := json.Unmarshal(raw, saved); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, stateFile), err)
	}
	switch {
	case saved.Version != stateVersion:
		return nil, fmt.Errorf("%s has version %d, this program reads %d", dir, saved.Version, stateVersion)
	case saved.Sum != saved.sum():
		return nil, fmt.Errorf("%s is damaged: its checksum is not that of its contents", filepath.Join(dir, stateFile))
	case saved.Offset > s.store.Last():
		return nil, fmt.Errorf("%s is of record %d, the log ends at %d", dir, saved.Offset, s.store.Last())
	}
	for _, part := range []struct {
		name string
		into *io.Reader
	}{{countersFile, &saved.counters}, {togetherFile, &saved.together}} {
		f, err := os.Open(filepath.Join(dir, part.name))
		if err != nil {
			saved.close()
			return nil, err
		}
		saved.files = append(saved.files, f)
		*part.into = bufio.NewReaderSize(f, 1<<20)
	}
	return saved, nil
}
