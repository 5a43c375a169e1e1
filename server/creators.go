package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/reelrank/reelrank/reel"
)

func (s *Server) registerCreators(api huma.API) {
	put(s, api, huma.Operation{
		OperationID: "put-creator", Path: "/creators/{id}", Summary: "A creator, new or changed", Tags: []string{"catalogue"},
		Errors: []int{http.StatusNotImplemented},
	}, takes{creatorFields.document(), s.cfg.MaxBodyBytes}, s.putCreator)
	item(s, api, huma.Operation{
		OperationID: "creator", Method: http.MethodGet, Path: "/creators/{id}", Summary: "What the catalogue knows of a creator", Tags: []string{"catalogue"},
		Errors: onItem,
	}, func(_ context.Context, of Live, id int64) (*output[Creator], error) {
		c, err := of.Creator(reel.CreatorID(id))
		return &output[Creator]{Creator{int64(c.ID), c.Name, c.Language, c.Region, c.Joined}}, err
	})
	item(s, api, huma.Operation{
		OperationID: "delete-creator", Method: http.MethodDelete, Path: "/creators/{id}",
		Summary: "Take a creator and all their reels out of the catalogue", Tags: []string{"catalogue"},
		Errors: onItem,
	}, func(ctx context.Context, of Live, id int64) (*output[CreatorDeleted], error) {
		reels, err := of.DeleteCreator(ctx, reel.CreatorID(id))
		return &output[CreatorDeleted]{CreatorDeleted{id, reels}}, err
	})
}

func (s *Server) putCreator(ctx context.Context, id int64, body []byte) (*CreatorName, *huma.ErrorModel) {
	c := reel.Creator{ID: reel.CreatorID(id)}
	if problem := creatorFields.readBody(body, &c, (*reel.Creator).Validate); problem != nil {
		return nil, problem
	}
	if int64(c.ID) != id {
		return nil, invalid(inBody("creator_id", notOfThePath))
	}
	to, err := s.currentLive()
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	if err := to.PutCreator(ctx, c); err != nil {
		return nil, s.problem(ctx, err)
	}
	return &CreatorName{id}, nil
}

// creatorFields is the schema of a creator that arrives.
var creatorFields = shape[reel.Creator]{
	idField("creator_id", "the id of the path, or left out", func(c *reel.Creator) *int64 { return (*int64)(&c.ID) }),
	textField("name", maxLabelLength, "as it is shown", func(c *reel.Creator) *string { return &c.Name }),
	textField("language", maxLabelLength, "BCP 47 tag, such as pt", func(c *reel.Creator) *string { return &c.Language }),
	textField("region", maxLabelLength, "where they are", func(c *reel.Creator) *string { return &c.Region }),
	timeField("joined", "when, in unix seconds; milliseconds are recognised", func(c *reel.Creator) *int64 { return &c.Joined }),
}
