package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/reelrank/reelrank/reel"
)

// onItem are the refusals that every operation without a body on what a path
// names has in common.
var onItem = []int{http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusNotImplemented, http.StatusServiceUnavailable}

// notOfThePath is the fault of a body that names something else than its path.
const notOfThePath = "is not the id in the path: leave it out"

// pathID names a reel, a creator or a user in the path.
type pathID string

// Schema is a text of digits.
func (pathID) Schema(huma.Registry) *huma.Schema {
	digits := 19
	return &huma.Schema{Type: huma.TypeString, Pattern: "^[0-9]+$", MaxLength: &digits, Examples: []any{"456"}}
}

func (text pathID) parse() (int64, *huma.ErrorModel) {
	v, err := reel.ParseID(string(text))
	if err != nil {
		return 0, invalid(shortDetail(&huma.ErrorDetail{Location: "path.id", Message: reel.ErrID.Error(), Value: string(text)}))
	}
	return v, nil
}

type itemInput struct {
	ID pathID `path:"id"`
}

type itemBody struct {
	ID      pathID `path:"id"`
	RawBody []byte `contentType:"application/json"`
}

// item registers an operation without a body on what the path names.
func item[O any](s *Server, api huma.API, op huma.Operation, answer func(ctx context.Context, of Live, id int64) (*O, error)) {
	op.SkipValidateParams = true
	huma.Register(api, op, func(ctx context.Context, in *itemInput) (*O, error) {
		id, problem := in.ID.parse()
		if problem != nil {
			return nil, problem
		}
		of, err := s.currentLive()
		if err != nil {
			return nil, asError(s.problem(ctx, err))
		}
		out, err := answer(ctx, of, id)
		if err != nil {
			return nil, asError(s.problem(ctx, err))
		}
		return out, nil
	})
}
