package server

import (
	"context"
	"fmt"
	"math"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/reel"
)

// Longest texts of what arrives.
const (
	maxIDLength    = 64  // event and slate ids, in bytes: the store keeps one with every event
	maxLabelLength = 128 // as label has it
	maxWordLength  = 64  // device and place, as Context has them
)

func (s *Server) registerEvents(api huma.API) {
	events := eventUpload()
	schema := events.document(api.OpenAPI().Components.Schemas, "Event")
	post(s, api, huma.Operation{
		OperationID: "record-events", Path: "/events", Summary: "What people did: one event or up to 1,000", Tags: []string{"events"},
		Description: "Each event of a list is taken or rejected by itself. What is accepted is durable, and known to the next request. A single event that is rejected is a problem.",
		Errors:      []int{http.StatusNotImplemented},
	}, takes{schema, s.cfg.MaxBodyBytes}, func(ctx context.Context, body []byte) (*EventsResponse, *huma.ErrorModel) {
		outcome, problem := events.take(ctx, s, body, func(ctx context.Context, to Live, events []live.Event) (live.Recorded, error) {
			return to.Record(ctx, events)
		})
		if problem != nil {
			return nil, problem
		}
		return &EventsResponse{outcome.Accepted, outcome.Duplicates, rejections(outcome.Rejected)}, nil
	})
}

func eventUpload() upload[live.Event] {
	return upload[live.Event]{"events", eventFields, func(e *live.Event) error { return e.Validate() }}
}

// eventFields is the schema of an event.
var eventFields = shape[live.Event]{
	required(idField("user_id", "who met the reel", func(e *live.Event) *int64 { return (*int64)(&e.User) })),
	reelOfEvent(),
	idField("creator_id", "who uploaded the reel; default: whom the catalogue names", func(e *live.Event) *int64 { return (*int64)(&e.Creator) }),
	timeField("timestamp", "when, in unix seconds; milliseconds are recognised; default: now", func(e *live.Event) *int64 { return &e.Time }),
	watchTime(),
	numberField("duration", reel.MaxDuration, "length of the reel in seconds; default: what the catalogue says", func(e *live.Event, v float32) { e.Duration = v }),
	signalField("liked", reel.Liked),
	signalField("shared", reel.Shared),
	signalField("followed", reel.Followed),
	signalField("commented", reel.Commented),
	signalField("saved", reel.Saved),
	signalField("skipped", reel.Skipped),
	signalField("not_interested", reel.NotInterested),
	partField("context", "what is known of the moment", contextFields, func(e *live.Event) *reel.Context { return &e.Context }),
	nameField("event_id", "the client's own id of the event: one that the user sent before changes nothing, so that it is safe to send again", func(e *live.Event) *string { return &e.ID }),
	nameField("slate_id", "the slate in which the reel was shown", func(e *live.Event) *string { return &e.Slate }),
}

var contextFields = shape[reel.Context]{
	textField("device", maxWordLength, "kind of device", func(c *reel.Context) *string { return &c.Device }),
	textField("place", maxWordLength, "country, region or city, as coarse as the deployment wishes", func(c *reel.Context) *string { return &c.Place }),
	idField("session", "groups one sitting of a user", func(c *reel.Context) *int64 { return &c.Session }),
	wholeField("position", math.MaxInt32, "slot within the session, from 0", func(c *reel.Context, v int64) { c.Position = int(v) }),
}

// reelOfEvent goes by the name of the data sets and by the one of /predict.
func reelOfEvent() field[live.Event] {
	f := required(idField("reel_id", "the reel; item_id is read the same", func(e *live.Event) *int64 { return (*int64)(&e.Reel) }))
	f.alias = "item_id"
	return f
}

// watchTime is observed when it is given.
func watchTime() field[live.Event] {
	f := numberField("watch_time", 1, "share of the reel that was watched; null or absent: not observed", func(e *live.Event, v float32) {
		e.Watch, e.Observed = reel.WatchTime(v), e.Observed|reel.Watched
	})
	f.schema.Nullable = true
	return f
}

// signalField is a signal that is observed when it is given: true, false, 1 or 0.
func signalField(name string, signal reel.Signals) field[live.Event] {
	schema := huma.Schema{Description: "null or absent: not observed", OneOf: []*huma.Schema{
		{Type: huma.TypeBoolean, Nullable: true},
		{Type: huma.TypeInteger, Minimum: float(0), Maximum: float(1)},
	}}
	return field[live.Event]{name: name, schema: schema, read: func(c *cursor, e *live.Event) *reel.FieldError {
		done := false
		switch c.peek() {
		case 't', 'f':
			done = c.word("true")
		case '0', '1':
			digits := string(c.number())
			if done = digits == "1"; !done && digits != "0" {
				return notASignal()
			}
		default:
			c.skip()
			return notASignal()
		}
		e.Observed |= signal
		if done {
			e.Signals |= signal
		}
		return nil
	}}
}

func notASignal() *reel.FieldError {
	return &reel.FieldError{Reason: "expected true, false or null, or 1 or 0"}
}

// nameField is an id that the client or this server made up.
func nameField(name, doc string, at func(*live.Event) *string) field[live.Event] {
	f := textField(name, maxIDLength, doc, at)
	read := f.read
	f.read = func(c *cursor, e *live.Event) *reel.FieldError {
		if fault := read(c, e); fault != nil {
			return fault
		}
		if len(*at(e)) > maxIDLength { // characters of more than a byte
			return &reel.FieldError{Reason: fmt.Sprintf("expected at most %d bytes", maxIDLength)}
		}
		return nil
	}
	return f
}
