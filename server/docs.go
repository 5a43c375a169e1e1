package server

import (
	"compress/gzip"
	"embed"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/swaggest/swgui/v5/static"
)

//go:embed page
var pageFiles embed.FS

// contentSecurity makes the browser itself hold the promise that the page
// loads nothing from another host. Swagger UI sets styles inline and draws
// icons from data: URLs.
const contentSecurity = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"

// pages are the routes that are no part of the API: the documentation and the
// metrics.
func (s *Server) pages() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"/{$}":          func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/docs", http.StatusFound) },
		"/openapi.json": s.serveOpenAPI,
		"/metrics":      s.metrics.handler(),
		"/docs":         func(w http.ResponseWriter, r *http.Request) { serveAsset(w, r, "docs.html") },
		"/docs/{file}":  func(w http.ResponseWriter, r *http.Request) { serveAsset(w, r, r.PathValue("file")) },
	}
}

func (s *Server) serveOpenAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/openapi+json")
	_, _ = w.Write(s.openapi)
}

// serveAsset sends a file of the page, or of Swagger UI, which is embedded
// compressed.
func serveAsset(w http.ResponseWriter, r *http.Request, name string) {
	file, compressed, err := openAsset(name)
	if err != nil {
		writeProblem(w, newProblem(http.StatusNotFound, "no such path: see /docs"))
		return
	}
	defer file.Close()
	h := w.Header()
	h.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	h.Set("Content-Security-Policy", contentSecurity)
	h.Set("X-Content-Type-Options", "nosniff")
	var content io.Reader = file
	if compressed {
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
		} else if content, err = gzip.NewReader(file); err != nil {
			panic("server: embedded " + name + ": " + err.Error())
		}
	}
	_, _ = io.Copy(w, content)
}

func openAsset(name string) (file fs.File, compressed bool, err error) {
	if file, err := pageFiles.Open("page/" + name); err == nil {
		return file, false, nil
	}
	if file, err := static.FS.Open(name); err == nil {
		return file, false, nil
	}
	file, err = static.FS.Open(name + ".gz")
	return file, true, err
}
