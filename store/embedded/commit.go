package embedded

import (
	"context"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/reelrank/reelrank/store"
)

// Append adds bodies to the log, all or none, and returns once they are durable.
func (s *Store) Append(ctx context.Context, bodies ...store.Body) ([]store.Outcome, error) {
	if len(bodies) == 0 {
		return nil, nil
	}
	return s.ask(ctx, &request{bodies: bodies})
}

// ask waits for the committer's answer to a request. A committer that a broken
// disk holds up never answers; the blown fuse does in its place.
func (s *Store) ask(ctx context.Context, r *request) ([]store.Outcome, error) {
	if err := s.gate.enter(); err != nil {
		return nil, err
	}
	defer s.gate.leave()
	if err := s.failure(); err != nil {
		return nil, err
	}
	s.readAhead(r.bodies)
	r.done = make(chan answer, 1)
	s.queue.put(r)
	select {
	case a := <-r.done:
		return a.outcomes, a.err
	case <-s.failed:
		return nil, s.failure()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// readAhead brings the profiles that bodies change into memory, while the
// committer is busy with others': it alone would read them one after another. An
// error is left for the committer to meet.
func (s *Store) readAhead(bodies []store.Body) {
	for _, body := range bodies {
		if e, ok := body.(store.Event); ok {
			_, _ = s.profile(e.User)
		}
	}
}

// commitGroups is the one goroutine that writes. While it waits for the disk,
// the next group gathers.
func (s *Store) commitGroups() {
	defer close(s.committed)
	for {
		group := s.queue.take()
		if len(group) == 0 {
			return
		}
		if work := group[0].work; work != nil {
			err := s.failure()
			if err == nil {
				err = work()
			}
			group[0].done <- answer{err: err}
			continue
		}
		s.commitGroup(group)
	}
}

// commitGroup makes a group durable, publishes it, and answers. A request that
// cannot be read up (its user's profile is in a damaged file) is answered with
// the reason, and the others start again without it.
func (s *Store) commitGroup(group []*request) {
	for len(group) > 0 {
		t := s.begin(group)
		answers, failed, err := t.addAll(group)
		if err != nil {
			t.batch.Close()
			group[failed].done <- answer{err: err}
			group = slices.Delete(group, failed, failed+1)
			continue
		}
		if err := s.commit(t); err != nil {
			for _, r := range group {
				r.done <- answer{err: err}
			}
			return
		}
		if s.options.Applied != nil && len(t.applied) > 0 {
			s.options.Applied(t.applied)
		}
		for i, r := range group {
			r.done <- answers[i]
		}
		return
	}
}

// addAll adds the bodies of every request; after an error it tells whose.
func (t *transaction) addAll(group []*request) (answers []answer, failed int, err error) {
	answers = make([]answer, len(group))
	for i, r := range group {
		answers[i].outcomes = make([]store.Outcome, len(r.bodies))
		for j, body := range r.bodies {
			if answers[i].outcomes[j], err = t.add(body); err != nil {
				return nil, i, err
			}
		}
	}
	return answers, 0, nil
}

// commit makes a transaction durable and then visible.
func (s *Store) commit(t *transaction) error {
	if len(t.applied) == 0 { // nothing but duplicates
		return t.batch.Close()
	}
	t.finish()
	s.profiles.begin()
	s.views.freeze()
	if err := s.write(t.batch); err != nil {
		return err // and what readers see stays frozen
	}
	s.lastTime.Store(t.now)
	s.last.Store(uint64(t.last))
	s.views.thaw()
	s.profiles.publish(t.changes)
	return nil
}

// write syncs a batch to the disk. Only the fuse knows whether that worked:
// see there. A batch that failed is left as it is, since Pebble may hold it.
func (s *Store) write(batch *pebble.Batch) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.fuse.fail(fmt.Errorf("commit: %v", r))
			err = s.failure()
		}
	}()
	if err := s.failure(); err != nil {
		return err
	}
	if err := s.db.Apply(batch, pebble.Sync); err != nil {
		s.fuse.fail(fmt.Errorf("commit: %w", err))
	}
	if err := s.failure(); err != nil {
		return err
	}
	return batch.Close()
}

// failure is why the store takes no more writes; nil while it does.
func (s *Store) failure() error {
	if err := s.fuse.state(); err != nil {
		return &store.FailedError{Dir: s.dir, Err: err}
	}
	return nil
}
