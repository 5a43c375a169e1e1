package server

import (
	"net/http"
	"strings"
	"testing"
)

func TestRequestsAreCountedByRouteAndStatus(t *testing.T) {
	s, _ := withStore()
	for _, q := range []struct{ method, path, body string }{
		{"POST", "/recommend", `{"user_id":1}`}, {"POST", "/recommend", `{"user_id":2}`}, {"POST", "/recommend", `{}`},
		{"GET", "/reels/10", ""}, {"GET", "/reels/5000", ""}, {"DELETE", "/reels/10", ""}, {"PATCH", "/reels/10", ""},
		{"GET", "/one", ""}, {"GET", "/two", ""}, {"BREW", "/three", ""},
	} {
		ask(s, q.method, q.path, q.body)
	}
	w := ask(s, "GET", "/metrics", "")
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Fatalf("%d, %s", w.Code, w.Header().Get("Content-Type"))
	}
	text := w.Body.String()
	for _, line := range []string{
		`http_request_duration_seconds_count{route="POST /recommend",status="200"} 2`,
		`http_request_duration_seconds_count{route="POST /recommend",status="422"} 1`,
		`http_request_duration_seconds_bucket{route="POST /recommend",status="200",le="30"} 2`,
		`http_request_duration_seconds_count{route="GET /reels/{id}",status="200"} 1`,
		`http_request_duration_seconds_count{route="GET /reels/{id}",status="404"} 1`,
		`http_request_duration_seconds_count{route="DELETE /reels/{id}",status="204"} 1`,
		`http_request_duration_seconds_count{route="/reels/{id}",status="405"} 1`,
		`http_request_duration_seconds_count{route="/",status="404"} 3`,
		`http_requests_running 1`, // the one that asks
		"go_goroutines ",
	} {
		if !strings.Contains(text, "\n"+line) {
			t.Errorf("no line %s", line)
		}
	}
	checkProblem(t, ask(s, "POST", "/metrics", "{}"), http.StatusMethodNotAllowed)
}

func TestPanicsAreCountedAsFaults(t *testing.T) {
	s := ready()
	h := s.observe(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		r.Pattern = "GET /boom"
		panic("boom")
	}))
	s.handler = h
	ask(s, "GET", "/boom", "")
	s.handler = s.observe(s.routes())
	if text := ask(s, "GET", "/metrics", "").Body.String(); !strings.Contains(text, `{route="GET /boom",status="500"} 1`) {
		t.Errorf("no panic is counted in %s", text)
	}
}
