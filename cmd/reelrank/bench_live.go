package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"golang.org/x/sync/errgroup"

	"github.com/reelrank/reelrank/bench"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/server"
)

// liveBench are the flags of measurements on a live service.
type liveBench struct {
	Bundle string `help:"Bundle directory (default: ${default})." default:"bundle" placeholder:"DIR"`
	Store  string `help:"Directory of the store, kept afterwards; put it on the disk that you mean (default: a temporary one)." placeholder:"DIR"`
	Reels  int    `help:"Add made-up reels until the catalogue has this many." placeholder:"N"`
	Pprof  string `help:"Also serve profiles on this address, such as 127.0.0.1:6060." placeholder:"HOST:PORT"`
	JSON   bool   `name:"json" help:"Print the result as JSON."`
}

// rig is a live service that answers on the loopback interface.
type rig struct {
	*live.Service
	url  string
	dir  string           // of the store
	data *dataset.Dataset // of the bundle
}

// users are those of the bundle's data.
func (r rig) users() (ids []reel.UserID) {
	met := map[reel.UserID]bool{}
	for k := range r.data.Interactions {
		if user := r.data.Interactions[k].User; !met[user] {
			met[user] = true
			ids = append(ids, user)
		}
	}
	return ids
}

// reels are those of the bundle's data.
func (r rig) reels() []reel.ReelID {
	ids := make([]reel.ReelID, len(r.data.Reels))
	for k := range ids {
		ids[k] = r.data.Reels[k].ID
	}
	return ids
}

// directory is the store's, and what removes it if it is temporary.
func (b liveBench) directory() (dir string, remove func() error, err error) {
	if b.Store != "" {
		return b.Store, func() error { return nil }, nil
	}
	dir, err = os.MkdirTemp("", "reelrank-bench-")
	return dir, func() error { return os.RemoveAll(dir) }, err
}

// logger tells of trouble alone.
func (b liveBench) logger(c *console) *slog.Logger { return newLogger(c, slog.LevelWarn) }

// run opens a service, serves it, and measures it.
func (b liveBench) run(ctx context.Context, c *console, g *globals, loaded *config.Loaded, measure func(context.Context, rig) error) (err error) {
	dir, remove, err := b.directory()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	data, err := recommend.BundleData(ctx, b.Bundle)
	if err != nil {
		return err
	}
	s, err := b.open(ctx, c, g, dir, data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return b.serve(ctx, c, loaded.Config.Server, rig{Service: s, dir: dir, data: data}, measure)
}

// open opens the service. One that made-up reels were added to is restarted,
// so that what is measured is what a restart leaves.
func (b liveBench) open(ctx context.Context, c *console, g *globals, dir string, data *dataset.Dataset) (*live.Service, error) {
	s, err := openLive(ctx, c, g, b.logger(c), b.Bundle, dir)
	if err != nil {
		return nil, err
	}
	more := b.Reels - s.Facts().Reels
	if more <= 0 {
		return s, nil
	}
	progress := newBar(c, "adding made-up reels")
	err = bench.Pad(ctx, s.PutReels, data.Reels, more, 1, progress.report)
	progress.done()
	if err := errors.Join(err, s.Close()); err != nil {
		return nil, err
	}
	return openLive(ctx, c, g, b.logger(c), b.Bundle, dir)
}

// serve answers on the loopback interface while the rig is measured.
func (b liveBench) serve(ctx context.Context, c *console, cfg config.Server, r rig, measure func(context.Context, rig) error) error {
	cfg.Address = "127.0.0.1:0"
	s := server.New(cfg, slog.New(slog.DiscardHandler))
	s.SetEngine(r.Service)
	listener, err := s.Listen()
	if err != nil {
		return err
	}
	r.url = "http://" + listener.Addr().String()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	if b.Pprof != "" {
		group.Go(func() error { return server.ServeProfile(ctx, b.Pprof) })
	}
	group.Go(func() error { return s.Serve(ctx, listener) })
	group.Go(func() error {
		defer stop()
		return measure(ctx, r)
	})
	return group.Wait()
}

// about says what is measured.
func about(f recommend.Facts) string {
	return fmt.Sprintf("%s, %s reels, %s users", f.ModelVersion, thousands(f.Reels), thousands(f.Users))
}
