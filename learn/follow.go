package learn

import (
	"context"
	"fmt"
	"time"

	"github.com/reelrank/reelrank/live"
)

// moment is the health of a service at a time.
type moment struct {
	at     time.Time
	health live.Health
}

// watched is a swap that may have to be undone.
type watched struct {
	since live.Health // as of the swap
	until time.Time
	usual live.Health // of a while before it
}

// usualTime is how long before a swap the health is taken for the usual one.
const usualTime = 5 * time.Minute

// follow puts the current model into service, where another one was, and undoes
// that where the service fares worse for it.
func (l *Loop) follow(ctx context.Context, now time.Time) {
	current, err := l.Registry.Current()
	if err != nil {
		l.Logger.Error("which model is current is not known; the one in service stays", "error", err)
		return
	}
	health := l.Service.Health()
	l.remember(moment{now, health})
	switch {
	case current != l.serving && current != "" && current != l.failed:
		l.swap(ctx, current, now)
	case l.watched != nil:
		l.watch(ctx, health, now)
	}
	l.proving.Store(l.watched != nil)
}

// swap puts a version into service and begins to watch it. One that cannot
// serve is rolled back.
func (l *Loop) swap(ctx context.Context, version string, now time.Time) {
	from, usual := l.serving, l.past[len(l.past)-1].health.Since(l.past[0].health)
	l.watched, l.past = nil, nil // what was until now says nothing of the new model
	if err := l.put(ctx, version); err != nil {
		if ctx.Err() == nil {
			l.failed = version
			l.undo(ctx, version, fmt.Sprintf("it cannot be put into service: %v", err))
		}
		return
	}
	l.Logger.Info("another model is in service", "version", version, "before", from)
	if l.Config.Watch > 0 {
		l.watched = &watched{since: l.Service.Health(), until: now.Add(l.Config.Watch), usual: usual}
	}
}

// put swaps the service's model.
func (l *Loop) put(ctx context.Context, version string) error {
	defer l.stints.begin()()
	if err := l.Service.Swap(ctx, l.Registry.Bundle(version)); err != nil {
		return err
	}
	l.serving, l.failed = version, ""
	return nil
}

// remember keeps the health of the usual time.
func (l *Loop) remember(m moment) {
	l.past = append(l.past, m)
	for m.at.Sub(l.past[0].at) > usualTime {
		l.past = l.past[1:]
	}
}

// watch rolls a swap back where the service fares worse since.
func (l *Loop) watch(ctx context.Context, health live.Health, now time.Time) {
	w := l.watched
	if reason := worse(w.usual, health.Since(w.since), l.Config); reason != "" {
		l.watched, l.past = nil, nil
		l.undo(ctx, l.serving, reason)
		return
	}
	if now.After(w.until) {
		l.watched = nil
		l.Logger.Info("the model has proved itself in service", "version", l.serving, "watched", l.Config.Watch)
	}
}

// undo rolls the registry back, and puts the version into service that is
// current then. That one is not watched: it served before.
func (l *Loop) undo(ctx context.Context, bad, reason string) {
	good, err := l.Registry.Rollback(bad, reason)
	if err != nil {
		l.Logger.Error("a model should be rolled back and cannot be", "version", bad, "reason", reason, "error", err)
		return
	}
	l.Logger.Error("a model was rolled back", "version", bad, "reason", reason, "current", good)
	if l.serving == good {
		return
	}
	if err := l.put(ctx, good); err != nil && ctx.Err() == nil {
		l.failed = good
		l.Logger.Error("the model before it cannot be put into service either", "version", good, "error", err)
	}
}
