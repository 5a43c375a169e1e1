package weaviate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reelrank/reelrank/retrieve/ann"
	"github.com/reelrank/reelrank/retrieve/weaviate"
)

// These tests look at what a healthy server never does. The stand-in answers
// with what Weaviate 1.35.2 was seen to answer; what it answers wrongly is each
// test's own.

// answer writes one response.
type answer func(w http.ResponseWriter, r *http.Request)

func text(status int, body string) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) // the client may have gone
	}
}

const (
	sound = `{"class":"Reels","vectorizer":"none","vectorIndexType":"hnsw","vectorIndexConfig":{"distance":"dot","ef":-1},
		"properties":[{"name":"attributes","dataType":["int[]"],"indexFilterable":true},
		{"name":"creator","dataType":["int"],"indexFilterable":true},{"name":"checksum","dataType":["int"],"indexFilterable":false}]}`
	key1  = "7265656c-0000-8000-8000-000000000001"
	key2  = "7265656c-0000-8000-8000-000000000002"
	found = `{"data":{"Get":{"Reels":[{"_additional":{"id":"` + key1 + `","distance":-1}},{"_additional":{"id":"` + key2 + `","distance":-0.5}}]}}}`
)

// standIn is a server with items 1 and 2, of three numbers, whose answers a
// test replaces by method and path.
func standIn(t *testing.T, answers map[string]answer) string {
	t.Helper()
	usual := map[string]answer{
		"GET /v1/meta":         text(200, `{"version":"1.35.2"}`),
		"GET /v1/schema/Reels": text(200, sound),
		"GET /v1/objects": text(200, `{"objects":[{"id":"`+key1+`","properties":{"checksum":5},"vector":[1,0,0]},
			{"id":"`+key2+`","properties":{"checksum":6},"vector":[0,1,0]}]}`),
		"POST /v1/graphql":                 text(200, found),
		"DELETE /v1/objects/Reels/" + key1: text(204, ""),
		"DELETE /v1/objects/Reels/" + key2: text(404, ""),
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := r.Method + " " + r.URL.Path
		if a := answers[at]; a != nil {
			a(w, r)
		} else if a = usual[at]; a != nil {
			a(w, r)
		} else {
			t.Errorf("nobody expects %s", at)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func options(url string) weaviate.Options {
	return weaviate.Options{URL: url, Collection: "Reels", Dim: 3, Timeout: 5 * time.Second}
}

func openStandIn(t *testing.T, answers map[string]answer) *weaviate.Index {
	t.Helper()
	x, err := weaviate.Open(t.Context(), options(standIn(t, answers)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	return x
}

var query = []float32{1, 0, 0}

func TestOpenSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		at   string
		with answer
		want string
	}{
		"an old server":    {"GET /v1/meta", text(200, `{"version":"1.29.0"}`), "Weaviate 1.29.0, want at least 1.33"},
		"another server":   {"GET /v1/meta", text(200, `{"name":"shop"}`), "is this the address of its REST interface?"},
		"no JSON":          {"GET /v1/meta", text(200, `<html>`), "not the JSON"},
		"a locked server":  {"GET /v1/meta", text(401, `{"code":401,"message":"anonymous access not enabled"}`), "API key"},
		"cosine distances": {"GET /v1/schema/Reels", text(200, strings.Replace(sound, `"dot"`, `"cosine"`, 1)), `compares vectors by "cosine", want "dot"`},
		"no creators":      {"GET /v1/schema/Reels", text(200, strings.Replace(sound, "creator", "author", 1)), "no property creator of type int"},
		"no filter":        {"GET /v1/schema/Reels", text(200, strings.Replace(sound, `"indexFilterable":true`, `"indexFilterable":false`, 1)), "no property attributes"},
		"another width":    {"GET /v1/objects", text(200, `{"objects":[{"id":"`+key1+`","vector":[1,2]}]}`), "vectors have 2 numbers, the index 3"},
		"a broken listing": {"GET /v1/objects", text(500, `{"error":[{"message":"disk is on fire"}]}`), "disk is on fire"},
	} {
		_, err := weaviate.Open(t.Context(), options(standIn(t, map[string]answer{c.at: c.with})))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "collection Reels") {
			t.Errorf("%s: %v, want it to say %q", name, err, c.want)
		}
	}
}

func TestOpenChecksItsOptions(t *testing.T) {
	for name, change := range map[string]func(*weaviate.Options){
		"no address":     func(o *weaviate.Options) { o.URL = "" },
		"no scheme":      func(o *weaviate.Options) { o.URL = "127.0.0.1:8080" },
		"small letter":   func(o *weaviate.Options) { o.Collection = "reels" },
		"a query in it":  func(o *weaviate.Options) { o.Collection = "Reels(limit:1)" },
		"no width":       func(o *weaviate.Options) { o.Dim = 0 },
		"half a mapping": func(o *weaviate.Options) { o.ID = nil; o.Reel = nil; o.ID = sameReel },
	} {
		o := options("http://127.0.0.1:1")
		change(&o)
		if _, err := weaviate.Open(t.Context(), o); err == nil || strings.Contains(err.Error(), "does not answer") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestServerThatDoesNotAnswerIsNamed(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	_, err := weaviate.Open(t.Context(), options(s.URL))
	if err == nil || !strings.Contains(err.Error(), s.URL) || !strings.Contains(err.Error(), "is the server running") {
		t.Errorf("%v", err)
	}
}

func TestBusyServerIsAskedAgain(t *testing.T) {
	var asked atomic.Int64
	x := openStandIn(t, map[string]answer{"POST /v1/graphql": func(w http.ResponseWriter, r *http.Request) {
		switch asked.Add(1) {
		case 1:
			text(503, "starting")(w, r)
		case 2:
			panic(http.ErrAbortHandler) // the connection breaks
		default:
			text(200, found)(w, r)
		}
	}})
	hits, err := x.Find(t.Context(), nil, query, ann.Request{K: 2})
	if err != nil || len(hits) != 2 || asked.Load() != 3 {
		t.Errorf("%v, %v after %d requests", hits, err, asked.Load())
	}
}

func TestMistakeIsNotRepeated(t *testing.T) {
	var asked atomic.Int64
	x := openStandIn(t, map[string]answer{"POST /v1/graphql": func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		text(422, `{"error":[{"message":"graphql api is disabled"}]}`)(w, r)
	}})
	_, err := x.Find(t.Context(), nil, query, ann.Request{K: 2})
	if err == nil || !strings.Contains(err.Error(), "graphql api is disabled") || asked.Load() != 1 {
		t.Errorf("%v after %d requests", err, asked.Load())
	}
}

func TestContextEndsTheWaiting(t *testing.T) {
	x := openStandIn(t, map[string]answer{"POST /v1/graphql": func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body) // or the server does not see that the client goes
		<-r.Context().Done()
	}})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := x.Find(ctx, nil, query, ann.Request{K: 2})
	if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > 3*time.Second {
		t.Errorf("%v after %s", err, took)
	}
}

func TestErrorsOfASearchAreReported(t *testing.T) {
	for body, want := range map[string]string{
		`{"data":{"Get":{"Reels":null}},"errors":[{"message":"explorer: no such class"}]}`:                 "no such class",
		`{"data":{"Get":{"Reels":null}},"errors":[{"message":"invalid: query maximum results exceeded"}]}`: "QUERY_MAXIMUM_RESULTS",
		`{"data":{"Get":{"Reels":[{"_additional":{"id":"` + key1 + `"}}]}}}`:                               "no distance",
		`{"data":{"Get":{"Reels":[{"_additional":{"id":1}}]}}}`:                                            "not the JSON",
		`{"data":{"Get":{"Reels":[` + strings.Repeat(" ", 65<<20) + `]}}}`:                                 "more than",
	} {
		x := openStandIn(t, map[string]answer{"POST /v1/graphql": text(200, body)})
		if _, err := x.Find(t.Context(), nil, query, ann.Request{K: 2}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %q", body, err, want)
		}
	}
}

// A copy of the collection that has not heard of a deletion still returns the
// item, as this server always does.
func TestDeletedItemIsNotTakenFromALateReplica(t *testing.T) {
	x := openStandIn(t, nil)
	if err := x.Delete(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	hits, err := x.Find(t.Context(), nil, query, ann.Request{K: 2})
	if err != nil || len(hits) != 1 || hits[0].Index != 2 {
		t.Errorf("%v, %v: want item 2 alone", hits, err)
	}
	if err := x.Delete(t.Context(), 2); err != nil {
		t.Errorf("what is gone cannot be deleted: %v", err)
	}
	if x.Len() != 0 {
		t.Errorf("Len is %d", x.Len())
	}
}

func TestItemWhoseDeletionFailedStaysHidden(t *testing.T) {
	x := openStandIn(t, map[string]answer{"DELETE /v1/objects/Reels/" + key1: text(500, `{"error":[{"message":"read-only"}]}`)})
	if err := x.Delete(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("%v", err)
	}
	if hits, err := x.Find(t.Context(), nil, query, ann.Request{K: 2}); err != nil || len(hits) != 1 || hits[0].Index != 2 {
		t.Errorf("%v, %v: want item 2 alone", hits, err)
	}
}

func TestRefusedItemIsNamedAndRemoved(t *testing.T) {
	const key7 = "7265656c-0000-8000-8000-000000000007"
	var removed atomic.Bool
	x := openStandIn(t, map[string]answer{
		"POST /v1/batch/objects": text(200, `[{"id":"`+key7+`","result":{"status":"FAILED","errors":{"error":[{"message":"no room"}]}}}]`),
		"DELETE /v1/objects/Reels/" + key7: func(w http.ResponseWriter, r *http.Request) {
			removed.Store(true)
			text(204, "")(w, r)
		},
	})
	err := x.Insert(t.Context(), ann.Item{ID: 7, Vector: query})
	if err == nil || !strings.Contains(err.Error(), "item 7") || !strings.Contains(err.Error(), "no room") || !removed.Load() || x.Len() != 2 {
		t.Errorf("%v; removed: %v; Len is %d", err, removed.Load(), x.Len())
	}
}

func TestItemOfUnknownFateIsSentAgain(t *testing.T) {
	var sent atomic.Int64
	x := openStandIn(t, map[string]answer{"POST /v1/batch/objects": func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Objects []struct{ ID string } }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		if sent.Add(1) == 1 {
			text(500, "broken halfway")(w, r)
			return
		}
		text(200, fmt.Sprintf(`[{"id":%q,"result":{"status":"SUCCESS"}}]`, body.Objects[0].ID))(w, r)
	}})
	item := ann.Item{ID: 1, Vector: []float32{0, 0, 1}}
	if err := x.Insert(t.Context(), item); err == nil {
		t.Error("a failed insert is reported as done")
	}
	for range 2 { // the second finds it stored
		if err := x.Insert(t.Context(), item); err != nil {
			t.Error(err)
		}
	}
	if sent.Load() != 2 {
		t.Errorf("sent %d times, want 2", sent.Load())
	}
}

func TestAnswersGrowUntilEnoughIsAccepted(t *testing.T) {
	const n = 3000
	var limits []int
	x := openStandIn(t, map[string]answer{
		"GET /v1/objects": manyObjects(n),
		"POST /v1/graphql": func(w http.ResponseWriter, r *http.Request) {
			var body struct{ Query string }
			var limit int
			err := json.NewDecoder(r.Body).Decode(&body)
			if _, scan := fmt.Sscanf(body.Query, "{Get{Reels(limit:%d,", &limit); err != nil || scan != nil {
				t.Error(err, scan)
			}
			limits = append(limits, limit)
			var objects []string
			for i := range min(limit, n) {
				objects = append(objects, fmt.Sprintf(`{"_additional":{"id":"7265656c-0000-8000-8000-%012x","distance":%d}}`, i, i-n))
			}
			text(200, `{"data":{"Get":{"Reels":[`+strings.Join(objects, ",")+`]}}}`)(w, r)
		},
	})
	hits, err := x.Find(t.Context(), nil, query, ann.Request{K: 10, Accept: func(id int32) bool { return id >= 500 }})
	if err != nil || len(hits) != 10 || hits[0].Index != 500 {
		t.Errorf("%v, %v", hits, err)
	}
	if len(limits) < 2 || limits[0] > 100 || limits[len(limits)-1] > 2100 {
		t.Errorf("asked for %v", limits)
	}
}

// manyObjects answers a listing of n objects in pages.
func manyObjects(n int) answer {
	return func(w http.ResponseWriter, r *http.Request) {
		from, limit := 0, 0
		if after := r.FormValue("after"); after != "" {
			_, _ = fmt.Sscanf(after[24:], "%x", &from)
			from++
		}
		_, _ = fmt.Sscan(r.FormValue("limit"), &limit)
		var objects []string
		for i := from; i < min(n, from+limit); i++ {
			objects = append(objects, fmt.Sprintf(`{"id":"7265656c-0000-8000-8000-%012x","properties":{"checksum":9},"vector":[1,2,3]}`, i))
		}
		text(200, `{"objects":[`+strings.Join(objects, ",")+`]}`)(w, r)
	}
}
