package bench

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reelrank/reelrank/reel"
)

func TestServeCountsAnswersAndErrors(t *testing.T) {
	var calls atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !strings.Contains(string(body), `"user_id":7`) {
			t.Errorf("body %s, want user 7", body)
		}
		if calls.Add(1)%2 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer s.Close()
	got, err := Serve(context.Background(), Load{URL: s.URL, Users: []reel.UserID{7}, TopK: 10, Rate: 100, Duration: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if got.Requests != 20 || got.Errors != 10 {
		t.Errorf("got %d requests with %d errors, want 20 with 10", got.Requests, got.Errors)
	}
	if got.Latencies.P50 <= 0 || got.Latencies.P99 < got.Latencies.P50 {
		t.Errorf("percentiles %+v do not rise", got.Latencies)
	}
}

func TestServeRefusesAnEmptyLoad(t *testing.T) {
	for _, load := range []Load{{}, {Users: []reel.UserID{1}}, {Users: []reel.UserID{1}, Rate: 1}} {
		if _, err := Serve(context.Background(), load); err == nil {
			t.Errorf("load %+v was accepted", load)
		}
	}
}

func TestServeStopsWithItsContext(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := Serve(ctx, Load{URL: s.URL, Users: []reel.UserID{1}, TopK: 1, Rate: 10, Duration: time.Minute})
	if err == nil || time.Since(start) > 10*time.Second {
		t.Errorf("stopped after %s with error %v, want soon and the context's error", time.Since(start), err)
	}
}
