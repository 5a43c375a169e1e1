package live

import (
	"errors"

	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
)

// Event is an interaction as a client reports it.
type Event struct {
	reel.Interaction
	ID    string // the client's own id, unique among the user's events; a repeated one changes nothing; empty for none
	Slate string // the Slate.ID in which the reel was shown; empty when unknown
}

// Rejected is an element of a batch that was refused, while the others went on.
type Rejected struct {
	Index  int    // its position in the batch, from 0
	Field  string // the schema's name of the field, e.g. "watch_time"
	Reason string // what is wrong with it, for a person
}

// Recorded is what became of a batch of events.
type Recorded struct {
	Accepted   int // now durable, duplicates left out
	Duplicates int // known from before by their ID
	Rejected   []Rejected
}

// Stored is what became of a batch of reels.
type Stored struct {
	Accepted int
	Rejected []Rejected
}

// MaxBatch is the most events or reels that one call takes.
const MaxBatch = 1000

// Errors that a caller decides on.
var (
	// ErrUnknownReel: the catalogue holds no such reel.
	ErrUnknownReel = recommend.ErrUnknownReel
	// ErrUnknownCreator: the catalogue holds neither such a creator nor a reel of theirs.
	ErrUnknownCreator = errors.New("unknown creator")
	// ErrUnknownUser: nothing is held about such a user.
	ErrUnknownUser = errors.New("unknown user")
	// ErrUnavailable: the store takes no writes, because one failed; reads go
	// on. The wrapped error says why.
	ErrUnavailable = errors.New("the store takes no writes")
)
