package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/reelrank/reelrank/store"
)

// A store that a process uses is asked for a backup through two files in its
// folder: who may write there may have a copy. The request names the directory
// to write, the answer says what came of it.
const (
	requestFile = "backup.request"
	answerFile  = "backup.answer"
	lookEvery   = 250 * time.Millisecond
)

type backupRequest struct {
	To string `json:"to"` // an absolute path
}

type backupAnswer struct {
	To    string `json:"to"`
	Error string `json:"error,omitempty"`
}

// answerRequests makes the backups that other processes ask for.
func (s *Service) answerRequests(ctx context.Context) {
	every(ctx, lookEvery, func() {
		raw, err := os.ReadFile(filepath.Join(s.options.Dir, requestFile))
		if err != nil {
			return // nobody asks
		}
		var request backupRequest
		answer := backupAnswer{}
		if err := json.Unmarshal(raw, &request); err != nil {
			answer.Error = err.Error()
		} else {
			answer.To = request.To
			if err := s.Backup(ctx, request.To); err != nil {
				answer.Error = err.Error()
			}
			s.log.Info("backup on request", "to", request.To, "error", answer.Error)
		}
		if err := s.leave(answerFile, answer); err != nil {
			s.log.Error("answer a request for a backup", "error", err)
		}
		_ = os.Remove(filepath.Join(s.options.Dir, requestFile))
	})
}

// leave writes a file whole or not at all.
func (s *Service) leave(name string, content any) error { return leave(s.options.Dir, name, content) }

func leave(dir, name string, content any) error {
	raw, err := json.Marshal(content)
	if err != nil {
		return err
	}
	next := filepath.Join(dir, name+".next")
	if err := writeSynced(next, raw); err != nil {
		return err
	}
	return os.Rename(next, filepath.Join(dir, name))
}

// Backup writes a complete copy of the store in a directory to another one,
// which must not exist yet. Where a process uses the store, it is asked for it.
func Backup(ctx context.Context, o Options, to string) (err error) {
	if to, err = filepath.Abs(to); err != nil {
		return err
	}
	s, err := openStore(o)
	var used *store.InUseError
	if errors.As(err, &used) {
		return askForBackup(ctx, o.Dir, to)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.store.Close()) }()
	return s.Backup(ctx, to)
}

// askForBackup waits for the answer of the process that uses the store.
func askForBackup(ctx context.Context, dir, to string) error {
	answered := filepath.Join(dir, answerFile)
	if err := os.Remove(answered); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := leave(dir, requestFile, backupRequest{To: to}); err != nil {
		return fmt.Errorf("ask the process that uses %s: %w", dir, err)
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			_ = os.Remove(filepath.Join(dir, requestFile))
			return context.Cause(ctx)
		case <-tick.C:
		}
		raw, err := os.ReadFile(answered)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		var answer backupAnswer
		if err := json.Unmarshal(raw, &answer); err != nil {
			return err
		}
		if answer.Error != "" {
			return errors.New(answer.Error)
		}
		return nil
	}
}
