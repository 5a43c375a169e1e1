package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

type healthOutput struct {
	Status int
	Body   Health
}

func (s *Server) registerHealth(api huma.API) {
	get(api, huma.Operation{
		OperationID: "health", Path: "/health", Summary: "Live and ready, told apart; always 200 while the process lives",
	}, func() (*healthOutput, error) { return &healthOutput{http.StatusOK, s.health()}, nil })
	get(api, huma.Operation{
		OperationID: "health-live", Path: "/health/live", Summary: "200 while the process lives",
	}, func() (*healthOutput, error) { return &healthOutput{http.StatusOK, s.health()}, nil })
	get(api, huma.Operation{
		OperationID: "health-ready", Path: "/health/ready", Summary: "200 while a model is loaded, else 503",
		Errors: []int{http.StatusServiceUnavailable},
	}, s.readiness)
	get(api, huma.Operation{
		OperationID: "info", Path: "/info", Summary: "The loaded model",
		Errors: []int{http.StatusServiceUnavailable},
	}, s.info)
}

// get registers an operation without input.
func get[O any](api huma.API, op huma.Operation, answer func() (*O, error)) {
	op.Method, op.Tags = http.MethodGet, []string{"operations"}
	huma.Register(api, op, func(context.Context, *struct{}) (*O, error) { return answer() })
}

func (s *Server) health() Health {
	h := Health{Status: "starting", Live: true, Ready: s.Ready()}
	switch {
	case s.stopping.Load():
		h.Status = "stopping"
	case h.Ready:
		h.Status = "ready"
	}
	return h
}

func (s *Server) readiness() (*healthOutput, error) {
	h := s.health()
	if !h.Ready {
		return nil, asError(newProblem(http.StatusServiceUnavailable, "not ready: the server is "+h.Status))
	}
	return &healthOutput{http.StatusOK, h}, nil
}

func (s *Server) info() (*output[Info], error) {
	engine, err := s.currentEngine()
	if err != nil {
		return nil, asError(s.problem(context.Background(), err))
	}
	return &output[Info]{info(engine.Facts())}, nil
}
