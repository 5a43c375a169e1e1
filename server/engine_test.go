package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
)

func TestServerIsReadyWithItsEngine(t *testing.T) {
	s := New(config.Default().Server, quiet())
	for _, path := range []string{"/health", "/health/live"} {
		w := ask(s, "GET", path, "")
		h := object(t, w.Body)
		if w.Code != http.StatusOK || h["live"] != true || h["ready"] != false || h["status"] != "starting" {
			t.Errorf("%s without an engine: %d %v", path, w.Code, h)
		}
	}
	for _, q := range []struct{ method, path, body string }{
		{"GET", "/health/ready", ""}, {"GET", "/info", ""},
		{"POST", "/recommend", `{"user_id":1}`}, {"POST", "/predict", `{"user_id":1,"item_id":2}`},
		{"POST", "/batch/recommend", `{"requests":[{"user_id":1}]}`}, {"POST", "/batch/predict", `{"requests":[{"user_id":1,"item_id":2}]}`},
	} {
		w := ask(s, q.method, q.path, q.body)
		checkProblem(t, w, http.StatusServiceUnavailable)
		if w.Header().Get("Retry-After") == "" {
			t.Errorf("%s without an engine: no Retry-After", q.path)
		}
	}
	// A request that is wrong is told so even then.
	checkProblem(t, ask(s, "POST", "/recommend", `{"user_id":-1}`), http.StatusUnprocessableEntity)

	s.SetEngine(&fakeEngine{})
	if w := ask(s, "GET", "/health/ready", ""); w.Code != http.StatusOK {
		t.Errorf("with an engine: %d", w.Code)
	}
	s.SetEngine(nil)
	checkProblem(t, ask(s, "GET", "/health/ready", ""), http.StatusServiceUnavailable)
}

func TestEngineErrorsMapToProblems(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		says   string
	}{
		{&recommend.RequestError{Field: "max_per_creator", Reason: "is odd"}, 422, "body.max_per_creator"},
		{fmt.Errorf("wrapped: %w", &reel.FieldError{Field: "weights", Reason: "is odd"}), 422, "is odd"},
		{fmt.Errorf("reel 4: %w", recommend.ErrUnknownReel), 404, "reel 4"},
		{recommend.ErrNotFitted, 503, "no model is loaded"},
		{errors.New("secret path /var/lib"), 500, "request id"},
	} {
		s := ready()
		s.SetEngine(&fakeEngine{onRecommend: func(context.Context, recommend.Request) error { return c.err }})
		w := ask(s, "POST", "/recommend", `{"user_id":1}`)
		text := w.Body.String()
		checkProblem(t, w, c.status)
		if !strings.Contains(text, c.says) || strings.Contains(text, "secret") {
			t.Errorf("%v is answered with %s", c.err, text)
		}
	}
}

func TestRequestReachesTheEngineWhole(t *testing.T) {
	var got recommend.Request
	s := ready()
	s.SetEngine(&fakeEngine{onRecommend: func(_ context.Context, r recommend.Request) error { got = r; return nil }})
	ask(s, "POST", "/recommend", `{"user_id":9223372036854775807,"top_k":7,"max_per_creator":3,"exclude":[1,"2"],
		"weights":{"watch_time":1,"like":2,"share":3,"follow":4},"context":{"device":"ios","place":"Lagos","session":5}}`)
	want := recommend.Request{
		User: math.MaxInt64, K: 7, MaxPerCreator: 3, Exclude: []reel.ReelID{1, 2}, Weights: &reel.Weights{1, 2, 3, 4},
		Context: reel.Context{Device: "ios", Place: "Lagos", Session: 5},
	}
	if got.Weights == nil || *got.Weights != *want.Weights {
		t.Fatalf("weights %v, want %v", got.Weights, want.Weights)
	}
	got.Weights, want.Weights = nil, nil
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestTopKDefaultsToTenWithinTheLimit(t *testing.T) {
	for limit, want := range map[int]int{100: 10, 4: 4} {
		cfg := config.Default().Server
		cfg.MaxTopK = limit
		var got int
		s := New(cfg, quiet())
		s.SetEngine(&fakeEngine{onRecommend: func(_ context.Context, r recommend.Request) error { got = r.K; return nil }})
		ask(s, "POST", "/recommend", `{"user_id":1}`)
		if got != want {
			t.Errorf("with max_top_k %d the default is %d, want %d", limit, got, want)
		}
	}
}

func TestPanicOfTheEngineIsLoggedAndContained(t *testing.T) {
	var log bytes.Buffer
	s := New(config.Default().Server, slog.New(slog.NewTextHandler(&log, nil)))
	s.SetEngine(&fakeEngine{onRecommend: func(_ context.Context, r recommend.Request) error {
		if r.User == 2 {
			panic("boom")
		}
		return nil
	}})
	w := ask(s, "POST", "/recommend", `{"user_id":2}`)
	id := w.Header().Get("X-Request-Id")
	checkProblem(t, w, http.StatusInternalServerError)
	for _, part := range []string{"boom", "engine_test.go", id} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("the log does not hold %q", part)
		}
	}
	responses := object(t, ask(s, "POST", "/batch/recommend", `{"requests":[{"user_id":1},{"user_id":2},{"user_id":3}]}`).Body)["responses"].([]any)
	for i, r := range responses {
		if _, refused := r.(map[string]any)["error"]; refused != (i == 1) {
			t.Errorf("response %d: %v", i, r)
		}
	}
}

func TestPanicOutsideTheEngineIsA500(t *testing.T) {
	var log bytes.Buffer
	s := New(config.Default().Server, slog.New(slog.NewTextHandler(&log, nil)))
	h := s.observe(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	checkProblem(t, w, http.StatusInternalServerError)
	if !strings.Contains(log.String(), "engine_test.go") {
		t.Error("the log holds no stack")
	}
}

// goneWriter is the connection of a client that hung up.
type goneWriter struct{ *httptest.ResponseRecorder }

func (goneWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestClientThatIsGoneIsNoPanic(t *testing.T) {
	var log bytes.Buffer
	s := New(config.Default().Server, slog.New(slog.NewTextHandler(&log, nil)))
	s.SetEngine(&fakeEngine{})
	for _, path := range []string{"/recommend", "/docs", "/nowhere", "/openapi.json"} {
		method, body := "GET", ""
		if path == "/recommend" {
			method, body = "POST", `{"user_id":1}`
		}
		s.Handler().ServeHTTP(goneWriter{httptest.NewRecorder()}, httptest.NewRequest(method, path, strings.NewReader(body)))
	}
	if log.Len() > 0 {
		t.Errorf("the log holds %s", log.String())
	}
}

func TestNumbersThatJSONCannotHoldAreNotSent(t *testing.T) {
	s := ready()
	s.SetEngine(nanEngine{})
	checkProblem(t, ask(s, "POST", "/recommend", `{"user_id":1}`), http.StatusInternalServerError)
	checkProblem(t, ask(s, "POST", "/predict", `{"user_id":1,"item_id":1}`), http.StatusInternalServerError)
	w := ask(s, "GET", "/info", "")
	if metrics := object(t, w.Body)["metrics"].(map[string]any); w.Code != http.StatusOK || len(metrics) != 1 {
		t.Errorf("info: %d %v", w.Code, metrics)
	}
}

// nanEngine is what a broken bundle would be.
type nanEngine struct{}

var nan = float32(math.NaN())

func (nanEngine) Recommend(context.Context, recommend.Request) (recommend.Slate, error) {
	return recommend.Slate{Items: []recommend.Item{{Reel: 1, Score: nan}}}, nil
}

func (nanEngine) Predict(context.Context, reel.UserID, reel.ReelID, reel.Context, *reel.Weights) (recommend.Prediction, error) {
	return recommend.Prediction{Predictions: reel.Predictions{nan}}, nil
}

func (nanEngine) Facts() recommend.Facts {
	return recommend.Facts{Metrics: map[string]float64{"auc": math.NaN(), "ndcg@10": 0.5}}
}

func TestRequestIDIsKeptWhenPlainAndMadeOtherwise(t *testing.T) {
	for given, kept := range map[string]bool{"abc-123": true, "": false, "a b": false, strings.Repeat("x", 65): false, "x\"y": false} {
		r := httptest.NewRequest("GET", "/health", nil)
		r.Header.Set("X-Request-Id", given)
		w := httptest.NewRecorder()
		ready().Handler().ServeHTTP(w, r)
		got := w.Header().Get("X-Request-Id")
		if got == "" || (got == given) != kept {
			t.Errorf("id %q is answered with %q", given, got)
		}
	}
}

func TestEachRequestIsLoggedAtDebugLevel(t *testing.T) {
	var log bytes.Buffer
	s := New(config.Default().Server, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	ask(s, "GET", "/nowhere", "")
	for _, part := range []string{"level=DEBUG", "method=GET", "path=/nowhere", "status=404", "request_id=", "took_ms=", "bytes="} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("the log %q lacks %s", log.String(), part)
		}
	}
}

func TestEngineIsSwappedUnderLoad(t *testing.T) {
	s := ready()
	var swapping atomic.Bool
	swapping.Store(true)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				if w := ask(s, "POST", "/batch/recommend", `{"requests":[{"user_id":1},{"user_id":2}]}`); w.Code != http.StatusOK {
					t.Errorf("status %d: %s", w.Code, w.Body)
				}
			}
		})
	}
	var swapper sync.WaitGroup
	swapper.Go(func() {
		for swapping.Load() {
			s.SetEngine(&fakeEngine{})
			ask(s, "GET", "/info", "")
			ask(s, "GET", "/openapi.json", "")
		}
	})
	all.Wait()
	swapping.Store(false)
	swapper.Wait()
}
