package store

import (
	"context"
	"time"

	"github.com/reelrank/reelrank/reel"
)

// Outcome is what became of one appended body.
type Outcome struct {
	Offset    Offset // where it stands in the log
	Duplicate bool   // it was there before: the offset is that of the first
}

// Applied is a record as those who follow the log in the same process receive
// it. Before and After are the profile of the user that an [Event],
// [ProfileKept] or [UserErased] is about, nil where there is none; both are
// immutable.
type Applied struct {
	Record
	Before, After *reel.Profile
}

// Store is the log and its views. All methods may be called at the same time.
// Profiles it hands out are immutable: build on them with Profile.After.
type Store interface {
	// Append adds bodies to the log, all or none of them, in their order. They
	// are durable when it returns nil, and every method called afterwards knows
	// them. An event whose ID the user sent before, within the time that ids
	// are remembered, is a duplicate of that one while the log holds it, and
	// changes nothing. After an error the
	// bodies may be in the log or not; events with IDs can safely be sent again.
	// The caller has validated the bodies and leaves them unchanged.
	Append(ctx context.Context, bodies ...Body) ([]Outcome, error)

	// Profile returns a user's profile as of the last acknowledged append, and
	// whether there is one.
	Profile(ctx context.Context, user reel.UserID) (*reel.Profile, bool, error)

	// Read calls fn with every record from an offset to the last one, in order,
	// and stops with fn's error.
	Read(ctx context.Context, from Offset, fn func(Record) error) error

	// Last is the offset of the newest record, 0 when there never was one.
	Last() Offset

	// Reels calls fn with every reel of the catalogue, by ascending id.
	Reels(ctx context.Context, fn func(reel.Reel) error) error

	// Creators calls fn with every creator of the catalogue, by ascending id.
	Creators(ctx context.Context, fn func(reel.Creator) error) error

	// Users calls fn with every profile, by ascending user id.
	Users(ctx context.Context, fn func(*reel.Profile) error) error

	// Export calls fn with every record held about a user, in order.
	Export(ctx context.Context, user reel.UserID, fn func(Record) error) error

	// Erase forgets a user: when it returns nil, neither log nor views nor the
	// files below them hold anything about them but the erasure itself.
	Erase(ctx context.Context, user reel.UserID) error

	// Retain drops the interactions and slates accepted before a time from the
	// log and returns how many. Profiles keep what they know: a [ProfileKept]
	// takes the place of the last interaction dropped of each user.
	Retain(ctx context.Context, before time.Time) (removed int, err error)

	// Backup writes a complete copy to a directory that does not exist yet,
	// while the store is in use.
	Backup(ctx context.Context, dir string) error

	// Close ends the store once what was accepted is durable.
	Close() error
}
