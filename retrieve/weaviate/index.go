package weaviate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"time"

	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/retrieve/ann"
)

// Options say which server and which of its collections.
type Options struct {
	URL        string // of the server's REST interface, e.g. http://127.0.0.1:8080
	Key        string // API key; empty for a server that asks for none
	Collection string // made where it is missing; letters, digits and _, the first a capital letter
	Dim        int    // numbers of a vector, at least 1

	// Timeout is the longest time for one HTTP request, within that of the
	// context; 0 means DefaultTimeout.
	Timeout time.Duration

	// Vector returns the vector of an id, where the caller keeps them. Scores
	// are then computed here instead of asked for.
	Vector func(id int32) []float32

	// Reel and ID translate between the ids of items and those that the server
	// knows, so that a catalogue in another order finds its reels again. Without
	// them the ids are used as they are.
	Reel func(id int32) reel.ReelID
	ID   func(r reel.ReelID) (id int32, ok bool)
}

// DefaultTimeout is long enough for a batch of items on a busy server.
const DefaultTimeout = 30 * time.Second

// Index is a collection on a server. All its methods are safe for concurrent
// use; those that write wait for each other.
type Index struct {
	options Options
	client  *client
	known   known
	writing chan struct{} // holds one token while somebody writes
	foreign bool          // the collection may hold objects that known does not; under writing
}

var collectionName = regexp.MustCompile(`^[A-Z][A-Za-z0-9_]{0,254}$`)

// Open connects to a collection, which it makes where it is missing, and reads
// which items it holds.
func Open(ctx context.Context, o Options) (*Index, error) {
	if o.Dim < 1 {
		return nil, fmt.Errorf("weaviate: the width of the vectors is %d, want at least 1", o.Dim)
	}
	if !collectionName.MatchString(o.Collection) {
		return nil, fmt.Errorf("weaviate: %q cannot name a collection: want a capital letter, then letters, digits and _", o.Collection)
	}
	if (o.Reel == nil) != (o.ID == nil) {
		return nil, errors.New("weaviate: Options.Reel and Options.ID belong together: set both or none")
	}
	if o.Reel == nil {
		o.Reel, o.ID = sameID, sameReel
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	c, err := newClient(o)
	if err != nil {
		return nil, err
	}
	x := &Index{options: o, client: c, writing: make(chan struct{}, 1)}
	for _, step := range []func(context.Context) error{x.checkVersion, x.ensureCollection, x.checkWidth, x.readKnown} {
		if err := step(ctx); err != nil {
			c.close()
			return nil, fmt.Errorf("collection %s: %w", o.Collection, err)
		}
	}
	return x, nil
}

func sameID(id int32) reel.ReelID { return reel.ReelID(id) }

func sameReel(r reel.ReelID) (int32, bool) {
	return int32(r), r >= 0 && r <= math.MaxInt32
}

// Close lets go of the connections. The collection stays.
func (x *Index) Close() { x.client.close() }

// Len is the number of items that this index knows to be in the collection.
func (x *Index) Len() int { return x.known.len() }

// check returns an *ann.VectorError where no vector compares with the query.
func (x *Index) check(query []float32) error {
	if reason := x.fault(query); reason != "" {
		return &ann.VectorError{Index: -1, Reason: reason}
	}
	return nil
}

func (x *Index) checkItem(item *ann.Item) error {
	if item.ID < 0 {
		return fmt.Errorf("item %d: the id is negative", item.ID)
	}
	if reason := x.fault(item.Vector); reason != "" {
		return &ann.VectorError{Index: int(item.ID), Reason: reason}
	}
	return nil
}

// fault describes why a vector cannot be searched; empty where it can.
func (x *Index) fault(v []float32) string {
	if len(v) != x.options.Dim {
		return fmt.Sprintf("has %d numbers, the index has vectors of %d", len(v), x.options.Dim)
	}
	for k, f := range v {
		if f-f != 0 { // NaN and both infinities
			return fmt.Sprintf("number %d is %g, want a finite number", k, f)
		}
	}
	if square := kernel.Dot(v, v); square-square != 0 {
		return "is too long: the square of its length overflows float32"
	}
	return ""
}

// lock waits until nobody else writes; unlock lets the next one.
func (x *Index) lock(ctx context.Context) error {
	select {
	case x.writing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (x *Index) unlock() { <-x.writing }
