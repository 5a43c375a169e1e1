package embedded

import (
	"sync"

	"github.com/reelrank/reelrank/store"
)

// request is one call that waits for the committer: bodies to append, or work
// on the log that must not meet an append.
type request struct {
	bodies []store.Body
	work   func() error
	done   chan answer // of room for one: the committer never waits
}

// answer is what the committer has to say.
type answer struct {
	outcomes []store.Outcome
	err      error
}

// queue holds the requests that arrived while the committer was at work. It is
// bounded by the number of callers, each of whom waits.
type queue struct {
	mu      sync.Mutex
	ready   sync.Cond
	waiting []*request
	closed  bool
}

func newQueue() *queue {
	q := &queue{}
	q.ready.L = &q.mu
	return q
}

func (q *queue) put(r *request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, r)
	q.ready.Signal()
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.ready.Signal()
}

// groupSize is how many bodies at most are committed together, unless one
// request alone has more: enough to fill a sync of the disk, and few enough
// that no one waits long.
const groupSize = 4096

// take waits for requests and returns those to commit together, in the order
// of their arrival. Work comes alone. It returns nil when the queue is closed.
func (q *queue) take() []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 && !q.closed {
		q.ready.Wait()
	}
	n, bodies := 0, 0
	for n < len(q.waiting) {
		r := q.waiting[n]
		bodies += len(r.bodies)
		if n > 0 && (bodies > groupSize || r.work != nil) {
			break
		}
		if n++; r.work != nil {
			break
		}
	}
	group := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	return group
}
