package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/live"
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

// Live is an engine over a store: what it is told changes the next answer. It
// returns, besides, the errors of package live. An engine that is no Live
// serves all the same, and the routes that need a store say that there is none.
type Live interface {
	Engine

	// Record keeps up to live.MaxBatch events.
	Record(ctx context.Context, events []live.Event) (live.Recorded, error)

	// PutReels adds up to live.MaxBatch reels to the catalogue, or replaces them.
	PutReels(ctx context.Context, reels []reel.Reel) (live.Stored, error)
	DeleteReel(ctx context.Context, id reel.ReelID) error
	Reel(id reel.ReelID) (reel.Reel, error)

	PutCreator(ctx context.Context, c reel.Creator) error
	// DeleteCreator deletes their reels too, and tells how many.
	DeleteCreator(ctx context.Context, id reel.CreatorID) (reels int, err error)
	Creator(id reel.CreatorID) (reel.Creator, error)

	// Export writes all that is held about a user as one JSON document. It
	// returns live.ErrUnknownUser before the first byte.
	Export(ctx context.Context, user reel.UserID, w io.Writer) error
	// Erase forgets all that is held about a user.
	Erase(ctx context.Context, user reel.UserID) error
}

var _ Live = (*live.Service)(nil)

// errNoStore is the answer of a server whose engine is no Live.
var errNoStore = errors.New("this server has no store, so it records nothing and its catalogue does not change: start it with one")

// Server is the REST interface of one process. All methods are safe for
// concurrent use; Run and Serve are called once.
type Server struct {
	cfg      config.Server
	log      *slog.Logger
	engine   atomic.Pointer[Engine] // nil until a bundle is loaded
	stopping atomic.Bool            // true from the start of a shutdown
	running  atomic.Int64           // requests being answered
	metrics  *metrics
	openapi  []byte // the document of /openapi.json
	handler  http.Handler
}

// New returns a server that is live, and not ready until SetEngine.
func New(cfg config.Server, logger *slog.Logger) *Server {
	s := &Server{cfg: cfg, log: logger}
	s.metrics = newMetrics(func() float64 { return float64(s.running.Load()) })
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

// currentLive returns the engine if it has a store, else errNoStore.
func (s *Server) currentLive() (Live, error) {
	e, err := s.currentEngine()
	if err != nil {
		return nil, err
	}
	if l, ok := e.(Live); ok {
		return l, nil
	}
	return nil, errNoStore
}
