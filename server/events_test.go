package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/reel"
)

const wholeEvent = `{"user_id":12,"item_id":"34","creator_id":7,"timestamp":1767226920123,"watch_time":0.85,"duration":14.5,
	"liked":true,"shared":false,"followed":null,"commented":1,"saved":0,"skipped":false,"not_interested":true,
	"context":{"device":"android","place":"S\u00e3o Paulo","session":"77","position":3},"event_id":"e-1","slate_id":"s-1"}`

func TestEventReachesTheStoreWhole(t *testing.T) {
	want := live.Event{
		Interaction: reel.Interaction{
			User: 12, Reel: 34, Creator: 7, Time: 1_767_226_920, Watch: 0.85, Duration: 14.5,
			Signals:  reel.Liked | reel.Commented | reel.NotInterested,
			Observed: reel.Watched | reel.Liked | reel.Shared | reel.Commented | reel.Saved | reel.Skipped | reel.NotInterested,
			Context:  reel.Context{Device: "android", Place: "São Paulo", Session: 77, Position: 3},
		},
		ID: "e-1", Slate: "s-1",
	}
	for _, body := range []string{wholeEvent, `{"events":[` + wholeEvent + `]}`, ` { "events" : [ ` + wholeEvent + ` ] } `} {
		s, store := withStore()
		w := ask(s, "POST", "/events", body)
		if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got != `{"accepted":1,"duplicates":0,"rejected":[]}` {
			t.Fatalf("%s: %d %s", body, w.Code, got)
		}
		if store.events[0] != want {
			t.Errorf("got  %+v\nwant %+v", store.events[0], want)
		}
	}
}

func TestWhatAnEventLeavesOutIsNotObserved(t *testing.T) {
	s, store := withStore()
	ask(s, "POST", "/events", `{"user_id":0,"reel_id":0,"watch_time":null,"liked":null}`)
	if want := (live.Event{}); store.events[0] != want {
		t.Errorf("got %+v, want no time, no creator and nothing observed", store.events[0])
	}
}

func TestSlateIsNamedForEvents(t *testing.T) {
	s, _ := withStore()
	if id := object(t, ask(s, "POST", "/recommend", `{"user_id":1}`).Body)["slate_id"]; id != "s-1" {
		t.Errorf("slate_id is %v", id)
	}
}

func TestRepeatedEventsAreCounted(t *testing.T) {
	s, _ := withStore()
	ask(s, "POST", "/events", wholeEvent)
	w := ask(s, "POST", "/events", `{"events":[`+wholeEvent+`,{"user_id":1,"reel_id":2}]}`)
	if got := strings.TrimSpace(w.Body.String()); got != `{"accepted":1,"duplicates":1,"rejected":[]}` {
		t.Errorf("got %s", got)
	}
}

// badEvents break the schema, each in one place.
var badEvents = []struct{ name, event, field, says string }{
	{"a number", `7`, "", "expected an object"},
	{"null", `null`, "", "expected an object"},
	{"a list", `[{}]`, "", "expected an object"},
	{"nothing", `{}`, "user_id", "missing"},
	{"no user", `{"reel_id":2}`, "user_id", "missing"},
	{"no reel", `{"user_id":1}`, "reel_id", "missing"},
	{"reel by both names", `{"user_id":1,"reel_id":2,"item_id":2}`, "reel_id", "given twice"},
	{"key given twice", `{"user_id":1,"reel_id":2,"user_id":1}`, "user_id", "given twice"},
	{"key given twice, escaped", `{"user_id":1,"reel_id":2,"user\u005fid":1}`, "user_id", "given twice"},
	{"key in another case", `{"USER_ID":1,"reel_id":2}`, "USER_ID", "unexpected"},
	{"unknown field", `{"user_id":1,"reel_id":2,"likes":true}`, "likes", "unexpected"},
	{"the list among others", `{"user_id":1,"reel_id":2,"events":[]}`, "events", "unexpected"},
	{"negative user", `{"user_id":-1,"reel_id":2}`, "user_id", "an id is"},
	{"user as exponent", `{"user_id":1e3,"reel_id":2}`, "user_id", "an id is"},
	{"user beyond 64 bits", `{"user_id":9223372036854775808,"reel_id":2}`, "user_id", "an id is"},
	{"user as word", `{"user_id":"bob","reel_id":2}`, "user_id", "an id is"},
	{"user as boolean", `{"user_id":true,"reel_id":2}`, "user_id", "an id is"},
	{"null reel", `{"user_id":1,"reel_id":null}`, "reel_id", "an id is"},
	{"creator as list", `{"user_id":1,"reel_id":2,"creator_id":[1]}`, "creator_id", "an id is"},
	{"watch time above 1", `{"user_id":1,"reel_id":2,"watch_time":1.5}`, "watch_time", "from 0 to 1"},
	{"watch time below 0", `{"user_id":1,"reel_id":2,"watch_time":-0.1}`, "watch_time", "from 0 to 1"},
	{"watch time out of all range", `{"user_id":1,"reel_id":2,"watch_time":1e999}`, "watch_time", "from 0 to 1"},
	{"watch time as text", `{"user_id":1,"reel_id":2,"watch_time":"0.5"}`, "watch_time", "expected number"},
	{"duration of days", `{"user_id":1,"reel_id":2,"duration":86401}`, "duration", "from 0 to 86400"},
	{"fractional time", `{"user_id":1,"reel_id":2,"timestamp":1767226920.5}`, "timestamp", "a whole number"},
	{"negative time", `{"user_id":1,"reel_id":2,"timestamp":-1}`, "timestamp", "a whole number"},
	{"time as text", `{"user_id":1,"reel_id":2,"timestamp":"2026-01-01"}`, "timestamp", "expected integer"},
	{"time after 2100", `{"user_id":1,"reel_id":2,"timestamp":4102444801}`, "timestamp", "not within"},
	{"time in microseconds", `{"user_id":1,"reel_id":2,"timestamp":1767226920000000}`, "timestamp", "a whole number"},
	{"liked as text", `{"user_id":1,"reel_id":2,"liked":"yes"}`, "liked", "true, false"},
	{"liked as 2", `{"user_id":1,"reel_id":2,"liked":2}`, "liked", "true, false"},
	{"liked as 1.0", `{"user_id":1,"reel_id":2,"liked":1.0}`, "liked", "true, false"},
	{"context as text", `{"user_id":1,"reel_id":2,"context":"BR"}`, "context", "expected an object"},
	{"unknown field of the context", `{"user_id":1,"reel_id":2,"context":{"city":"Rio"}}`, "context.city", "unexpected"},
	{"place too long", `{"user_id":1,"reel_id":2,"context":{"place":"` + strings.Repeat("ã", 65) + `"}}`, "context.place", "length <= 64"},
	{"negative position", `{"user_id":1,"reel_id":2,"context":{"position":-1}}`, "context.position", "a whole number"},
	{"event id too long", `{"user_id":1,"reel_id":2,"event_id":"` + strings.Repeat("x", 65) + `"}`, "event_id", "length <= 64"},
	{"event id of too many bytes", `{"user_id":1,"reel_id":2,"event_id":"` + strings.Repeat("ã", 33) + `"}`, "event_id", "64 bytes"},
	{"slate id as number", `{"user_id":1,"reel_id":2,"slate_id":5}`, "slate_id", "expected string"},
	{"unknown reel", `{"user_id":1,"reel_id":5000}`, "reel_id", "no such reel"}, // said by the store
}

func TestBadEventIsAProblem(t *testing.T) {
	for _, c := range badEvents {
		t.Run(c.name, func(t *testing.T) {
			s, store := withStore()
			p := checkProblem(t, ask(s, "POST", "/events", c.event), http.StatusUnprocessableEntity)
			detail := p["errors"].([]any)[0].(map[string]any)
			where := strings.TrimSuffix("body."+c.field, ".")
			if detail["location"] != where || !strings.Contains(detail["message"].(string), c.says) {
				t.Errorf("%v does not say %q of %s", detail, c.says, where)
			}
			if len(store.events) > 0 {
				t.Error("it was recorded")
			}
		})
	}
}

func TestBadEventOfAListIsRejectedByItself(t *testing.T) {
	const good = `{"user_id":1,"reel_id":2}`
	list := []string{good}
	for _, c := range badEvents {
		list = append(list, c.event, good)
	}
	s, store := withStore()
	w := ask(s, "POST", "/events", `{"events":[`+strings.Join(list, ",")+`]}`)
	answer := object(t, w.Body)
	if w.Code != http.StatusOK || answer["accepted"] != float64(len(badEvents)+1) || len(store.events) != len(badEvents)+1 {
		t.Fatalf("%d: accepted %v, recorded %d, want %d", w.Code, answer["accepted"], len(store.events), len(badEvents)+1)
	}
	rejected := answer["rejected"].([]any)
	if len(rejected) != len(badEvents) {
		t.Fatalf("%d are rejected, want %d: %v", len(rejected), len(badEvents), rejected)
	}
	for i, c := range badEvents {
		r := rejected[i].(map[string]any)
		if r["index"] != float64(2*i+1) || r["field"] != c.field || !strings.Contains(r["reason"].(string), c.says) {
			t.Errorf("%s is rejected with %v, want index %d, field %q, %q", c.name, r, 2*i+1, c.field, c.says)
		}
	}
}

func TestListOfBadEventsAloneIsAnswered(t *testing.T) {
	s, _ := withStore()
	w := ask(s, "POST", "/events", `{"events":[{"user_id":1},{}]}`)
	if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got !=
		`{"accepted":0,"duplicates":0,"rejected":[{"index":0,"field":"reel_id","reason":"is missing"},{"index":1,"field":"user_id","reason":"is missing"}]}` {
		t.Errorf("%d %s", w.Code, got)
	}
}

func TestBodiesThatAreNoListOfEventsAreRefused(t *testing.T) {
	const good = `{"user_id":1,"reel_id":2}`
	for _, c := range []struct {
		name, body string
		status     int
		says       string
	}{
		{"no body", "", 400, "request body is required"},
		{"blank body", " ", 400, "ends too early"},
		{"not JSON", "hello", 400, "out of place"},
		{"broken off", `{"events":[` + good, 400, "ends too early"},
		{"trailing comma", `{"events":[` + good + `,]}`, 400, "out of place"},
		{"two values", good + good, 400, "more follows"},
		{"zero byte after the end", good + "\x00", 400, "more follows"},
		{"NaN", `{"user_id":1,"reel_id":2,"watch_time":NaN}`, 400, "out of place"},
		{"number with a leading zero", `{"user_id":01,"reel_id":2}`, 400, "out of place"},
		{"broken escape", `{"user_id":1,"reel_id":2,"event_id":"\x"}`, 400, "broken escape"},
		{"raw line break in a text", "{\"user_id\":1,\"reel_id\":2,\"event_id\":\"\n\"}", 400, "out of place"},
		{"broken UTF-8", "{\"user_id\":1,\"reel_id\":2,\"event_id\":\"\xff\"}", 400, "UTF-8"},
		{"absurd nesting", strings.Repeat(`{"a":`, 50) + "1" + strings.Repeat("}", 50), 400, "nested deeper"},
		{"bad grammar after a bad event", `{"events":[{"user_id":-1},{]}`, 400, "out of place"},
		{"empty list", `{"events":[]}`, 422, "has 0 elements"},
		{"too many", `{"events":` + long(live.MaxBatch+1, good) + `}`, 422, "has 1001 elements"},
		{"an object for the list", `{"events":{}}`, 422, "body.events"},
		{"more beside the list", `{"events":[` + good + `],"user_id":1}`, 422, "body.user_id"},
		{"the list twice", `{"events":[` + good + `],"events":[]}`, 422, "given twice"},
		{"too large", `{"events":[` + good + strings.Repeat(" ", 1<<20) + `]}`, 413, "larger than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, store := withStore()
			w := ask(s, "POST", "/events", c.body)
			text := w.Body.String()
			checkProblem(t, w, c.status)
			if !strings.Contains(text, c.says) {
				t.Errorf("%s does not say %q", text, c.says)
			}
			if len(store.events) > 0 {
				t.Error("some of it was recorded")
			}
		})
	}
	s, store := withStore()
	if w := ask(s, "POST", "/events", `{"events":`+long(live.MaxBatch, good)+`}`); w.Code != http.StatusOK || len(store.events) != live.MaxBatch {
		t.Errorf("a list of exactly the limit: %d, %d recorded", w.Code, len(store.events))
	}
}

// TestEventTableReadsWhatItDocuments: see checkTable.
func TestEventTableReadsWhatItDocuments(t *testing.T) {
	checkTable(t, eventFields, []string{"user_id", "reel_id"})
}

func BenchmarkEvents(b *testing.B) {
	const event = `{"user_id":123456,"reel_id":98765,"timestamp":1767226920,"watch_time":0.853,"duration":14.5,"liked":true,"shared":false,"followed":false,` +
		`"context":{"device":"android","place":"BR","session":1234567,"position":3},"event_id":"0f8fad5b-d9cb-469f-a165-70867728950e","slate_id":"QWERTYUIOPASDFGH"}`
	body := []byte(`{"events":` + long(100, event) + `}`)
	events := eventUpload()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if got, problem := events.read(body); problem != nil || len(got.values) != 100 {
			b.Fatal(problem)
		}
	}
	b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "events/s")
}
