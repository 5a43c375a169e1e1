package server

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// FuzzBodies holds any bytes to the invariant of the package: a 2xx or
// a 4xx with a JSON body, and no panic (the engine's guard and the recovery of
// observe would make it a 5xx).
func FuzzBodies(f *testing.F) {
	for _, body := range []string{
		`{"user_id":123,"top_k":10}`,
		`{"user_id":"123","weights":{"watch_time":0.1,"like":1,"share":0,"follow":2},"explain":true}`,
		`{"user_id":1,"max_per_creator":2,"exclude":[1,"2"],"context":{"device":"a","place":"b","session":3}}`,
		`{"requests":[{"user_id":1},{"user_id":"x"},{"user_id":1,"item_id":2}]}`,
		`{"user_id":9223372036854775808}`, `{"user_id":1e400}`, `{"user_id":-0}`, `{"a":{"a":[[[]]]}}`,
		wholeEvent, `{"events":[{"user_id":1,"reel_id":2,"liked":1},{"user_id":-1},7,{"context":{"device":[]}}]}`,
		`{"reel_id":1,"creator_id":2,"caption":"\ud83d\ude00","video":[1,2],"age_rating":16}`, `{"reels":[{"reel_id":1,"creator_id":5000},{"text":[1e39]}]}`,
		`{"name":"Ana","joined":1767226920000}`,
		"\xef\xbb\xbf{}", "", "null", `"`, "{\"user_id\":1,\"user\\u005fid\":1}",
	} {
		f.Add([]byte(body))
	}
	s, store := withStore()
	f.Fuzz(func(t *testing.T, body []byte) {
		store.events = nil
		for _, path := range []string{"/recommend", "/predict", "/batch/recommend", "/batch/predict", "/events", "/reels", "/reels/1", "/creators/1"} {
			method := "POST"
			if strings.HasSuffix(path, "/1") {
				method = "PUT"
			}
			r := httptest.NewRequest(method, path, bytes.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if w.Code < 200 || w.Code > 299 && w.Code < 400 || w.Code > 499 {
				t.Fatalf("%s: status %d for %q: %s", path, w.Code, body, w.Body)
			}
			if !json.Valid(w.Body.Bytes()) {
				t.Fatalf("%s: %q is answered with %q, which is no JSON", path, body, w.Body)
			}
			if bytes.Contains(w.Body.Bytes(), []byte(`"status":500`)) {
				t.Fatalf("%s: %q fails within a batch: %s", path, body, w.Body)
			}
		}
	})
}

// TestParseJSONAgreesWithEncodingJSON: what parseJSON accepts, encoding/json
// reads as the same value; what encoding/json writes, parseJSON accepts.
func TestParseJSONAgreesWithEncodingJSON(t *testing.T) {
	scalar := rapid.OneOf(
		rapid.Map(rapid.Int64Range(-1<<53, 1<<53), func(v int64) any { return v }), rapid.Map(rapid.String(), func(v string) any { return v }),
		rapid.Map(rapid.Bool(), func(v bool) any { return v }), rapid.Just[any](nil), rapid.Map(rapid.Float64Range(-1e9, 1e9), func(v float64) any { return v }),
	)
	value := rapid.OneOf(scalar,
		rapid.Map(rapid.SliceOf(scalar), func(v []any) any { return v }),
		rapid.Map(rapid.MapOf(rapid.String(), scalar), func(v map[string]any) any { return v }))
	rapid.Check(t, func(t *rapid.T) {
		data, err := json.Marshal(value.Draw(t, "value"))
		if err != nil {
			t.Skip("not JSON")
		}
		parsed, err := parseJSON(data)
		if err != nil {
			t.Fatalf("%s is refused: %v", data, err)
		}
		again, err := json.Marshal(parsed)
		if err != nil {
			t.Fatal(err)
		}
		var want, got any
		if json.Unmarshal(data, &want) != nil || json.Unmarshal(again, &got) != nil {
			t.Fatal("encoding/json refuses its own output")
		}
		if !reflect.DeepEqual(got, want) { // -0 equals 0
			t.Fatalf("%s became %s", data, again)
		}
	})
}
