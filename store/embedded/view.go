package embedded

import (
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// views gives readers the store as of the last acknowledged append. Pebble
// shows a batch before it is durable, so while one is on its way to the disk,
// and for ever if it fails, they share a snapshot from before.
type views struct {
	db     *pebble.DB
	mu     sync.Mutex
	before *view // while a batch is on its way
}

// view is a snapshot that several may hold.
type view struct {
	*pebble.Snapshot
	of      *views
	holders int
}

// take returns the store as it is; release it.
func (v *views) take() *view {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.before != nil {
		v.before.holders++
		return v.before
	}
	return &view{Snapshot: v.db.NewSnapshot(), of: v, holders: 1}
}

func (w *view) release() {
	w.of.mu.Lock()
	defer w.of.mu.Unlock()
	if w.holders--; w.holders == 0 {
		_ = w.Close()
	}
}

// freeze makes the store stay as it is for readers, until thaw.
func (v *views) freeze() {
	before := v.take()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.before = before
}

// thaw shows readers what was written.
func (v *views) thaw() {
	v.mu.Lock()
	before := v.before
	v.before = nil
	v.mu.Unlock()
	before.release()
}
