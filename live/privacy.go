package live

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// Export writes everything that is held about a user as one JSON object: the
// profile, and every record of the log. ErrUnknownUser, before anything is
// written, where nothing is held.
func (s *Service) Export(ctx context.Context, user reel.UserID, w io.Writer) error {
	profile, known, err := s.store.Profile(ctx, user)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	records := 0
	begin := func() {
		fmt.Fprintf(out, "{\"user_id\":%d,\"profile\":", user)
		writeJSON(out, profileJSON(profile, known))
		out.WriteString(",\"records\":[")
	}
	err = s.store.Export(ctx, user, func(r store.Record) error {
		if records++; records == 1 {
			begin()
		} else {
			out.WriteByte(',')
		}
		out.WriteByte('\n')
		return writeJSON(out, recordJSON(&r))
	})
	if err != nil {
		return err
	}
	if records == 0 {
		if !known {
			return fmt.Errorf("%w: %d", ErrUnknownUser, user)
		}
		begin()
	}
	out.WriteString("]}\n")
	return out.Flush()
}

// Erase forgets a user for good: profile, log, caches, and the bytes in the
// files. What they did stays in the counts, which name nobody. ErrUnknownUser
// where nothing is held about them.
func (s *Service) Erase(ctx context.Context, user reel.UserID) error {
	_, known, err := s.store.Profile(ctx, user)
	if err != nil {
		return err
	}
	if !known {
		held := false
		err := s.store.Export(ctx, user, func(store.Record) error { held = true; return io.EOF })
		if err != nil && err != io.EOF {
			return err
		}
		if !held {
			return fmt.Errorf("%w: %d", ErrUnknownUser, user)
		}
	}
	return unavailable(s.store.Erase(ctx, user))
}

func writeJSON(w io.Writer, v any) error {
	raw, err := json.Marshal(v)
	if err == nil {
		_, err = w.Write(raw)
	}
	return err
}

// exportedProfile is a profile as an export shows it.
type exportedProfile struct {
	Interactions int              `json:"interactions"`
	Seen         []reel.ReelID    `json:"seen"`
	Follows      []reel.CreatorID `json:"follows"`
	Recent       []exportedEvent  `json:"recent"`
}

// exportedEvent is an interaction as an export shows it.
type exportedEvent struct {
	Reel     reel.ReelID    `json:"reel_id"`
	Creator  reel.CreatorID `json:"creator_id"`
	Time     int64          `json:"timestamp"`
	Watch    *float64       `json:"watch_time,omitempty"`
	Duration float32        `json:"duration,omitempty"`
	Signals  []string       `json:"signals,omitempty"`
	Device   string         `json:"device,omitempty"`
	Place    string         `json:"place,omitempty"`
	Session  int64          `json:"session,omitempty"`
	Position int            `json:"position,omitempty"`
	EventID  string         `json:"event_id,omitempty"`
	Slate    string         `json:"slate_id,omitempty"`
}

// exportedSlate is a slate as an export shows it.
type exportedSlate struct {
	ID    string         `json:"slate_id"`
	Time  int64          `json:"timestamp"`
	Model string         `json:"model_version"`
	Items []exportedItem `json:"items"`
}

type exportedItem struct {
	Reel       reel.ReelID `json:"reel_id"`
	Sources    []string    `json:"sources"`
	Score      float32     `json:"score"`
	Propensity float32     `json:"propensity"`
}

// exportedRecord is a record of the log as an export shows it. One of the last
// three says what it is about.
type exportedRecord struct {
	Offset   store.Offset     `json:"offset"`
	Accepted int64            `json:"accepted_ms"`
	Event    *exportedEvent   `json:"event,omitempty"`
	Slate    *exportedSlate   `json:"slate,omitempty"`
	Profile  *exportedProfile `json:"profile,omitempty"`
}

func profileJSON(p *reel.Profile, known bool) *exportedProfile {
	if !known {
		return nil
	}
	e := &exportedProfile{Interactions: p.Total, Seen: p.Seen.IDs(), Follows: p.FollowedCreators(), Recent: []exportedEvent{}}
	for k := range p.Recent {
		e.Recent = append(e.Recent, eventJSON(&p.Recent[k]))
	}
	return e
}

var signalNames = []struct {
	bit  reel.Signals
	name string
}{
	{reel.Liked, "liked"}, {reel.Shared, "shared"}, {reel.Followed, "followed"}, {reel.Commented, "commented"},
	{reel.Saved, "saved"}, {reel.Skipped, "skipped"}, {reel.NotInterested, "not_interested"},
}

func eventJSON(it *reel.Interaction) exportedEvent {
	e := exportedEvent{
		Reel: it.Reel, Creator: it.Creator, Time: it.Time, Duration: it.Duration,
		Device: it.Context.Device, Place: it.Context.Place, Session: it.Context.Session, Position: it.Context.Position,
	}
	if it.Observed.Has(reel.Watched) {
		watch := float64(it.Watch)
		e.Watch = &watch
	}
	for _, s := range signalNames {
		if it.Signals.Has(s.bit) {
			e.Signals = append(e.Signals, s.name)
		}
	}
	return e
}

func recordJSON(r *store.Record) exportedRecord {
	e := exportedRecord{Offset: r.Offset, Accepted: r.Time}
	switch body := r.Body.(type) {
	case store.Event:
		event := eventJSON(&body.Interaction)
		event.EventID, event.Slate = body.ID, body.Slate
		e.Event = &event
	case store.SlateServed:
		e.Slate = &exportedSlate{ID: body.ID, Time: body.Time, Model: body.Model}
		for _, item := range body.Items {
			e.Slate.Items = append(e.Slate.Items, exportedItem{item.Reel, item.Sources.Names(), item.Score, item.Propensity})
		}
	case store.ProfileKept:
		e.Profile = profileJSON(body.Profile, true)
	}
	return e
}
