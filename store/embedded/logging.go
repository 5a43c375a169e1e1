package embedded

import (
	"fmt"
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
)

// pebbleLog hands on what Pebble has to say.
type pebbleLog struct {
	logger *slog.Logger
	fatal  func(error)
}

func (l pebbleLog) Infof(string, ...any) {} // of every file made and removed

func (l pebbleLog) Errorf(format string, args ...any) {
	l.logger.Error("store: " + fmt.Sprintf(format, args...))
}

// Fatalf does not end the process, as Pebble expects, but the store: whatever
// follows meets a blown fuse.
func (l pebbleLog) Fatalf(format string, args ...any) { l.fatal(fmt.Errorf(format, args...)) }

// listener hears of failures in the background. Damage that a compaction comes
// upon is reported and left alone: what is written elsewhere is still durable.
func (s *Store) listener() *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: func(err error) {
			if pebble.IsCorruptionError(err) {
				s.logger.Error("store: damage met in the background", "error", s.explain(err))
				return
			}
			s.fuse.fail(err)
		},
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			s.logger.Error("store: damaged file", "file", info.Path, "error", info.Details)
		},
	}
}
