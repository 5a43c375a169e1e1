package server

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeEngine knows the reels below 1000 and the users below 1000.
type fakeEngine struct {
	// onRecommend, if set, runs first in Recommend and may answer with an error.
	onRecommend func(ctx context.Context, r recommend.Request) error
}

func (f *fakeEngine) Recommend(ctx context.Context, r recommend.Request) (recommend.Slate, error) {
	if f.onRecommend != nil {
		if err := f.onRecommend(ctx, r); err != nil {
			return recommend.Slate{}, err
		}
	}
	weights := reel.DefaultWeights
	if r.Weights != nil {
		weights = *r.Weights
	}
	slate := recommend.Slate{
		User: r.User, ModelVersion: "v1", KnownUser: r.User < 1000,
		Stages: []recommend.StageTrace{{Stage: "retrieve/similar", Count: 70, Took: 250 * time.Microsecond}, {Stage: "rank", Count: 100, Took: 500 * time.Microsecond}},
	}
	if r.MaxPerCreator == 1 {
		slate.Relaxed = []string{"max_per_creator"}
	}
	for i := range min(r.K, 3) {
		p := reel.Predictions{0.5 / float32(i+1), 0.25, 0.125, 0.0625}
		slate.Items = append(slate.Items, recommend.Item{
			Reel: reel.ReelID(10 + i), Creator: 7, Category: "cooking", Score: weights.Score(p), Predictions: p,
			Sources: []string{"similar"}, Reasons: []string{"like what you watched"},
		})
	}
	return slate, nil
}

func (f *fakeEngine) Predict(_ context.Context, user reel.UserID, id reel.ReelID, _ reel.Context, w *reel.Weights) (recommend.Prediction, error) {
	if id >= 1000 {
		return recommend.Prediction{}, recommend.ErrUnknownReel
	}
	p := reel.Predictions{0.5, 0.25, 0.125, 0.0625}
	weights := reel.DefaultWeights
	if w != nil {
		weights = *w
	}
	return recommend.Prediction{User: user, Reel: id, Predictions: p, Score: weights.Score(p), ModelVersion: "v1"}, nil
}

func (f *fakeEngine) Facts() recommend.Facts {
	return recommend.Facts{ModelVersion: "v1", Preset: "default", Parameters: 12, Reels: 1000, Users: 1000, TrainedOn: 5000,
		DataFrom: 1_700_000_000, DataTo: 1_700_086_400, Metrics: map[string]float64{"ndcg@10": 0.25},
		Sources: []recommend.SourceFacts{{Source: "similar", Quota: 70, Requests: 9, Failed: 1, OverBudget: 2}}}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// ready is a server with a fake engine.
func ready() *Server {
	s := New(config.Default().Server, quiet())
	s.SetEngine(&fakeEngine{})
	return s
}

// ask sends one request to the handler; a body makes it a JSON POST.
func ask(s *Server, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

// object reads an answer as JSON.
func object(t *testing.T, body io.Reader) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.NewDecoder(body).Decode(&v); err != nil {
		t.Fatalf("the answer is no JSON object: %v", err)
	}
	return v
}

// checkProblem holds an answer to the form of every refusal.
func checkProblem(t *testing.T, w *httptest.ResponseRecorder, status int) map[string]any {
	t.Helper()
	if w.Code != status {
		t.Fatalf("status %d, want %d; body %s", w.Code, status, w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q, want application/problem+json", got)
	}
	p := object(t, w.Body)
	if p["status"] != float64(status) || p["title"] != http.StatusText(status) || p["detail"] == "" {
		t.Errorf("problem %v lacks its status, title or detail", p)
	}
	return p
}
