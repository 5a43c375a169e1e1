package server

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// curl finds the examples of a page: method, body, path, and the answer that
// is shown next, if one is.
var curl = regexp.MustCompile("(?m)^curl (?:-X (PUT|DELETE) )?(?:-H 'Content-Type: application/json' -d '([^']*)' )?" +
	"http://127\\.0\\.0\\.1:8000(/\\S+)\n```\n(?:\n```json\n([^`]*)\n```)?")

func TestExamplesOfTheAPIPageAreAccepted(t *testing.T) {
	page, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	s, _ := withStore()
	shown := map[string]bool{}
	for _, m := range curl.FindAllStringSubmatch(string(page), -1) {
		method, body, path, answer := m[1], m[2], m[3], m[4]
		switch {
		case method == "" && body == "":
			method = "GET"
		case method == "":
			method = "POST"
		}
		shown[documented(path)] = true
		w := ask(s, method, path, body)
		if refused := strings.Contains(body, `"bob"`); refused != (w.Code == http.StatusUnprocessableEntity) || !refused && w.Code/100 != 2 {
			t.Errorf("%s %s %s: status %d: %s", method, path, body, w.Code, w.Body)
		}
		if got := strings.TrimSpace(w.Body.String()); storePath.MatchString(path) && answer != "" && got != answer {
			t.Errorf("%s %s is answered with\n%s\nand the page says\n%s", method, path, got, answer)
		}
	}
	for path := range s.operations(http.NewServeMux()).OpenAPI().Paths {
		if !shown[path] && !strings.Contains(string(page), "`GET "+path+"`") {
			t.Errorf("the page does not mention %s", path)
		}
	}
}

// storePath is that of an answer that does not depend on a model.
var storePath = regexp.MustCompile(`^/(events|reels|creators|users)`)

// documented is the path of the OpenAPI document that a request goes to.
func documented(path string) string { return pathNumber.ReplaceAllString(path, "${1}{id}") }
