package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/learn"
	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/store"
)

// defaultBundle is what a first start serves where no bundle is named.
const defaultBundle = "bundle"

// learning is a service that keeps to the current model of its store, and goes
// on learning where it is told to.
type learning struct {
	*live.Service
	stop  context.CancelFunc
	ended chan struct{}
}

// openLearning opens a store with its current model over it: that of the bundle
// that is named, or else the one that was current last.
func openLearning(ctx context.Context, c *console, g *globals, logger *slog.Logger, cfg config.Learn, bundle, dir string) (*learning, error) {
	models, err := learn.OpenRegistry(learn.Folder(dir), cfg.Keep)
	if err != nil {
		return nil, err
	}
	current, err := models.Current()
	if err != nil {
		return nil, err
	}
	serving, named := bundle, bundle != ""
	if !named {
		serving = defaultBundle
		if current != "" {
			serving = models.Bundle(current)
		}
	}
	service, err := openLive(ctx, c, g, logger, serving, dir)
	if err != nil {
		if !named && current != "" && ctx.Err() == nil {
			err = fmt.Errorf("%w\nthis is the current model of the store: for another one, run reelrank models rollback --store %s, or name a --bundle", err, dir)
		}
		return nil, err
	}
	if named || current == "" {
		if current, err = models.Adopt(serving, "named when the server was started"); err != nil {
			return nil, errors.Join(err, service.Close())
		}
	}
	fmt.Fprintf(c.out, "serving model %s of the store %s\n", current, dir)
	return startLearning(service, learn.Options{Service: service, Registry: models, Serving: current, Config: cfg, Logger: logger}), nil
}

func startLearning(service *live.Service, o learn.Options) *learning {
	ctx, stop := context.WithCancel(context.Background())
	l := &learning{Service: service, stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(l.ended)
		learn.New(o).Run(ctx)
	}()
	return l
}

// Close ends the learning, and then the service.
func (l *learning) Close() error {
	l.stop()
	<-l.ended
	return l.Service.Close()
}

// readLog is the dataset of the log of a store that no process uses, up to an
// offset; 0 is its end.
func readLog(ctx context.Context, dir string, upTo uint64) (ds *dataset.Dataset, err error) {
	log, err := live.OpenLog(dir)
	var used *store.InUseError
	if errors.As(err, &used) {
		return nil, fmt.Errorf("%w\nor let that server learn itself (reelrank serve --learn 10m), or train from a copy (reelrank backup --store %s --to COPY)", err, dir)
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	if upTo == 0 {
		upTo = uint64(log.Last())
	}
	return learn.Dataset(ctx, log, store.Offset(upTo))
}
