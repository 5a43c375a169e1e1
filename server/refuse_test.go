package server

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// long is a list of n times the same value, in JSON.
func long(n int, value string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(value+",", n), ",") + "]"
}

func TestBadRequestsAreRefused(t *testing.T) {
	deep := strings.Repeat(`{"context":`, 50) + "1" + strings.Repeat("}", 50)
	for _, c := range []struct {
		name, path, body string
		status           int
		says             string // somewhere in the problem
	}{
		{"no body", "/recommend", "", 400, "request body is required"},
		{"blank body", "/recommend", " ", 400, "ends too early"},
		{"not JSON", "/recommend", "hello", 400, "not acceptable JSON at byte"},
		{"broken off", "/recommend", `{"user_id":`, 400, "ends too early"},
		{"trailing comma", "/recommend", `{"user_id":1,}`, 400, "not acceptable JSON"},
		{"two values", "/recommend", `{"user_id":1}{"user_id":2}`, 400, "more follows"},
		{"trailing bracket", "/recommend", `{"user_id":1}]`, 400, "not acceptable JSON"},
		{"key given twice", "/recommend", `{"user_id":1,"user_id":2}`, 400, "given twice"},
		{"key given twice, escaped", "/recommend", `{"user_id":1,"user\u005fid":2}`, 400, "given twice"},
		{"key in another case", "/recommend", `{"USER_ID":1}`, 422, "USER_ID"},
		{"key in two cases", "/recommend", `{"user_id":1,"User_ID":2}`, 422, "User_ID"},
		{"NaN", "/recommend", `{"user_id":1,"weights":{"like":NaN}}`, 400, "not acceptable JSON"},
		{"Infinity", "/recommend", `{"user_id":1,"weights":{"like":Infinity}}`, 400, "not acceptable JSON"},
		{"overflowing float", "/recommend", `{"user_id":1,"weights":{"like":1e999}}`, 400, "out of range"},
		{"broken UTF-8", "/recommend", "{\"user_id\":1,\"context\":{\"place\":\"\xff\"}}", 400, "UTF-8"},
		{"absurd nesting", "/recommend", deep, 400, "nested deeper"},
		{"absurd list", "/recommend", `{"user_id":1,"exclude":` + long(20_000, "1") + `}`, 400, "a list of more than"},

		{"a list for an object", "/recommend", `[1]`, 422, "expected object"},
		{"null for an object", "/recommend", `null`, 422, "expected object"},
		{"no user", "/recommend", `{}`, 422, "user_id"},
		{"null user", "/recommend", `{"user_id":null}`, 422, "body.user_id"},
		{"negative user", "/recommend", `{"user_id":-1}`, 422, "body.user_id"},
		{"negative user as text", "/recommend", `{"user_id":"-1"}`, 422, "body.user_id"},
		{"fractional user", "/recommend", `{"user_id":1.5}`, 422, "body.user_id"},
		{"user as exponent", "/recommend", `{"user_id":1e3}`, 422, "an id is a whole number"},
		{"user as float", "/recommend", `{"user_id":1.0}`, 422, "an id is a whole number"},
		{"user beyond 64 bits", "/recommend", `{"user_id":9223372036854775808}`, 422, "an id is a whole number"},
		{"user beyond 64 bits as text", "/recommend", `{"user_id":"9223372036854775808"}`, 422, "an id is a whole number"},
		{"user of a thousand digits", "/recommend", `{"user_id":"` + strings.Repeat("1", 1000) + `"}`, 422, "body.user_id"},
		{"user as word", "/recommend", `{"user_id":"bob"}`, 422, "an id is a whole number"},
		{"empty user", "/recommend", `{"user_id":""}`, 422, "body.user_id"},
		{"user as list", "/recommend", `{"user_id":[1]}`, 422, "body.user_id"},
		{"user as boolean", "/recommend", `{"user_id":true}`, 422, "body.user_id"},
		{"unknown field", "/recommend", `{"user_id":1,"topk":5}`, 422, "body.topk"},
		{"unknown nested field", "/recommend", `{"user_id":1,"weights":{"likes":1}}`, 422, "body.weights.likes"},
		{"top_k zero", "/recommend", `{"user_id":1,"top_k":0}`, 422, "body.top_k"},
		{"top_k negative", "/recommend", `{"user_id":1,"top_k":-5}`, 422, "body.top_k"},
		{"top_k above the limit", "/recommend", `{"user_id":1,"top_k":101}`, 422, "expected number <= 100"},
		{"top_k huge", "/recommend", `{"user_id":1,"top_k":1e300}`, 422, "body.top_k"},
		{"top_k as text", "/recommend", `{"user_id":1,"top_k":"ten"}`, 422, "body.top_k"},
		{"top_k as exponent", "/recommend", `{"user_id":1,"top_k":1e1}`, 422, "top_k"},
		{"top_k fractional", "/recommend", `{"user_id":1,"top_k":1.5}`, 422, "body.top_k"},
		{"weights all zero", "/recommend", `{"user_id":1,"weights":{}}`, 422, "body.weights"},
		{"weights all zero, spelled out", "/recommend", `{"user_id":1,"weights":{"like":0}}`, 422, "all are zero"},
		{"weight negative", "/recommend", `{"user_id":1,"weights":{"like":-1}}`, 422, "body.weights.like"},
		{"weight absurd", "/recommend", `{"user_id":1,"weights":{"like":1e30}}`, 422, "body.weights.like"},
		{"weights as list", "/recommend", `{"user_id":1,"weights":[1,2,3,4]}`, 422, "body.weights"},
		{"max_per_creator zero", "/recommend", `{"user_id":1,"max_per_creator":0}`, 422, "body.max_per_creator"},
		{"max_per_creator huge", "/recommend", `{"user_id":1,"max_per_creator":1000000}`, 422, "body.max_per_creator"},
		{"place too long", "/recommend", `{"user_id":1,"context":{"place":"` + strings.Repeat("x", 65) + `"}}`, 422, "body.context.place"},
		{"negative session", "/recommend", `{"user_id":1,"context":{"session":-1}}`, 422, "body.context.session"},
		{"excluded reel negative", "/recommend", `{"user_id":1,"exclude":[1,-2]}`, 422, "body.exclude[1]"},
		{"too many excluded", "/recommend", `{"user_id":1,"exclude":` + long(1001, "1") + `}`, 422, "body.exclude"},
		{"filter as list", "/recommend", `{"user_id":1,"filter":[]}`, 422, "body.filter"},
		{"filter of an unknown field", "/recommend", `{"user_id":1,"filter":{"language":["pt"]}}`, 422, "body.filter.language"},
		{"language as text", "/recommend", `{"user_id":1,"filter":{"languages":"pt"}}`, 422, "body.filter.languages"},
		{"language as number", "/recommend", `{"user_id":1,"filter":{"languages":["pt",5]}}`, 422, "body.filter.languages[1]"},
		{"empty language", "/recommend", `{"user_id":1,"filter":{"languages":[""]}}`, 422, "body.filter.languages[0]"},
		{"category too long", "/recommend", `{"user_id":1,"filter":{"categories":["` + strings.Repeat("x", 129) + `"]}}`, 422, "body.filter.categories[0]"},
		{"too many regions", "/recommend", `{"user_id":1,"filter":{"regions":` + long(101, `"BR"`) + `}}`, 422, "body.filter.regions"},
		{"viewer of no age", "/recommend", `{"user_id":1,"filter":{"viewer_age":0}}`, 422, "body.filter.viewer_age"},
		{"viewer too old", "/recommend", `{"user_id":1,"filter":{"viewer_age":151}}`, 422, "body.filter.viewer_age"},
		{"blocked creator negative", "/recommend", `{"user_id":1,"filter":{"blocked_creators":[1,-2]}}`, 422, "body.filter.blocked_creators[1]"},
		{"too many blocked", "/recommend", `{"user_id":1,"filter":{"blocked_creators":` + long(101, "1") + `}}`, 422, "body.filter.blocked_creators"},
		{"filter of a prediction", "/predict", `{"user_id":1,"item_id":1,"filter":{}}`, 422, "body.filter"},
		{"explain as text", "/recommend", `{"user_id":1,"explain":"yes"}`, 422, "body.explain"},

		{"no item", "/predict", `{"user_id":1}`, 422, "item_id"},
		{"unknown item", "/predict", `{"user_id":1,"item_id":5000}`, 404, "unknown reel"},
		{"field of another request", "/predict", `{"user_id":1,"item_id":1,"top_k":3}`, 422, "body.top_k"},

		{"batch without requests", "/batch/recommend", `{}`, 422, "requests"},
		{"empty batch", "/batch/recommend", `{"requests":[]}`, 422, "body.requests"},
		{"batch above the limit", "/batch/recommend", `{"requests":` + long(101, `{"user_id":1}`) + `}`, 422, "body.requests"},
		{"batch as object", "/batch/predict", `{"requests":{}}`, 422, "body.requests"},
		{"batch with more beside", "/batch/predict", `{"requests":[{"user_id":1,"item_id":1}],"top_k":1}`, 422, "body.top_k"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ask(ready(), "POST", c.path, c.body)
			text := w.Body.String()
			checkProblem(t, w, c.status)
			if !strings.Contains(text, c.says) {
				t.Errorf("%s does not say %q", text, c.says)
			}
		})
	}
}

func TestBadBatchItemIsRefusedByItself(t *testing.T) {
	w := ask(ready(), "POST", "/batch/recommend", `{"requests":[{"user_id":1},{"user_id":"x"},7,null,{"user_id":2,"oops":1}]}`)
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	responses := object(t, w.Body)["responses"].([]any)
	if len(responses) != 5 {
		t.Fatalf("%d responses to 5 requests", len(responses))
	}
	for i, r := range responses {
		problem, refused := r.(map[string]any)["error"].(map[string]any)
		if refused != (i > 0) {
			t.Errorf("response %d: %v", i, r)
		}
		if refused && problem["status"] != float64(422) {
			t.Errorf("response %d: %v", i, problem)
		}
	}
}

func TestPathsMethodsAndMediaTypes(t *testing.T) {
	for _, c := range []struct {
		method, path, contentType, encoding string
		status                              int
		allow                               string
	}{
		{"GET", "/recommend", "", "", 405, "POST"},
		{"PUT", "/recommend", "application/json", "", 405, "POST"},
		{"DELETE", "/batch/predict", "", "", 405, "POST"},
		{"OPTIONS", "/predict", "", "", 405, "POST"},
		{"POST", "/health", "application/json", "", 405, "GET, HEAD"},
		{"POST", "/docs", "application/json", "", 405, "GET, HEAD"},
		{"POST", "/", "application/json", "", 405, "GET, HEAD"},
		{"PATCH", "/openapi.json", "", "", 405, "GET, HEAD"},
		{"GET", "/nowhere", "", "", 404, ""},
		{"GET", "/recommend/", "", "", 404, ""},
		{"GET", "/docs/nothing.js", "", "", 404, ""},
		{"GET", "/docs/..%2fdocs.html", "", "", 404, ""},
		{"POST", "/recommend", "text/plain", "", 415, ""},
		{"POST", "/recommend", "application/x-www-form-urlencoded", "", 415, ""},
		{"POST", "/recommend", "application/xml", "", 415, ""},
		{"POST", "/recommend", "application/json; charset=latin1", "", 415, ""},
		{"POST", "/recommend", ";;;", "", 415, ""},
		{"POST", "/recommend", "application/json", "gzip", 415, ""},
		{"POST", "/recommend", "application/json; charset=UTF-8", "", 200, ""},
		{"POST", "/recommend", "", "", 200, ""},
	} {
		t.Run(fmt.Sprint(c.method, " ", c.path, " ", c.contentType, c.encoding), func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.path, strings.NewReader(`{"user_id":1}`))
			r.Header.Set("Content-Type", c.contentType)
			r.Header.Set("Content-Encoding", c.encoding)
			w := httptest.NewRecorder()
			ready().Handler().ServeHTTP(w, r)
			if c.status == http.StatusOK {
				if w.Code != http.StatusOK {
					t.Errorf("status %d: %s", w.Code, w.Body)
				}
				return
			}
			checkProblem(t, w, c.status)
			if got := w.Header().Get("Allow"); got != c.allow {
				t.Errorf("Allow is %q, want %q", got, c.allow)
			}
		})
	}
}

func TestBodyIsLimitedExactly(t *testing.T) {
	s := ready()
	limit := int(s.cfg.MaxBodyBytes)
	fits := `{"user_id":1` + strings.Repeat(" ", limit-len(`{"user_id":1}`)) + `}`
	if w := ask(s, "POST", "/recommend", fits); w.Code != http.StatusOK {
		t.Errorf("a body of exactly the limit is refused: %d %s", w.Code, w.Body)
	}
	checkProblem(t, ask(s, "POST", "/recommend", fits+" "), http.StatusRequestEntityTooLarge)
}

func TestProblemStaysSmallForALargeBadBody(t *testing.T) {
	for name, body := range map[string]string{
		"many bad values":      `{"user_id":1,"exclude":` + long(9000, "-1") + `}`,
		"many unknown fields":  `{"user_id":1` + manyFields(9000) + `}`,
		"one enormous value":   `{"user_id":"` + strings.Repeat("9", 500_000) + `"}`,
		"one enormous key":     `{"user_id":1,"` + strings.Repeat("k", 500_000) + `":1}`,
		"one enormous key, 2x": `{"` + strings.Repeat("k", 200_000) + `":1,"` + strings.Repeat("k", 200_000) + `":1}`,
	} {
		w := ask(ready(), "POST", "/recommend", body)
		if w.Code/100 != 4 || w.Body.Len() > 8<<10 {
			t.Errorf("%s: status %d with %d bytes", name, w.Code, w.Body.Len())
		}
	}
}

func manyFields(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"x%d":1`, i)
	}
	return b.String()
}
