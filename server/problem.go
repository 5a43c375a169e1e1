package server

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
)

// retryAfter is how long a client that met a server without a model should
// wait, in seconds.
const retryAfter = 2

// statusClientGone is nginx's status for a request whose client hung up:
// nobody reads it, it only tells such requests apart in the log.
const statusClientGone = 499

func newProblem(status int, detail string) *huma.ErrorModel {
	return &huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail}
}

// problem is the one table that maps an engine's error to HTTP.
func (s *Server) problem(ctx context.Context, err error) *huma.ErrorModel {
	var request *recommend.RequestError
	var field *reel.FieldError
	switch {
	case errors.As(err, &request):
		return invalid(inBody(request.Field, request.Reason))
	case errors.As(err, &field):
		return invalid(inBody(field.Field, field.Reason))
	case errors.Is(err, recommend.ErrUnknownReel), errors.Is(err, live.ErrUnknownReel),
		errors.Is(err, live.ErrUnknownCreator), errors.Is(err, live.ErrUnknownUser):
		return newProblem(http.StatusNotFound, err.Error())
	case errors.Is(err, live.ErrUnavailable):
		s.log.ErrorContext(ctx, "write refused", "request_id", requestID(ctx), "error", err)
		return newProblem(http.StatusServiceUnavailable, "the store takes no writes for now, while reads go on: send this again later; events with an event_id are never counted twice")
	case errors.Is(err, errNoStore):
		return newProblem(http.StatusNotImplemented, err.Error())
	case errors.Is(err, recommend.ErrNotFitted):
		return newProblem(http.StatusServiceUnavailable, "no model is loaded yet: see /health/ready, and try again")
	case errors.Is(err, context.DeadlineExceeded):
		return newProblem(http.StatusServiceUnavailable, "the answer took longer than "+s.cfg.WriteTimeout.String())
	case errors.Is(err, context.Canceled):
		return newProblem(statusClientGone, "the request was cancelled")
	}
	s.log.ErrorContext(ctx, "request failed", "request_id", requestID(ctx), "error", err)
	return newProblem(http.StatusInternalServerError, "an internal error; the log has it under request id "+requestID(ctx))
}

// asError adds the headers that belong to a problem's status.
func asError(p *huma.ErrorModel) error {
	if h := problemHeaders(p.Status); h != nil {
		return huma.ErrorWithHeaders(p, h)
	}
	return p
}

func problemHeaders(status int) http.Header {
	if status == http.StatusServiceUnavailable {
		return http.Header{"Retry-After": {strconv.Itoa(retryAfter)}}
	}
	return nil
}

// writeProblem answers outside of an operation: an unknown path, a wrong
// method, a panic.
func writeProblem(w http.ResponseWriter, p *huma.ErrorModel) {
	maps.Copy(w.Header(), problemHeaders(p.Status))
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // a client that is gone cannot be told
}
