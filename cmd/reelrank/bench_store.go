package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reelrank/reelrank/bench"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/recommend"
)

// benchStoreCmd measures a store that holds many people.
type benchStoreCmd struct {
	Bundle        string `help:"Bundle directory (default: ${default})." default:"bundle" placeholder:"DIR"`
	Store         string `help:"Directory of the store, kept afterwards (default: a temporary one)." placeholder:"DIR"`
	Users         int    `help:"People to bring in." default:"1000000"`
	EventsPerUser int    `help:"Interactions of each." default:"50"`
	JSON          bool   `name:"json" help:"Print the result as JSON."`
}

// Help is what --help says beyond the flags.
func (*benchStoreCmd) Help() string {
	return "People are brought in as whole profiles, each one record of the log, as a move from elsewhere would. A restart is from the call that opens " +
		"the store until it answers: model, catalogue and counts included."
}

// Run fills the store and restarts it.
func (cmd *benchStoreCmd) Run(ctx context.Context, c *console, g *globals, loaded *config.Loaded) (err error) {
	b := liveBench{Bundle: cmd.Bundle, Store: cmd.Store}
	dir, remove, err := b.directory()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	data, err := recommend.BundleData(ctx, cmd.Bundle)
	if err != nil {
		return err
	}
	steps := newSteps(c)
	result, err := bench.Fill(ctx, bench.Filling{
		Dir: dir, Reels: data.Reels, Users: cmd.Users, PerUser: cmd.EventsPerUser, Seed: loaded.Config.Seed, Progress: steps.report,
		Open: func(ctx context.Context) (*live.Service, error) {
			return openLive(ctx, c, g, b.logger(c), cmd.Bundle, dir)
		},
	})
	steps.done()
	if err != nil {
		return err
	}
	if cmd.JSON {
		return printJSON(c, result)
	}
	return cmd.print(c, result)
}

func (cmd *benchStoreCmd) print(c *console, r bench.Filled) error {
	round := func(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
	_, err := fmt.Fprintf(c.out, "%s users with %d interactions each, brought in in %s: on the disk %.0f bytes a user in profiles, %.0f in the log, %.2f GB in all files; "+
		"closed in %s, ready again in %s with %s users, first answer %s\n",
		thousands(r.Users), r.PerUser, round(r.Took), r.BytesPerUser, r.LogPerUser, float64(r.Files)/1e9,
		round(r.Close), round(r.Reopen), thousands(r.KnownAfterward), round(r.FirstAfter))
	return err
}
