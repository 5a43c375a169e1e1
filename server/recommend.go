package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/reelrank/reelrank/reel"
)

func (s *Server) registerRecommend(api huma.API) {
	registry := api.OpenAPI().Components.Schemas
	one, many := newDecoder[RecommendRequest](registry), newDecoder[BatchRecommendRequest](registry)
	s.limitTopK(registry.SchemaFromRef(one.schema.Ref))
	post(s, api, huma.Operation{
		OperationID: "recommend", Path: "/recommend", Summary: "One slate for one user", Tags: []string{"recommend"},
	}, takes{one.schema, s.cfg.MaxBodyBytes}, parsed(single(s, one, s.recommend)))
	post(s, api, huma.Operation{
		OperationID: "batch-recommend", Path: "/batch/recommend", Summary: "Slates for many users", Tags: []string{"recommend"},
		Description: "Each request is answered or refused by itself, in the order given.",
	}, takes{many.schema, s.cfg.MaxBodyBytes}, parsed(batch(s, one, s.recommend)))
	s.limitBatch(registry, "BatchRecommendRequest")
}

func (s *Server) registerPredict(api huma.API) {
	registry := api.OpenAPI().Components.Schemas
	one, many := newDecoder[PredictRequest](registry), newDecoder[BatchPredictRequest](registry)
	post(s, api, huma.Operation{
		OperationID: "predict", Path: "/predict", Summary: "What a user would do with a reel", Tags: []string{"predict"},
		Errors: []int{http.StatusNotFound},
	}, takes{one.schema, s.cfg.MaxBodyBytes}, parsed(single(s, one, s.predict)))
	post(s, api, huma.Operation{
		OperationID: "batch-predict", Path: "/batch/predict", Summary: "Predictions for many pairs", Tags: []string{"predict"},
		Description: "Each request is answered or refused by itself, in the order given.",
	}, takes{many.schema, s.cfg.MaxBodyBytes}, parsed(batch(s, one, s.predict)))
	s.limitBatch(registry, "BatchPredictRequest")
}

// limitTopK puts the configured limit into the schema, where it is documented
// and checked.
func (s *Server) limitTopK(schema *huma.Schema) {
	most := float64(s.cfg.MaxTopK)
	topK := schema.Properties["top_k"]
	topK.Maximum = &most
	topK.Default = min(defaultTopK, s.cfg.MaxTopK)
	schema.PrecomputeMessages()
}

func (s *Server) recommend(ctx context.Context, in *RecommendRequest) (*RecommendResponse, error) {
	start := time.Now()
	engine, err := s.currentEngine()
	if err != nil {
		return nil, err
	}
	request, err := in.toDomain(s.cfg.MaxTopK)
	if err != nil {
		return nil, err
	}
	slate, err := engine.Recommend(ctx, request)
	if err != nil {
		return nil, err
	}
	out, err := recommendResponse(&slate, in.Explain)
	if err != nil {
		return nil, err
	}
	out.LatencyMS = milliseconds(time.Since(start))
	return out, nil
}

func (s *Server) predict(ctx context.Context, in *PredictRequest) (*PredictResponse, error) {
	start := time.Now()
	engine, err := s.currentEngine()
	if err != nil {
		return nil, err
	}
	weights, err := in.Weights.toDomain()
	if err != nil {
		return nil, err
	}
	p, err := engine.Predict(ctx, reel.UserID(in.UserID), reel.ReelID(in.ItemID), in.Context.toDomain(), weights)
	if err != nil {
		return nil, err
	}
	out, err := predictResponse(&p)
	if err != nil {
		return nil, err
	}
	out.LatencyMS = milliseconds(time.Since(start))
	return out, nil
}
