package server

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// apiVersion is the version of the shapes of this API.
const apiVersion = "1.0.0"

// routes builds the mux and, from the same types, the OpenAPI document.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	api := s.operations(mux)
	methods := allowedMethods(api.OpenAPI())
	document, err := json.MarshalIndent(api.OpenAPI(), "", "  ")
	if err != nil {
		panic("server: the OpenAPI document cannot be written: " + err.Error())
	}
	s.openapi = append(document, '\n')

	for pattern, handler := range s.pages() {
		mux.HandleFunc("GET "+pattern, handler)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { refuse(w, r, methods) })
	return mux
}

// operations registers all that the OpenAPI document describes.
func (s *Server) operations(mux *http.ServeMux) huma.API {
	api := humago.New(mux, apiConfig())
	s.registerRecommend(api)
	s.registerPredict(api)
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

// rawInput keeps huma from reading the body: decoder does.
type rawInput struct {
	RawBody []byte `contentType:"application/json"`
}

type output[T any] struct{ Body T }

// post registers an operation that takes JSON of the schema of Req and answers
// with Resp.
func post[Req, Resp any](s *Server, api huma.API, op huma.Operation, handle handler[Resp]) {
	op.Method = http.MethodPost
	op.SkipValidateBody = true
	op.Middlewares = huma.Middlewares{s.receiveBody}
	op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusServiceUnavailable)
	huma.Register(api, op, func(ctx context.Context, in *rawInput) (*output[Resp], error) {
		tree, err := parseJSON(in.RawBody)
		if err != nil {
			return nil, newProblem(http.StatusBadRequest, err.Error())
		}
		answer, problem := handle(ctx, tree, in.RawBody)
		if problem != nil {
			return nil, asError(problem)
		}
		return &output[Resp]{*answer}, nil
	})
	body := api.OpenAPI().Paths[op.Path].Post.RequestBody.Content["application/json"]
	body.Schema = newDecoder[Req](api.OpenAPI().Components.Schemas).schema
}

// allowedMethods lists the methods of every documented path, and of the pages.
func allowedMethods(doc *huma.OpenAPI) map[string]string {
	methods := map[string]string{}
	for path, item := range doc.Paths {
		if item.Post != nil {
			methods[path] = "POST"
		} else {
			methods[path] = "GET, HEAD"
		}
	}
	for _, path := range []string{"/", "/docs", "/openapi.json"} {
		methods[path] = "GET, HEAD"
	}
	return methods
}

// refuse answers what no route takes: 405 where the path exists, else 404.
func refuse(w http.ResponseWriter, r *http.Request, methods map[string]string) {
	if allowed, exists := methods[r.URL.Path]; exists {
		w.Header().Set("Allow", allowed)
		writeProblem(w, newProblem(http.StatusMethodNotAllowed, "use "+allowed+" here"))
		return
	}
	writeProblem(w, newProblem(http.StatusNotFound, "no such path: see /docs"))
}
