package live

import (
	"context"
	"errors"
	"fmt"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// mostAhead is how far ahead of the clock an event may be: clients' clocks are
// not exact, and one dated years ahead would make all trends fade.
const mostAhead = 5 * 60 // seconds

// maxSlateID is the longest slate id of an event, in bytes.
const maxSlateID = 64

// Record makes events durable, and known to every request that begins when it
// has returned. What is wrong with one does not keep the others out. A time of
// 0 is now; a creator or duration of 0 is the catalogue's.
func (s *Service) Record(ctx context.Context, events []Event) (Recorded, error) {
	var done Recorded
	if len(events) > MaxBatch {
		return done, fmt.Errorf("%d events in one call, want at most %d", len(events), MaxBatch)
	}
	now := s.options.Now().Unix()
	bodies := make([]store.Body, 0, len(events))
	for k := range events {
		event, err := s.complete(events[k], now)
		if err != nil {
			done.Rejected = append(done.Rejected, rejected(k, err))
			continue
		}
		bodies = append(bodies, event)
	}
	outcomes, err := s.store.Append(ctx, bodies...)
	if err != nil {
		return Recorded{}, unavailable(err)
	}
	for _, o := range outcomes {
		if o.Duplicate {
			done.Duplicates++
		} else {
			done.Accepted++
		}
	}
	return done, nil
}

// rejected words the error of an element of a batch.
func rejected(index int, err error) Rejected {
	var field *reel.FieldError
	if errors.As(err, &field) {
		return Rejected{Index: index, Field: field.Field, Reason: field.Reason}
	}
	return Rejected{Index: index, Reason: err.Error()}
}

// complete validates an event and fills in what the catalogue knows better.
func (s *Service) complete(e Event, now int64) (store.Event, error) {
	it := e.Interaction
	if it.Time == 0 {
		it.Time = now
	}
	if err := it.Validate(); err != nil {
		return store.Event{}, err
	}
	switch {
	case it.Time > now+mostAhead:
		return store.Event{}, &reel.FieldError{Field: "timestamp", Reason: fmt.Sprintf("%d is %d seconds ahead of the clock", it.Time, it.Time-now)}
	case len(e.ID) > store.MaxEventID:
		return store.Event{}, &reel.FieldError{Field: "event_id", Reason: fmt.Sprintf("has %d bytes, want at most %d", len(e.ID), store.MaxEventID)}
	case len(e.Slate) > maxSlateID:
		return store.Event{}, &reel.FieldError{Field: "slate_id", Reason: fmt.Sprintf("has %d bytes, want at most %d", len(e.Slate), maxSlateID)}
	}
	cat := s.world.Catalog()
	if i, known := cat.Known(it.Reel); known {
		one := cat.Reel(i)
		it.Creator = one.Creator
		if it.Duration == 0 {
			it.Duration = one.Duration
		}
	} else if it.Creator == 0 {
		return store.Event{}, &reel.FieldError{Field: "creator_id", Reason: fmt.Sprintf("is missing, and the catalogue does not know reel %d", it.Reel)}
	}
	return store.Event{Interaction: it, ID: e.ID, Slate: e.Slate}, nil
}
