package learn

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/store"
)

// Action is what was done with a version.
type Action string

// The actions.
const (
	Promoted   Action = "promoted"    // it became the current one
	Rejected   Action = "rejected"    // it was learned, and did not
	RolledBack Action = "rolled back" // it was the current one, and another took its place
)

// Entry is a line of a registry's history.
type Entry struct {
	Time    int64  `json:"time"` // unix seconds
	Action  Action `json:"action"`
	Version string `json:"version"`
	Reason  string `json:"reason"`       // for a person
	To      string `json:"to,omitempty"` // of a rollback: the version that is current again

	// Of a version that was learned here.
	Offset store.Offset          `json:"offset,omitempty"` // of the last record of the log that it could know
	Judged *recommend.Comparison `json:"judged,omitempty"` // beside the one that was current then
}

// write adds an entry. A line that a crash tore before it stays alone.
func (r *Registry) write(e Entry) error {
	e.Time = r.now().Unix()
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	old, err := os.ReadFile(r.path(historyFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(old) > 0 && !bytes.HasSuffix(old, []byte("\n")) {
		line = append([]byte("\n"), line...)
	}
	return r.files.AppendSynced(r.path(historyFile), append(line, '\n'))
}

// History is what was done with the versions, the oldest first. Lines that a
// crash tore are left out.
func (r *Registry) History() ([]Entry, error) {
	raw, err := os.ReadFile(r.path(historyFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var entries []Entry
	for line := range bytes.Lines(raw) {
		var e Entry
		if json.Unmarshal(line, &e) == nil && e.Version != "" {
			entries = append(entries, e)
		}
	}
	return entries, nil
}
