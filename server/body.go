package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// receiveBody reads the whole body, of at most that many bytes, before the
// operation runs, because a body that breaks off, is too large or is no JSON is
// the client's doing and gets a 4xx.
func (s *Server) receiveBody(most int64) func(huma.Context, func(huma.Context)) {
	return func(c huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(c)
		if problem := acceptable(r.Header); problem != nil {
			writeProblem(w, problem)
			return
		}
		body, problem := s.readBody(w, r, most)
		if problem != nil {
			writeProblem(w, problem)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next(c)
	}
}

func (s *Server) readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, *huma.ErrorModel) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	var tooLarge *http.MaxBytesError
	var netErr net.Error
	switch {
	case err == nil:
		return body, nil
	case errors.As(err, &tooLarge):
		return nil, newProblem(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", tooLarge.Limit))
	case errors.As(err, &netErr) && netErr.Timeout():
		return nil, newProblem(http.StatusRequestTimeout, fmt.Sprintf("the body did not arrive within %s", s.cfg.ReadTimeout))
	}
	return nil, newProblem(http.StatusBadRequest, "the body broke off before its end")
}

// acceptable refuses bodies that are declared as something other than JSON in
// UTF-8. A body that declares nothing is read as JSON.
func acceptable(h http.Header) *huma.ErrorModel {
	if encoding := h.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return newProblem(http.StatusUnsupportedMediaType, "send the body without Content-Encoding")
	}
	declared := h.Get("Content-Type")
	if declared == "" {
		return nil
	}
	mediaType, params, err := mime.ParseMediaType(declared)
	charset := strings.ToLower(params["charset"])
	if err != nil || mediaType != "application/json" || charset != "" && charset != "utf-8" {
		return newProblem(http.StatusUnsupportedMediaType, "send JSON in UTF-8, with the header Content-Type: application/json")
	}
	return nil
}
