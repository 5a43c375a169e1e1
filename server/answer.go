package server

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/danielgtaylor/huma/v2"
)

// answerer asks the engine. Its errors go through Server.problem.
type answerer[Req, Resp any] func(context.Context, *Req) (*Resp, error)

// handler answers a body.
type handler[Resp any] func(ctx context.Context, body []byte) (*Resp, *huma.ErrorModel)

// treeHandler answers a JSON body, given as bytes and as parseJSON returns it.
type treeHandler[Resp any] func(ctx context.Context, tree any, raw []byte) (*Resp, *huma.ErrorModel)

// parsed parses the body for a treeHandler.
func parsed[Resp any](next treeHandler[Resp]) handler[Resp] {
	return func(ctx context.Context, body []byte) (*Resp, *huma.ErrorModel) {
		tree, err := parseJSON(body)
		if err != nil {
			return nil, newProblem(http.StatusBadRequest, err.Error())
		}
		return next(ctx, tree, body)
	}
}

// single answers a body that is one request.
func single[Req, Resp any](s *Server, d decoder[Req], ask answerer[Req, Resp]) treeHandler[Resp] {
	return func(ctx context.Context, tree any, raw []byte) (*Resp, *huma.ErrorModel) {
		request, problem := d.decode(tree, raw)
		if problem != nil {
			return nil, problem
		}
		answer, err := guarded(ask)(ctx, request)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return answer, nil
	}
}

// guarded turns a panic of the engine into an error with its stack, so that
// one request of a batch cannot take down the others, nor the process.
func guarded[Req, Resp any](ask answerer[Req, Resp]) answerer[Req, Resp] {
	return func(ctx context.Context, r *Req) (answer *Resp, err error) {
		defer func() {
			if p := recover(); p != nil {
				answer, err = nil, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		return ask(ctx, r)
	}
}
