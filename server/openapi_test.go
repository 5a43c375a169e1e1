package server

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/reelrank/reelrank/reel"
)

var update = flag.Bool("update", false, "rewrite the golden files under testdata")

func TestOpenAPIDocumentIsTheReviewedOne(t *testing.T) {
	const golden = "testdata/openapi.json"
	w := ask(ready(), "GET", "/openapi.json", "")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/openapi+json" {
		t.Fatalf("status %d, type %q", w.Code, w.Header().Get("Content-Type"))
	}
	if *update {
		if err := os.WriteFile(golden, w.Body.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if w.Body.String() != string(want) {
		t.Errorf("the document differs from %s: review the change, then run go test ./server -update", golden)
	}
}

func TestOpenAPIDocumentIsSound(t *testing.T) {
	var doc map[string]any
	if err := json.Unmarshal(ready().openapi, &doc); err != nil {
		t.Fatal(err)
	}
	if v, _ := doc["openapi"].(string); !strings.HasPrefix(v, "3.1.") {
		t.Errorf("openapi is %q, want 3.1", v)
	}
	walk(doc, func(key string, value any) {
		ref, isRef := value.(string)
		if key == "$ref" && isRef && lookup(doc, ref) == nil {
			t.Errorf("%s leads nowhere", ref)
		}
	})
	seen := map[any]bool{}
	for path, item := range doc["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			op := op.(map[string]any)
			id := op["operationId"]
			if id == nil || id == "" || seen[id] || op["summary"] == nil {
				t.Errorf("%s %s: operation id %v is missing or used twice, or there is no summary", method, path, id)
			}
			seen[id] = true
			responses := op["responses"].(map[string]any)
			if responses["200"] == nil && responses["204"] == nil || len(responses) < 2 {
				t.Errorf("%s %s: documents the responses %v, want a success and the refusals", method, path, responses)
			}
		}
	}
	if len(seen) != 18 {
		t.Errorf("%d operations are documented, want 18", len(seen))
	}
}

// walk visits every member of every object.
func walk(v any, visit func(key string, value any)) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			visit(key, value)
			walk(value, visit)
		}
	case []any:
		for _, value := range v {
			walk(value, visit)
		}
	}
}

// lookup follows a reference such as "#/components/schemas/Info".
func lookup(doc any, ref string) any {
	for _, name := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		object, ok := doc.(map[string]any)
		if !ok {
			return nil
		}
		doc = object[name]
	}
	return doc
}

func TestAnswersFitTheirDocumentedSchemas(t *testing.T) {
	s, _ := withStore()
	api := s.operations(http.NewServeMux())
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/recommend", `{"user_id":1}`},
		{"POST", "/recommend", `{"user_id":5000,"explain":true,"max_per_creator":1}`},
		{"POST", "/recommend", `{"user_id":1,"filter":{"languages":["pt"],"viewer_age":16}}`},
		{"POST", "/recommend", `{"user_id":1,"filter":{"viewer_age":-1}}`},
		{"POST", "/predict", `{"user_id":1,"item_id":2}`},
		{"POST", "/predict", `{"user_id":1,"item_id":5000}`},
		{"POST", "/recommend", `{"user_id":-1}`},
		{"POST", "/recommend", `{`},
		{"POST", "/batch/recommend", `{"requests":[{"user_id":1,"explain":true},{"user_id":-1}]}`},
		{"POST", "/batch/predict", `{"requests":[{"user_id":1,"item_id":2},{"user_id":1,"item_id":5000}]}`},
		{"POST", "/events", wholeEvent},
		{"POST", "/events", `{"events":[{"user_id":1},{"user_id":1,"reel_id":2}]}`},
		{"POST", "/events", `{}`},
		{"POST", "/reels", `{"reels":[{"reel_id":1,"creator_id":2},{}]}`},
		{"PUT", "/reels/11", `{"creator_id":2,"text":` + long(reel.TextDim, "1") + `}`},
		{"PUT", "/reels/11", `{}`},
		{"GET", "/reels/10", ""}, {"GET", "/reels/11", ""}, {"GET", "/reels/5000", ""}, {"DELETE", "/reels/x", ""},
		{"PUT", "/creators/8", `{"name":"Bo"}`},
		{"GET", "/creators/7", ""}, {"DELETE", "/creators/7", ""}, {"DELETE", "/creators/5000", ""},
		{"GET", "/users/1/export", ""}, {"GET", "/users/5000/export", ""}, {"DELETE", "/users/5000", ""},
		{"GET", "/health", ""}, {"GET", "/health/live", ""}, {"GET", "/health/ready", ""}, {"GET", "/info", ""},
	} {
		w := ask(s, c.method, c.path, c.body)
		response := operation(api.OpenAPI(), c.method, c.path).Responses[strconv.Itoa(w.Code)]
		if response == nil {
			t.Errorf("%s %s: status %d is not documented", c.method, c.path, w.Code)
			continue
		}
		media := response.Content[w.Header().Get("Content-Type")]
		if media == nil {
			t.Errorf("%s %s %d: %s is not documented", c.method, c.path, w.Code, w.Header().Get("Content-Type"))
			continue
		}
		var result huma.ValidateResult
		path := huma.NewPathBuffer(nil, 0)
		huma.Validate(api.OpenAPI().Components.Schemas, media.Schema, path, huma.ModeReadFromServer, object(t, w.Body), &result)
		for _, err := range result.Errors {
			t.Errorf("%s %s %s: %v", c.method, c.path, c.body, err)
		}
	}
}

var pathNumber = regexp.MustCompile(`^(/(?:reels|creators|users)/)[^/]+`)

// operation finds what a path of a request is documented as.
func operation(doc *huma.OpenAPI, method, path string) *huma.Operation {
	item := doc.Paths[documented(path)]
	return map[string]*huma.Operation{"GET": item.Get, "PUT": item.Put, "POST": item.Post, "DELETE": item.Delete}[method]
}
