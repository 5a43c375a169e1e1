package server

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	curlPost = regexp.MustCompile(`(?s)curl -H 'Content-Type: application/json' -d '(.*?)' http://127\.0\.0\.1:8000(/\S+)`)
	curlGet  = regexp.MustCompile(`(?m)^curl http://127\.0\.0\.1:8000(/\S+)$`)
)

func TestExamplesOfTheAPIPageAreAccepted(t *testing.T) {
	page, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	s, _ := withStore()
	shown := map[string]bool{}
	for _, m := range curlPost.FindAllStringSubmatch(string(page), -1) {
		body, path := m[1], m[2]
		shown[path] = true
		want := http.StatusOK
		if strings.Contains(body, `"bob"`) { // the example of a problem
			want = http.StatusUnprocessableEntity
		}
		if w := ask(s, "POST", path, body); w.Code != want {
			t.Errorf("%s %s: status %d, want %d: %s", path, body, w.Code, want, w.Body)
		}
	}
	for _, m := range curlGet.FindAllStringSubmatch(string(page), -1) {
		shown[m[1]] = true
		if w := ask(s, "GET", m[1], ""); w.Code != http.StatusOK {
			t.Errorf("%s: status %d", m[1], w.Code)
		}
	}
	for path := range s.operations(http.NewServeMux()).OpenAPI().Paths {
		if !shown[path] && !strings.Contains(string(page), "`GET "+path+"`") {
			t.Errorf("the page does not mention %s", path)
		}
	}
}
