package server

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

var otherHost = regexp.MustCompile(`https?://`)

func TestDocsPageLoadsOnlyFromThisServer(t *testing.T) {
	server := httptest.NewServer(ready().Handler())
	defer server.Close()
	page := fetch(t, server.URL+"/", "text/html")

	assets := 0
	for _, address := range addresses(t, page) {
		if strings.Contains(address, "//") {
			t.Errorf("the page refers to %q, which is on another host", address)
			continue
		}
		if len(fetch(t, server.URL+"/"+address, "")) == 0 {
			t.Errorf("%s is empty", address)
		}
		assets++
	}
	if assets < 5 { // icon, style, two scripts and the document
		t.Errorf("the page has %d assets, want at least 5", assets)
	}
	script := fetch(t, server.URL+"/docs/docs.js", "text/javascript")
	if otherHost.Match(script) {
		t.Error("the page's script refers to another host")
	}
	if !bytes.Contains(script, []byte(`url: "openapi.json"`)) {
		t.Error("the page's script does not load the document")
	}
}

// addresses lists every address in an attribute of the page that a browser
// may load or follow.
func addresses(t *testing.T, page []byte) []string {
	t.Helper()
	var found []string
	d := xml.NewDecoder(bytes.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.CharData:
			if otherHost.Match(token) {
				t.Errorf("text of the page names another host: %s", token)
			}
		case xml.StartElement:
			for _, a := range token.Attr {
				switch a.Name.Local {
				case "src", "href", "action", "data", "srcset":
					found = append(found, a.Value)
				}
			}
		}
	}
}

// fetch gets an address that must exist, as a client does that follows
// redirects and accepts gzip.
func fetch(t *testing.T, url, contentType string) []byte {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v", url, response.Status, err)
	}
	if !strings.HasPrefix(response.Header.Get("Content-Type"), contentType) {
		t.Errorf("GET %s: type %q, want %q", url, response.Header.Get("Content-Type"), contentType)
	}
	return body
}

func TestDocsPageForbidsOtherHosts(t *testing.T) {
	for _, path := range []string{"/docs", "/docs/swagger-ui-bundle.js"} {
		w := ask(ready(), "GET", path, "")
		if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'self';") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
}

func TestAssetsAreSentPlainToClientsWithoutGzip(t *testing.T) {
	w := ask(ready(), "GET", "/docs/swagger-ui.css", "")
	if w.Header().Get("Content-Encoding") != "" || !strings.Contains(w.Body.String(), ".swagger-ui") {
		t.Error("the style is not sent plain")
	}
}
