package learn

import (
	"fmt"
	"time"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/live"
)

const (
	// fewestRequests are needed to tell a share of failures, and fewestTimed a
	// 99th percentile, of which they are the two slowest.
	fewestRequests = 20
	fewestTimed    = 200

	// quick is a latency that is no reason to complain, however much faster it
	// was before: a swap empties the caches.
	quick = 20 * time.Millisecond
)

// worse says in words how requests fare worse now than usual, beyond what the
// settings allow; nothing where they do not, or where there were too few.
func worse(usual, now live.Health, cfg config.Learn) string {
	if now.Requests < fewestRequests {
		return ""
	}
	for _, kind := range []struct {
		what      string
		was, is   uint64
		available bool
	}{
		{"failed", usual.Failed, now.Failed, true},
		{"had scores that are no numbers", usual.NotFinite, now.NotFinite, true},
		{"came back empty", usual.Empty, now.Empty, usual.Requests >= fewestRequests}, // a catalogue may have been seen to its end
	} {
		if is, was := share(kind.is, now.Requests), share(kind.was, usual.Requests); kind.available && is > was+cfg.MaxFailures {
			return fmt.Sprintf("%.1f %% of %d requests %s, %.1f %% before", 100*is, now.Requests, kind.what, 100*was)
		}
	}
	if usual.Requests < fewestTimed || now.Requests < fewestTimed {
		return ""
	}
	const slow = 0.99
	if is, was := now.Percentile(slow), usual.Percentile(slow); is > quick && float64(is) > cfg.MaxSlowdown*float64(was) {
		return fmt.Sprintf("99 %% of %d requests took up to %s, %s before", now.Requests, is, was)
	}
	return ""
}

func share(part, of uint64) float64 {
	if of == 0 {
		return 0
	}
	return float64(part) / float64(of)
}
