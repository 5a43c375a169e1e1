package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/reelrank/reelrank/reel"
)

func (s *Server) registerUsers(api huma.API) {
	item(s, api, huma.Operation{
		OperationID: "export-user", Method: http.MethodGet, Path: "/users/{id}/export", Summary: "All that is held about a user", Tags: []string{"users"},
		Errors: onItem, Responses: map[string]*huma.Response{"200": exportSchema()},
	}, func(_ context.Context, of Live, id int64) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(c huma.Context) { s.export(c, of, reel.UserID(id)) }}, nil
	})
	item(s, api, huma.Operation{
		OperationID: "erase-user", Method: http.MethodDelete, Path: "/users/{id}", Summary: "Forget all that is held about a user", Tags: []string{"users"},
		Errors: onItem, DefaultStatus: http.StatusNoContent,
	}, func(ctx context.Context, of Live, id int64) (*struct{}, error) {
		return nil, of.Erase(ctx, reel.UserID(id))
	})
}

// export streams a document that may be larger than memory should hold. What
// fails before its first byte is a problem; what fails later breaks the
// connection off, so that nobody takes the part for the whole.
func (s *Server) export(c huma.Context, of Live, user reel.UserID) {
	r, w := humago.Unwrap(c)
	// The deadline for reading a request would otherwise cancel it in the midst of the answer.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	started := &onFirstByte{ResponseWriter: w}
	err := of.Export(r.Context(), user, started)
	if err == nil {
		return
	}
	problem := s.problem(r.Context(), err)
	if started.yes {
		panic(http.ErrAbortHandler)
	}
	writeProblem(w, problem)
}

// onFirstByte declares JSON once there is some.
type onFirstByte struct {
	http.ResponseWriter
	yes bool
}

func (w *onFirstByte) Write(b []byte) (int, error) {
	if !w.yes {
		w.yes = true
		w.Header().Set("Content-Type", "application/json")
	}
	return w.ResponseWriter.Write(b)
}

// exportSchema documents what live.Service.Export writes.
func exportSchema() *huma.Response {
	return &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{
		Type: huma.TypeObject, Required: []string{"user_id", "profile", "records"},
		Properties: map[string]*huma.Schema{
			"user_id": {Type: huma.TypeInteger, Format: "int64"},
			"profile": {Type: huma.TypeObject, AdditionalProperties: true, Description: "what recommendations for the user start from"},
			"records": {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}, Description: "what was recorded of the user, oldest first"},
		},
	}}}}
}
