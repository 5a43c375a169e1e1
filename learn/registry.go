package learn

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/reelrank/reelrank/recommend"
)

// Registry is a directory of models, one of which is the current one:
//
//	20250131T101500Z-default-0123456789ab/   a version: a bundle without data
//	current                                  the name of the current version
//	history.jsonl                            an Entry per line
//
// Each change of it ends with one rename, so that a process that is killed at
// any moment leaves the old state or the new one. Several processes may use a
// registry, a server and the commands beside it; of two changes at the same
// moment the last one holds.
type Registry struct {
	dir   string
	keep  int
	now   func() time.Time
	files files
	mu    sync.Mutex // changes of this process take turns
}

const (
	currentFile = "current"
	historyFile = "history.jsonl"
	gonePrefix  = ".gone-" // of versions that are being removed
	timeLayout  = "20060102T150405Z"
)

// Folder is where the registry of a store lies.
func Folder(storeDir string) string { return filepath.Join(storeDir, "models") }

// OpenRegistry opens the registry in a directory, which the first Add makes. It
// keeps as many good versions, and rejected ones, besides the current.
func OpenRegistry(dir string, keep int) (*Registry, error) {
	r := &Registry{dir: dir, keep: keep, now: time.Now, files: osFiles{}}
	return r, r.recover()
}

// ErrNoVersion: the registry has no such version.
var ErrNoVersion = errors.New("there is no such model: reelrank models list shows those there are")

// Current is the name of the current version, empty where there never was one.
func (r *Registry) Current() (string, error) {
	raw, err := os.ReadFile(r.path(currentFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	name := strings.TrimSpace(string(raw))
	if err == nil && !isName(name) {
		err = fmt.Errorf("%q is not the name of a version", name)
	}
	if err != nil {
		return "", fmt.Errorf("models: which is current: %w", err)
	}
	return name, nil
}

// Bundle is the directory of a version.
func (r *Registry) Bundle(name string) string { return r.path(name) }

func (r *Registry) path(name string) string { return filepath.Join(r.dir, name) }

// Add puts a model into the registry, which save writes as a bundle. It is not
// promoted by that.
func (r *Registry) Add(modelVersion string, save func(dir string) error) (name string, err error) {
	names, err := r.names()
	if err != nil {
		return "", err
	}
	at := r.now().UTC().Truncate(time.Second)
	if len(names) > 0 { // later than any other, so that no name comes twice
		if newest := createdOf(names[0]); !at.After(newest) {
			at = newest.Add(time.Second)
		}
	}
	if name = at.Format(timeLayout) + "-" + modelVersion; !isName(name) {
		return "", fmt.Errorf("models: %q cannot be the name of a version", name)
	}
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return "", fmt.Errorf("models: %w", err)
	}
	return name, save(r.path(name))
}

// Adopt makes the model of a bundle the current one. It is copied, unless a
// version has it already.
func (r *Registry) Adopt(bundle, reason string) (name string, err error) {
	facts, err := recommend.BundleFacts(bundle)
	if err != nil {
		return "", err
	}
	current, err := r.Current()
	if err != nil {
		return "", err
	}
	if strings.HasSuffix(current, "-"+facts.ModelVersion) {
		return current, nil
	}
	known, err := r.Find(facts.ModelVersion)
	if err != nil {
		if known, err = r.Add(facts.ModelVersion, func(dir string) error { return recommend.CopyModel(bundle, dir) }); err != nil {
			return "", err
		}
	}
	return known, r.Promote(Entry{Version: known, Reason: reason})
}

// Promote makes a version the current one, whatever it was before. The entry
// names it, and why.
func (r *Registry) Promote(e Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := recommend.BundleFacts(r.path(e.Version)); err != nil {
		return fmt.Errorf("promote %s: %w", e.Version, err)
	}
	e.Action = Promoted
	if err := r.write(e); err != nil {
		return fmt.Errorf("promote %s: %w", e.Version, err)
	}
	if err := r.point(e.Version); err != nil {
		return fmt.Errorf("promote %s: %w", e.Version, err)
	}
	_ = r.prune() // the promotion holds: what could not be removed goes with the next one
	return nil
}

// Reject notes that a version is not to be promoted.
func (r *Registry) Reject(e Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.Action = Rejected
	if err := r.write(e); err != nil {
		return fmt.Errorf("reject %s: %w", e.Version, err)
	}
	_ = r.prune() // as above
	return nil
}

// ErrNothingBefore: there is no good version to roll back to.
var ErrNothingBefore = errors.New("no good model was current before this one: promote one by its name")

// ErrNotCurrent: another version was promoted meanwhile.
var ErrNotCurrent = errors.New("it is not the current model any more")

// Rollback marks a version as bad, which has to be the current one, and makes
// the good one current that was so last before it.
func (r *Registry) Rollback(from, reason string) (to string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if to, err = r.rollback(from, reason); err != nil {
		return "", fmt.Errorf("roll back from %s: %w", from, err)
	}
	return to, nil
}

func (r *Registry) rollback(from, reason string) (to string, err error) {
	current, err := r.Current()
	if err != nil {
		return "", err
	}
	if current != from {
		return "", ErrNotCurrent
	}
	if to, err = r.before(from); err != nil {
		return "", err
	}
	if err := r.write(Entry{Action: RolledBack, Version: from, To: to, Reason: reason}); err != nil {
		return "", err
	}
	return to, r.point(to)
}

// before is the good version that was current last, other than one.
func (r *Registry) before(current string) (to string, err error) {
	entries, err := r.History()
	if err != nil {
		return "", err
	}
	last, best := lastActions(entries), 0
	for name, at := range lastCurrent(entries) {
		if name != current && last[name] == Promoted && at > best && exists(r.path(name)) {
			to, best = name, at
		}
	}
	if best == 0 {
		return "", ErrNothingBefore
	}
	return to, nil
}

// lastCurrent is when each version became the current one last: the number of
// the entry, from 1.
func lastCurrent(entries []Entry) map[string]int {
	at := map[string]int{}
	for k, e := range entries {
		switch e.Action {
		case Promoted:
			at[e.Version] = k + 1
		case RolledBack:
			at[e.To] = k + 1
		}
	}
	return at
}

// lastActions is what was done last with each version.
func lastActions(entries []Entry) map[string]Action {
	last := map[string]Action{}
	for _, e := range entries {
		last[e.Version] = e.Action
	}
	return last
}

// point makes a version the current one.
func (r *Registry) point(name string) error {
	next := r.path(currentFile + ".next")
	if err := r.files.WriteSynced(next, []byte(name+"\n")); err != nil {
		return err
	}
	if err := r.files.Rename(next, r.path(currentFile)); err != nil {
		return err
	}
	return r.files.SyncDir(r.dir)
}

// isName tells whether a text can name a version: what Add makes can, and no
// path.
func isName(name string) bool {
	stamp, model, ok := strings.Cut(name, "-")
	_, err := time.Parse(timeLayout, stamp)
	return ok && err == nil && model != "" && !strings.ContainsAny(model, `/\.`)
}

// createdOf is the time in a name, which is one.
func createdOf(name string) time.Time {
	stamp, _, _ := strings.Cut(name, "-")
	at, _ := time.Parse(timeLayout, stamp)
	return at
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
