package server

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/reel"
)

// maxCaption is the longest caption, in characters: twice what the largest
// apps allow.
const maxCaption = 10_000

func (s *Server) registerReels(api huma.API) {
	reels := reelUpload()
	schemas := api.OpenAPI().Components.Schemas
	post(s, api, huma.Operation{
		OperationID: "put-reels", Path: "/reels", Summary: "Reels new or changed: one, or up to 1,000", Tags: []string{"catalogue"},
		Description: "Each reel of a list is taken or rejected by itself, and replaces what was known of it. A single reel that is rejected is a problem.",
		Errors:      []int{http.StatusNotImplemented},
	}, takes{reels.document(schemas, "ReelToPut"), s.cfg.MaxBulkBytes}, func(ctx context.Context, body []byte) (*ReelsResponse, *huma.ErrorModel) {
		outcome, problem := reels.take(ctx, s, body, putReels)
		if problem != nil {
			return nil, problem
		}
		return &ReelsResponse{outcome.Accepted, rejections(outcome.Rejected)}, nil
	})

	fields := reelFields.with("reel_id", func(f *field[reel.Reel]) { f.required = false })
	put(s, api, huma.Operation{
		OperationID: "put-reel", Path: "/reels/{id}", Summary: "A reel, new or changed", Tags: []string{"catalogue"},
		Errors: []int{http.StatusNotImplemented},
	}, takes{fields.document(), s.cfg.MaxBodyBytes}, func(ctx context.Context, id int64, body []byte) (*ReelName, *huma.ErrorModel) {
		r := reel.Reel{ID: reel.ReelID(id)}
		if problem := fields.readBody(body, &r, (*reel.Reel).Validate); problem != nil {
			return nil, problem
		}
		if int64(r.ID) != id {
			return nil, invalid(inBody("reel_id", notOfThePath))
		}
		return s.putReel(ctx, r)
	})
	item(s, api, huma.Operation{
		OperationID: "reel", Method: http.MethodGet, Path: "/reels/{id}", Summary: "What the catalogue knows of a reel", Tags: []string{"catalogue"},
		Errors: onItem,
	}, func(_ context.Context, of Live, id int64) (*output[Reel], error) {
		r, err := of.Reel(reel.ReelID(id))
		return &output[Reel]{reelAnswer(&r)}, err
	})
	item(s, api, huma.Operation{
		OperationID: "delete-reel", Method: http.MethodDelete, Path: "/reels/{id}", Summary: "Take a reel out of the catalogue", Tags: []string{"catalogue"},
		Errors: onItem, DefaultStatus: http.StatusNoContent,
	}, func(ctx context.Context, of Live, id int64) (*struct{}, error) {
		return nil, of.DeleteReel(ctx, reel.ReelID(id))
	})
}

func (s *Server) putReel(ctx context.Context, r reel.Reel) (*ReelName, *huma.ErrorModel) {
	to, err := s.currentLive()
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	outcome, err := to.PutReels(ctx, []reel.Reel{r})
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	for _, refused := range outcome.Rejected {
		return nil, invalid(inBody(refused.Field, refused.Reason))
	}
	return &ReelName{int64(r.ID)}, nil
}

func putReels(ctx context.Context, to Live, reels []reel.Reel) (live.Recorded, error) {
	stored, err := to.PutReels(ctx, reels)
	return live.Recorded{Accepted: stored.Accepted, Rejected: stored.Rejected}, err
}

func reelUpload() upload[reel.Reel] {
	return upload[reel.Reel]{"reels", reelFields, (*reel.Reel).Validate}
}

// reelFields is the schema of a reel that arrives.
var reelFields = shape[reel.Reel]{
	required(idField("reel_id", "the reel", func(r *reel.Reel) *int64 { return (*int64)(&r.ID) })),
	required(idField("creator_id", "who uploaded it", func(r *reel.Reel) *int64 { return (*int64)(&r.Creator) })),
	textField("category", maxLabelLength, "one label, such as cooking", func(r *reel.Reel) *string { return &r.Category }),
	textField("language", maxLabelLength, "BCP 47 tag, such as pt", func(r *reel.Reel) *string { return &r.Language }),
	textField("region", maxLabelLength, "where it was made", func(r *reel.Reel) *string { return &r.Region }),
	textField("caption", maxCaption, "free text", func(r *reel.Reel) *string { return &r.Caption }),
	numberField("duration", reel.MaxDuration, "length in seconds", func(r *reel.Reel, v float32) { r.Duration = v }),
	timeField("uploaded", "when it was uploaded, in unix seconds; milliseconds are recognised", func(r *reel.Reel) *int64 { return &r.Uploaded }),
	wholeField("age_rating", reel.MaxAgeRating, "how many years old a viewer has to be; 0 is for everybody", func(r *reel.Reel, v int64) { r.AgeRating = uint8(v) }),
	contentField("video", reel.VideoDim, "content vector of the pictures", func(r *reel.Reel) *[]float32 { return &r.Video }),
	contentField("audio", reel.AudioDim, "content vector of the sound", func(r *reel.Reel) *[]float32 { return &r.Audio }),
	contentField("text", reel.TextDim, "content vector of the words", func(r *reel.Reel) *[]float32 { return &r.Text }),
	featuresField(),
}

// contentField is the vector of one modality.
func contentField(name string, n int, doc string, at func(*reel.Reel) *[]float32) field[reel.Reel] {
	return vectorField(name, n, doc, func(r *reel.Reel, vector []float32) *reel.FieldError {
		if *at(r) != nil {
			return givenTwice()
		}
		*at(r) = vector
		return nil
	})
}

// featuresField is the vectors of all three modalities in a row. One that is
// missing is zeros.
func featuresField() field[reel.Reel] {
	return vectorField("features", reel.VideoDim+reel.AudioDim+reel.TextDim,
		"video, audio and text in a row, instead of the three; zeros for one that is missing",
		func(r *reel.Reel, vector []float32) *reel.FieldError {
			if r.Video != nil || r.Audio != nil || r.Text != nil {
				return givenTwice()
			}
			for _, part := range []struct {
				into *[]float32
				n    int
			}{{&r.Video, reel.VideoDim}, {&r.Audio, reel.AudioDim}, {&r.Text, reel.TextDim}} {
				if slices.ContainsFunc(vector[:part.n], func(v float32) bool { return v != 0 }) {
					*part.into = vector[:part.n:part.n]
				}
				vector = vector[part.n:]
			}
			return nil
		})
}

func givenTwice() *reel.FieldError {
	return &reel.FieldError{Reason: "give either features or video, audio and text"}
}
