package recommend

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/reel"
)

// Recommender answers what a person should see next. All methods are safe for
// concurrent use; Fit swaps the new model in when it is complete, and answers
// come from the old one until then.
type Recommender struct {
	cfg    config.Config
	engine atomic.Pointer[engine]

	// Of a recommender of LoadOnto.
	world    *World
	adjust   func(own config.Config) (config.Config, error)
	swapping sync.Mutex
}

// New returns a recommender without a model: call Fit, or use Load.
func New(cfg config.Config) *Recommender { return &Recommender{cfg: cfg} }

// current returns the engine in service, or ErrNotFitted.
func (r *Recommender) current() (*engine, error) {
	if e := r.engine.Load(); e != nil {
		return e, nil
	}
	return nil, ErrNotFitted
}

// hold returns the engine in service, whose tables follow the catalogue until
// it is released: an answer that began with a model may meet a reel that came
// after the next one was put into service.
func (r *Recommender) hold() (e *engine, release func(), err error) {
	for {
		if e, err = r.current(); err != nil {
			return nil, nil, err
		}
		held := &e.tables.held
		held.RLock()
		if e.tables == r.engine.Load().tables {
			return e, held.RUnlock, nil
		}
		held.RUnlock() // another was put into service meanwhile
	}
}

// Recommend answers a request with a slate. A person nobody knows gets a slate
// from context, trends and new reels. Errors: ErrNotFitted, a *RequestError,
// or the context's.
func (r *Recommender) Recommend(ctx context.Context, req Request) (Slate, error) {
	e, release, err := r.hold()
	if err != nil {
		return Slate{}, err
	}
	defer release()
	if err := req.validate(); err != nil {
		return Slate{}, err
	}
	profile, known, err := e.world.profile(ctx, req.User)
	if err != nil {
		return Slate{}, err
	}
	return e.recommend(ctx, req, profile, known)
}

// Forget drops what is kept in memory of a user, who is to be erased.
func (r *Recommender) Forget(user reel.UserID) {
	if e, err := r.current(); err == nil {
		e.recent.forget(user)
	}
}

// Predict says what the ranker expects of one user and one reel in a context.
// nil weights mean the configured ones. Errors: ErrNotFitted, ErrUnknownReel,
// a *RequestError, or the context's.
func (r *Recommender) Predict(ctx context.Context, user reel.UserID, id reel.ReelID, c reel.Context, w *reel.Weights) (Prediction, error) {
	e, release, err := r.hold()
	if err != nil {
		return Prediction{}, err
	}
	defer release()
	if err := validatePrediction(user, id, w); err != nil {
		return Prediction{}, err
	}
	return e.predict(ctx, user, id, c, w)
}

// Users lists the people with a profile, in ascending order; nil before Fit or
// Load, and over a world that keeps its profiles elsewhere.
func (r *Recommender) Users() []reel.UserID {
	e, err := r.current()
	if err != nil {
		return nil
	}
	profiles, _ := e.world.profiles.(kept)
	return slices.Sorted(maps.Keys(profiles))
}

// Facts describe the model in service; they are zero before Fit or Load.
func (r *Recommender) Facts() Facts {
	e, err := r.current()
	if err != nil {
		return Facts{}
	}
	return e.facts()
}
