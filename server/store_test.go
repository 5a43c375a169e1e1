package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/reel"
)

// writes are requests that change something, each right in itself.
var writes = []struct{ method, path, body string }{
	{"POST", "/events", `{"user_id":1,"reel_id":2}`},
	{"POST", "/events", `{"events":[{"user_id":1,"reel_id":2}]}`},
	{"POST", "/reels", `{"reels":[{"reel_id":1,"creator_id":2}]}`},
	{"PUT", "/reels/1", `{"creator_id":2}`},
	{"DELETE", "/reels/10", ""},
	{"PUT", "/creators/7", `{}`},
	{"DELETE", "/creators/7", ""},
	{"DELETE", "/users/1", ""},
}

// reads are those that change nothing.
var reads = []struct{ method, path, body string }{
	{"GET", "/reels/10", ""}, {"GET", "/creators/7", ""}, {"GET", "/users/1/export", ""},
}

func TestStoreErrorsMapToProblems(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		says   string
	}{
		{fmt.Errorf("%w: disk full at /var/lib/secret", live.ErrUnavailable), 503, "reads go on"},
		{fmt.Errorf("wait: %w", context.DeadlineExceeded), 503, "longer than"},
		{&reel.FieldError{Field: "timestamp", Reason: "is odd"}, 422, "body.timestamp"},
		{fmt.Errorf("%w: 5", live.ErrUnknownReel), 404, "unknown reel: 5"},
		{errors.New("secret path /var/lib"), 500, "request id"},
	} {
		for _, q := range writes {
			s, store := withStore()
			store.fail = c.err
			w := ask(s, q.method, q.path, q.body)
			text := w.Body.String()
			checkProblem(t, w, c.status)
			if !strings.Contains(text, c.says) || strings.Contains(text, "secret") {
				t.Errorf("%s %s: %v is answered with %s", q.method, q.path, c.err, text)
			}
			if (c.status == http.StatusServiceUnavailable) != (w.Header().Get("Retry-After") != "") {
				t.Errorf("%s %s: %v: Retry-After is %q", q.method, q.path, c.err, w.Header().Get("Retry-After"))
			}
		}
	}
}

func TestServerWithoutAStoreSaysSo(t *testing.T) {
	for _, q := range append(reads, writes...) {
		p := checkProblem(t, ask(ready(), q.method, q.path, q.body), http.StatusNotImplemented)
		if !strings.Contains(p["detail"].(string), "no store") {
			t.Errorf("%s %s: %v", q.method, q.path, p)
		}
		w := ask(New(config.Default().Server, quiet()), q.method, q.path, q.body)
		checkProblem(t, w, http.StatusServiceUnavailable)
		if w.Header().Get("Retry-After") == "" {
			t.Errorf("%s %s without an engine: no Retry-After", q.method, q.path)
		}
	}
	// A request that is wrong is told so even then.
	checkProblem(t, ask(ready(), "POST", "/events", `{}`), http.StatusUnprocessableEntity)
	checkProblem(t, ask(ready(), "GET", "/reels/x", ""), http.StatusUnprocessableEntity)
}

func TestPathsOfTheStoreNameTheirMethods(t *testing.T) {
	s, _ := withStore()
	for path, allow := range map[string]string{
		"/events": "POST", "/reels": "POST", "/reels/1": "GET, HEAD, PUT, DELETE", "/creators/1": "GET, HEAD, PUT, DELETE",
		"/users/1": "DELETE", "/users/1/export": "GET, HEAD",
	} {
		w := ask(s, "PATCH", path, "{}")
		checkProblem(t, w, http.StatusMethodNotAllowed)
		if got := w.Header().Get("Allow"); got != allow {
			t.Errorf("%s: Allow is %q, want %q", path, got, allow)
		}
	}
	for _, path := range []string{"/reels/", "/reels/1/", "/reels/1/2", "/users", "/users/1/profile"} {
		checkProblem(t, ask(s, "GET", path, ""), http.StatusNotFound)
	}
}
