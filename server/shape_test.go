package server

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// measured are the numbers of an answer that no two runs share.
var measured = regexp.MustCompile(`"latency_ms":[0-9.e-]+`)

func TestAnswersHaveTheDocumentedShape(t *testing.T) {
	for _, c := range []struct{ name, method, path, body, want string }{
		{
			"a slate", "POST", "/recommend", `{"user_id":123,"top_k":2}`,
			`{"user_id":123,"recommendations":[10,11],"scores":[0.29375,0.19375],"latency_ms":0,"model_version":"v1","known_user":true}`,
		},
		{
			"ids as text, an unknown user, a relaxed constraint", "POST", "/recommend",
			`{"user_id":"9007199254740993","top_k":1,"max_per_creator":1,"exclude":[4,"5"],"context":{"device":"android","place":"BR","session":"77"}}`,
			`{"user_id":9007199254740993,"recommendations":[10],"scores":[0.29375],"latency_ms":0,"model_version":"v1","known_user":false,"relaxed":["max_per_creator"]}`,
		},
		{
			"weights of the request", "POST", "/recommend", `{"user_id":1,"top_k":1,"weights":{"like":2}}`,
			`{"user_id":1,"recommendations":[10],"scores":[0.5],"latency_ms":0,"model_version":"v1","known_user":true}`,
		},
		{
			"an explained slate", "POST", "/recommend", `{"user_id":1,"top_k":1,"explain":true}`,
			`{"user_id":1,"recommendations":[10],"scores":[0.29375],"latency_ms":0,"model_version":"v1","known_user":true,` +
				`"items":[{"reel_id":10,"creator_id":7,"category":"cooking","score":0.29375,` +
				`"predictions":{"watch_time":0.5,"like":0.25,"share":0.125,"follow":0.0625},` +
				`"sources":["similar"],"steps":[],"reasons":["like what you watched"]}],` +
				`"stages":[{"stage":"retrieve/similar","count":70,"latency_ms":0},{"stage":"rank","count":100,"latency_ms":0}]}`,
		},
		{
			"a prediction", "POST", "/predict", `{"user_id":123,"item_id":"456"}`,
			`{"user_id":123,"item_id":456,"watch_time":0.5,"like":0.25,"share":0.125,"follow":0.0625,"score":0.29375,"latency_ms":0,"model_version":"v1"}`,
		},
		{
			"a batch in which some fail", "POST", "/batch/predict", `{"requests":[{"user_id":1,"item_id":2},{"user_id":1,"item_id":5000},{"user_id":-1,"item_id":2}]}`,
			`{"responses":[{"user_id":1,"item_id":2,"watch_time":0.5,"like":0.25,"share":0.125,"follow":0.0625,"score":0.29375,"latency_ms":0,"model_version":"v1"},` +
				`{"error":{"title":"Not Found","status":404,"detail":"unknown reel"}},` +
				`{"error":{"title":"Unprocessable Entity","status":422,"detail":"the request breaks the schema: see errors, and /docs",` +
				`"errors":[{"message":"an id is a whole number from 0 to 9223372036854775807, written as a number or a string of digits","location":"body.user_id","value":-1}]}}]}`,
		},
		{"health", "GET", "/health", "", `{"status":"ready","live":true,"ready":true}`},
		{"live", "GET", "/health/live", "", `{"status":"ready","live":true,"ready":true}`},
		{"ready", "GET", "/health/ready", "", `{"status":"ready","live":true,"ready":true}`},
		{
			"info", "GET", "/info", "",
			`{"model_version":"v1","preset":"default","parameters":12,"reels":1000,"users":1000,"trained_on":5000,"data_from":1700000000,"data_to":1700086400,"metrics":{"ndcg@10":0.25},` +
				`"sources":[{"source":"similar","quota":70,"requests":9,"failed":1,"over_budget":2}]}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ask(ready(), c.method, c.path, c.body)
			if w.Code != http.StatusOK {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
			got := measured.ReplaceAllString(strings.TrimSpace(w.Body.String()), `"latency_ms":0`)
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if ct := w.Header().Get("Content-Type"); ct != "application/json" {
				t.Errorf("content type %q", ct)
			}
		})
	}
}
