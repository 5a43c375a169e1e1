package live

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"sync"
	"time"

	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// Recommend answers a request with a slate, and logs it. Its errors are those of
// recommend.Recommender.
func (s *Service) Recommend(ctx context.Context, r recommend.Request) (slate recommend.Slate, err error) {
	begun, panicked := time.Now(), true
	defer func() {
		if panicked {
			err = errPanic // for the count alone: the panic goes on
		}
		s.counts.ended(&slate, err, time.Since(begun))
	}()
	slate, err = s.model.Recommend(ctx, r)
	panicked = false
	if err != nil || !s.options.Config.Store.LogSlates || len(slate.Items) == 0 {
		return slate, err
	}
	slate.ID = newSlateID()
	s.slates.put(served(&slate, r, s.options.Now().Unix()))
	return slate, nil
}

var errPanic = errors.New("panic")

// Predict says what the ranker expects of a user and a reel.
func (s *Service) Predict(ctx context.Context, user reel.UserID, id reel.ReelID, c reel.Context, w *reel.Weights) (recommend.Prediction, error) {
	return s.model.Predict(ctx, user, id, c, w)
}

// Facts describe the model in service and the world it answers over.
func (s *Service) Facts() recommend.Facts { return s.model.Facts() }

// Swap puts the model of another bundle into service. Requests are answered by
// the old one until the new one is complete.
func (s *Service) Swap(ctx context.Context, bundle string) error { return s.model.Swap(ctx, bundle) }

// newSlateID is a number that nobody else will draw.
func newSlateID() string {
	var b [12]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// served is the record of a slate. The policy is deterministic, so that each of
// its reels was shown in its slot with probability 1.
func served(slate *recommend.Slate, r recommend.Request, now int64) store.SlateServed {
	record := store.SlateServed{
		ID: slate.ID, User: slate.User, Time: now, Model: slate.ModelVersion, Context: r.Context,
		Items: make([]store.ServedItem, len(slate.Items)),
	}
	for k, item := range slate.Items {
		record.Items[k] = store.ServedItem{Reel: item.Reel, Sources: sourceSet(item.Sources), Score: item.Score, Propensity: 1}
	}
	return record
}

func sourceSet(names []string) (set reel.SourceSet) {
	for _, name := range names {
		for source := range reel.Source(reel.NumSources) {
			if source.String() == name {
				set = set.Add(source)
			}
		}
	}
	return set
}

// slateLog appends slates to the log behind the answers' backs, so that no
// answer waits for the disk. A slate is before any event that names it.
type slateLog struct {
	service *Service
	wake    chan struct{}
	flushes sync.Mutex // held by the one flush at a time

	mu      sync.Mutex
	waiting []store.Body
	lost    int // since they were last complained about
}

// mostSlates is how many slates may wait for the disk; more are not logged.
const mostSlates = 1 << 16

func newSlateLog(s *Service) *slateLog { return &slateLog{service: s, wake: make(chan struct{}, 1)} }

func (l *slateLog) put(slate store.SlateServed) {
	l.mu.Lock()
	if len(l.waiting) < mostSlates {
		l.waiting = append(l.waiting, slate)
	} else {
		l.lost++
	}
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run appends what waits until ctx ends, and then what is left.
func (l *slateLog) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			l.flush()
			return
		case <-l.wake:
			l.flush()
		}
	}
}

// flush returns when all that waited is in the log.
func (l *slateLog) flush() {
	l.flushes.Lock()
	defer l.flushes.Unlock()
	l.mu.Lock()
	slates, lost := l.waiting, l.lost
	l.waiting, l.lost = nil, 0
	l.mu.Unlock()
	if len(slates) > 0 {
		if _, err := l.service.store.Append(context.Background(), slates...); err != nil {
			l.service.log.Error("slates were served but not logged", "slates", len(slates), "error", err)
		}
	}
	if lost > 0 {
		l.service.log.Error("slates were served but not logged, since the disk is too slow", "slates", lost)
	}
}
