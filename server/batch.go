package server

import (
	"context"
	"encoding/json"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/danielgtaylor/huma/v2"
)

// BatchRecommendRequest asks for many slates.
type BatchRecommendRequest struct {
	Requests []RecommendRequest `json:"requests" minItems:"1" nullable:"false"`
}

// BatchPredictRequest asks for many predictions.
type BatchPredictRequest struct {
	Requests []PredictRequest `json:"requests" minItems:"1" nullable:"false"`
}

// BatchResponse holds one result per request, in the order of the requests.
type BatchResponse[T any] struct {
	Responses []Result[T] `json:"responses" nullable:"false"`
}

// Result is an answer, or {"error": problem}.
type Result[T any] struct {
	Answer  *T
	Problem *huma.ErrorModel
}

// MarshalJSON writes whichever of the two there is.
func (r Result[T]) MarshalJSON() ([]byte, error) {
	if r.Problem != nil {
		return json.Marshal(map[string]*huma.ErrorModel{"error": r.Problem})
	}
	return json.Marshal(r.Answer)
}

// Schema is one of the answer and an object with an error.
func (Result[T]) Schema(registry huma.Registry) *huma.Schema {
	refused := &huma.Schema{
		Type: huma.TypeObject, Required: []string{"error"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{"error": registry.Schema(reflect.TypeFor[huma.ErrorModel](), true, "")},
	}
	return &huma.Schema{OneOf: []*huma.Schema{registry.Schema(reflect.TypeFor[T](), true, ""), refused}}
}

// limitBatch puts the configured limit into the documented schema.
func (s *Server) limitBatch(registry huma.Registry, name string) {
	registry.Map()[name].Properties["requests"].MaxItems = &s.cfg.MaxBatch
}

// envelope is the schema of a batch that leaves its requests unchecked: each
// of them is checked, and refused, by itself.
func (s *Server) envelope() *huma.Schema {
	least := 1
	schema := &huma.Schema{
		Type: huma.TypeObject, Required: []string{"requests"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{"requests": {
			Type: huma.TypeArray, MinItems: &least, MaxItems: &s.cfg.MaxBatch, Items: &huma.Schema{},
		}},
	}
	schema.PrecomputeMessages()
	return schema
}

// batch answers a body of many requests.
func batch[Req, Resp any](s *Server, d decoder[Req], ask answerer[Req, Resp]) treeHandler[BatchResponse[Resp]] {
	envelope := s.envelope()
	one := single(s, d, ask)
	return func(ctx context.Context, tree any, raw []byte) (*BatchResponse[Resp], *huma.ErrorModel) {
		if problem := check(d.registry, envelope, tree); problem != nil {
			return nil, problem
		}
		if _, err := s.currentEngine(); err != nil {
			return nil, s.problem(ctx, err) // one 503 with Retry-After, not a list of them
		}
		var body struct{ Requests []json.RawMessage }
		if err := json.Unmarshal(raw, &body); err != nil {
			return nil, invalid(unmarshalDetail(err))
		}
		trees := tree.(map[string]any)["requests"].([]any)
		results := make([]Result[Resp], len(trees))
		eachParallel(len(trees), func(i int) {
			results[i].Answer, results[i].Problem = one(ctx, trees[i], body.Requests[i])
		})
		return &BatchResponse[Resp]{results}, nil
	}
}

// eachParallel calls fn for 0..n-1 on as many goroutines as there are CPUs,
// and returns when all are done. fn does not panic.
func eachParallel(n int, fn func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				fn(i)
			}
		})
	}
	workers.Wait()
}
