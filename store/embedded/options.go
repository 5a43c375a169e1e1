package embedded

import (
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/reelrank/reelrank/store"
)

// Options of a store. Dir is all that has to be set.
type Options struct {
	Dir string

	// FS is where Dir is; nil for the disk.
	FS vfs.FS

	// Applied receives what was appended, in the order of the log, once it is
	// durable and its profiles are visible, and before Append returns. One
	// goroutine calls it, which everybody who appends waits for: it must be
	// quick and must not append itself.
	Applied func([]store.Applied)

	// RememberIDs is for how long an event's ID makes another one with that ID
	// a duplicate; 0 for DefaultRememberIDs.
	RememberIDs time.Duration

	// ProfileCache and BlockCache bound the memory for profiles of active users
	// and for blocks of the files, in bytes; 0 for the defaults.
	ProfileCache uint64
	BlockCache   int64

	// NoCompression leaves what is in the files readable as it is.
	NoCompression bool

	// Logger is told of damage and of trouble in the background; nil for none.
	Logger *slog.Logger

	// Now is the clock; nil for time.Now.
	Now func() time.Time

	tune func(*pebble.Options) // for tests that need small tables
}

// The defaults.
const (
	DefaultRememberIDs  = 7 * 24 * time.Hour
	DefaultProfileCache = 128 << 20
	DefaultBlockCache   = 128 << 20
)

func (o Options) withDefaults() Options {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.RememberIDs <= 0 {
		o.RememberIDs = DefaultRememberIDs
	}
	if o.ProfileCache == 0 {
		o.ProfileCache = DefaultProfileCache
	}
	if o.BlockCache == 0 {
		o.BlockCache = DefaultBlockCache
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}
