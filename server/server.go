package server

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
)

// Engine answers the questions of the API. It is safe for concurrent use and
// returns [recommend.ErrUnknownReel], [recommend.ErrNotFitted] and
// [*recommend.RequestError] for the problems that a client can act on.
type Engine interface {
	Recommend(ctx context.Context, r recommend.Request) (recommend.Slate, error)
	Predict(ctx context.Context, user reel.UserID, id reel.ReelID, c reel.Context, w *reel.Weights) (recommend.Prediction, error)
	Facts() recommend.Facts
}

// Server is the REST interface of one process. All methods are safe for
// concurrent use; Run and Serve are called once.
type Server struct {
	cfg      config.Server
	log      *slog.Logger
	engine   atomic.Pointer[Engine] // nil until a bundle is loaded
	stopping atomic.Bool            // true from the start of a shutdown
	running  atomic.Int64           // requests being answered
	openapi  []byte                 // the document of /openapi.json
	handler  http.Handler
}

// New returns a server that is live, and not ready until SetEngine.
func New(cfg config.Server, logger *slog.Logger) *Server {
	s := &Server{cfg: cfg, log: logger}
	s.handler = s.observe(s.routes())
	return s
}

// SetEngine swaps the engine for all requests that begin from now on; nil
// makes the server not ready.
func (s *Server) SetEngine(e Engine) {
	if e == nil {
		s.engine.Store(nil)
		return
	}
	s.engine.Store(&e)
}

// Handler is the whole API, for tests and for embedding into another server.
func (s *Server) Handler() http.Handler { return s.handler }

// Ready tells whether requests are answered: an engine is loaded and no
// shutdown has begun.
func (s *Server) Ready() bool { return s.engine.Load() != nil && !s.stopping.Load() }

// currentEngine returns the engine, or ErrNotFitted before there is one.
func (s *Server) currentEngine() (Engine, error) {
	if e := s.engine.Load(); e != nil {
		return *e, nil
	}
	return nil, recommend.ErrNotFitted
}
