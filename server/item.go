package server

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/reelrank/reelrank/reel"
)

// itemInput names a reel, a creator or a user in the path.
type itemInput struct {
	ID string `path:"id" pattern:"^[0-9]+$" maxLength:"19" example:"456" doc:"a whole number"`
}

func (in *itemInput) id() (int64, *huma.ErrorModel) {
	v, err := reel.ParseID(in.ID)
	if err != nil {
		return 0, invalid(shortDetail(&huma.ErrorDetail{Location: "path.id", Message: reel.ErrID.Error(), Value: in.ID}))
	}
	return v, nil
}

// item registers an operation without a body on what the path names.
func item[O any](s *Server, api huma.API, op huma.Operation, answer func(ctx context.Context, of Live, id int64) (*O, error)) {
	op.SkipValidateParams = true
	huma.Register(api, op, func(ctx context.Context, in *itemInput) (*O, error) {
		id, problem := in.id()
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
