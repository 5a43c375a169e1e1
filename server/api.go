package server

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// apiVersion is the version of the shapes of this API.
const apiVersion = "1.0.0"

// routes builds the mux and, from the same types, the OpenAPI document.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	api := s.operations(mux)
	document, err := json.MarshalIndent(api.OpenAPI(), "", "  ")
	if err != nil {
		panic("server: the OpenAPI document cannot be written: " + err.Error())
	}
	s.openapi = append(document, '\n')

	for pattern, handler := range s.pages() {
		mux.HandleFunc("GET "+pattern, handler)
	}
	for path, allowed := range allowedMethods(api.OpenAPI()) {
		mux.HandleFunc(path, refuseMethod(allowed))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, newProblem(http.StatusNotFound, "no such path: see /docs"))
	})
	return mux
}

// operations registers all that the OpenAPI document describes.
func (s *Server) operations(mux *http.ServeMux) huma.API {
	api := humago.New(mux, apiConfig())
	s.registerRecommend(api)
	s.registerPredict(api)
	s.registerEvents(api)
	s.registerReels(api)
	s.registerCreators(api)
	s.registerUsers(api)
	s.registerHealth(api)
	return api
}

// apiConfig is huma without its own pages (they load from a CDN) and without
// the $schema links that it would add to every answer.
func apiConfig() huma.Config {
	c := huma.DefaultConfig("reelrank", apiVersion)
	c.Info.Description = "Recommends short videos: what should this person see next?"
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil
	return c
}

// takes says what bodies an operation reads.
type takes struct {
	schema *huma.Schema
	most   int64 // bytes
}

// rawInput keeps huma from reading the body: a handler does.
type rawInput struct {
	RawBody []byte `contentType:"application/json"`
}

type output[T any] struct{ Body T }

// post registers an operation that answers a JSON body.
func post[Resp any](s *Server, api huma.API, op huma.Operation, body takes, handle handler[Resp]) {
	op.Method = http.MethodPost
	s.receive(&op, body)
	huma.Register(api, op, func(ctx context.Context, in *rawInput) (*output[Resp], error) {
		return respond(handle(ctx, in.RawBody))
	})
	api.OpenAPI().Paths[op.Path].Post.RequestBody.Content["application/json"].Schema = body.schema
}

// put registers an operation that answers a JSON body about the item that the
// path names.
func put[Resp any](s *Server, api huma.API, op huma.Operation, body takes, handle func(ctx context.Context, id int64, body []byte) (*Resp, *huma.ErrorModel)) {
	op.Method, op.SkipValidateParams = http.MethodPut, true
	s.receive(&op, body)
	huma.Register(api, op, func(ctx context.Context, in *itemBody) (*output[Resp], error) {
		id, problem := in.ID.parse()
		if problem != nil {
			return nil, problem
		}
		return respond(handle(ctx, id, in.RawBody))
	})
	api.OpenAPI().Paths[op.Path].Put.RequestBody.Content["application/json"].Schema = body.schema
}

// receive has the operation's body read by receiveBody alone: huma neither
// checks it, nor limits its size or the time that it takes.
func (s *Server) receive(op *huma.Operation, body takes) {
	op.SkipValidateBody, op.MaxBodyBytes, op.BodyReadTimeout = true, -1, -1
	op.Middlewares = huma.Middlewares{s.receiveBody(body.most)}
	op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusServiceUnavailable)
}

func respond[Resp any](answer *Resp, problem *huma.ErrorModel) (*output[Resp], error) {
	if problem != nil {
		return nil, asError(problem)
	}
	return &output[Resp]{*answer}, nil
}

// allowedMethods lists the methods of every documented path, and of the pages.
func allowedMethods(doc *huma.OpenAPI) map[string]string {
	methods := map[string]string{}
	for path, item := range doc.Paths {
		var list []string
		for _, m := range []struct {
			op   *huma.Operation
			name string
		}{{item.Get, "GET, HEAD"}, {item.Put, "PUT"}, {item.Post, "POST"}, {item.Delete, "DELETE"}} {
			if m.op != nil {
				list = append(list, m.name)
			}
		}
		methods[path] = strings.Join(list, ", ")
	}
	for _, path := range []string{"/{$}", "/docs", "/openapi.json", "/metrics"} {
		methods[path] = "GET, HEAD"
	}
	return methods
}

// refuseMethod answers on a path that exists, to a method that it does not take.
func refuseMethod(allowed string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Allow", allowed)
		writeProblem(w, newProblem(http.StatusMethodNotAllowed, "use "+allowed+" here"))
	}
}
