package store

import "github.com/reelrank/reelrank/reel"

// Offset is a record's position in the log, from 1; 0 stands before the first.
// Offsets only grow. Those of records that were erased or dropped do not exist
// any more, and are never used again.
type Offset uint64

// Record is one entry of the log.
type Record struct {
	Offset Offset
	Time   int64 // unix milliseconds when it was accepted; never falls along the log
	Body   Body
}

// Body is what a record says: an [Event], [ReelPut], [ReelDeleted],
// [CreatorPut], [CreatorDeleted], [SlateServed], [UserErased] or [ProfileKept].
type Body interface {
	// About is the user whose data the record is, if it is anybody's.
	About() (reel.UserID, bool)

	kind() kind
}

// MaxEventID is the longest [Event.ID], in bytes.
const MaxEventID = 64

// Event is an interaction as a client reported it.
type Event struct {
	reel.Interaction
	ID    string // the client's own id of the event, at most MaxEventID bytes; empty for none
	Slate string // the slate in which the reel was shown; empty when unknown
}

// ReelPut adds a reel, or replaces what was known of it.
type ReelPut struct{ Reel reel.Reel }

// ReelDeleted takes a reel out of the catalogue.
type ReelDeleted struct{ ID reel.ReelID }

// CreatorPut adds a creator, or replaces what was known of them.
type CreatorPut struct{ Creator reel.Creator }

// CreatorDeleted takes a creator and all their reels out of the catalogue.
type CreatorDeleted struct{ ID reel.CreatorID }

// SlateServed is an answer that was given: what evaluation off policy needs.
type SlateServed struct {
	ID      string
	User    reel.UserID
	Time    int64  // unix seconds of the request
	Model   string // version of the model that answered
	Variant string // experiment variant; empty for none
	Context reel.Context
	Items   []ServedItem
}

// ServedItem is one reel of a slate.
type ServedItem struct {
	Reel       reel.ReelID
	Sources    reel.SourceSet
	Score      float32
	Propensity float32 // probability with which it was shown in its slot, 0..1
}

// UserErased says that everything about a user was forgotten here. It holds
// their id and nothing else, and stays in the log, so that whoever follows the
// log forgets them too.
type UserErased struct{ User reel.UserID }

// ProfileKept says what a user's profile was at this place of the log. It
// stands for the older interactions that Retain dropped, and can be appended
// to bring in a profile from elsewhere: it replaces what was known before.
type ProfileKept struct{ Profile *reel.Profile }

func (e Event) About() (reel.UserID, bool)        { return e.User, true }
func (s SlateServed) About() (reel.UserID, bool)  { return s.User, true }
func (k ProfileKept) About() (reel.UserID, bool)  { return k.Profile.User, true }
func (ReelPut) About() (reel.UserID, bool)        { return 0, false }
func (ReelDeleted) About() (reel.UserID, bool)    { return 0, false }
func (CreatorPut) About() (reel.UserID, bool)     { return 0, false }
func (CreatorDeleted) About() (reel.UserID, bool) { return 0, false }

// About is nobody: the record is there to be kept when the user's data go.
func (UserErased) About() (reel.UserID, bool) { return 0, false }

// kind tells the bodies apart on disk. The numbers never change.
type kind uint8

const (
	kindEvent kind = iota + 1
	kindReelPut
	kindReelDeleted
	kindCreatorPut
	kindCreatorDeleted
	kindSlateServed
	kindUserErased
	kindProfileKept
)

func (Event) kind() kind          { return kindEvent }
func (ReelPut) kind() kind        { return kindReelPut }
func (ReelDeleted) kind() kind    { return kindReelDeleted }
func (CreatorPut) kind() kind     { return kindCreatorPut }
func (CreatorDeleted) kind() kind { return kindCreatorDeleted }
func (SlateServed) kind() kind    { return kindSlateServed }
func (UserErased) kind() kind     { return kindUserErased }
func (ProfileKept) kind() kind    { return kindProfileKept }
