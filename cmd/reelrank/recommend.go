package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/rerank"
)

// recommendCmd prints one slate.
type recommendCmd struct {
	Bundle string `help:"Bundle directory (default: ${default})." default:"bundle" placeholder:"DIR"`
	User   int64  `help:"User to recommend for." required:"" placeholder:"ID"`
	K      int    `short:"k" help:"Length of the slate." default:"10"`
	Place  string `help:"Place of the request, in the words of the log." placeholder:"NAME"`
	Device string `help:"Device of the request, in the words of the log." placeholder:"NAME"`
	AsOf   int64  `help:"Answer as of this time, in unix seconds (default: that of the newest interaction)." placeholder:"TIME"`

	Filter slateFilter `embed:"" prefix:"filter-"`
}

// slateFilter says which reels the slate is made of.
type slateFilter struct {
	Languages         []string `help:"Only reels in these languages." placeholder:"TAG"`
	Regions           []string `help:"Only reels made in these regions." placeholder:"NAME"`
	Categories        []string `help:"Only reels of these categories." placeholder:"NAME"`
	ExcludeCategories []string `help:"No reels of these categories, and none of unknown category." placeholder:"NAME"`
	ViewerAge         int      `help:"No reels rated for viewers older than this, in years." placeholder:"YEARS"`
	BlockedCreators   []int64  `help:"No reels of these creators." placeholder:"ID"`
}

func (f *slateFilter) toDomain() recommend.Filter {
	filter := recommend.Filter{
		Languages: f.Languages, Regions: f.Regions, Categories: f.Categories,
		ExcludedCategories: f.ExcludeCategories, ViewerAge: f.ViewerAge,
	}
	for _, id := range f.BlockedCreators {
		filter.BlockedCreators = append(filter.BlockedCreators, reel.CreatorID(id))
	}
	return filter
}

// Run prints the slate with its reasons.
func (cmd *recommendCmd) Run(ctx context.Context, c *console, g *globals) error {
	r, err := loadBundle(ctx, cmd.Bundle, g)
	if err != nil {
		return err
	}
	slate, err := r.Recommend(ctx, recommend.Request{
		User: reel.UserID(cmd.User), K: cmd.K, Now: cmd.AsOf, Context: reel.Context{Device: cmd.Device, Place: cmd.Place},
		Filter: cmd.Filter.toDomain(),
	})
	if err != nil {
		return err
	}
	return printSlate(c.out, slate)
}

// printSlate writes the slate as a table, with what each stage did below.
func printSlate(out io.Writer, s recommend.Slate) error {
	known := "known"
	if !s.KnownUser {
		known = "unknown: what suits anybody"
	}
	fmt.Fprintf(out, "user %d (%s), model %s, %.2f ms\n", s.User, known, s.ModelVersion, float64(s.Took.Microseconds())/1000)
	fmt.Fprintf(out, "%3s  %-10s %-10s %-14s %7s  %s\n", "#", "reel", "creator", "category", "score", "found by")
	for i, item := range s.Items {
		fmt.Fprintf(out, "%3d  %-10d %-10d %-14s %7.4f  %s\n", i+1, item.Reel, item.Creator, item.Category, item.Score, strings.Join(item.Sources, ", "))
		for _, why := range append(item.Reasons, item.Steps...) {
			fmt.Fprintf(out, "       - %s\n", why)
		}
	}
	for _, what := range s.Relaxed {
		fmt.Fprintf(out, "given up: %s\n", inWords(what))
	}
	fmt.Fprintf(out, "%-20s %6s %10s\n", "stage", "left", "took")
	for _, st := range s.Stages {
		fmt.Fprintf(out, "%-20s %6d %7.2f ms\n", st.Stage, st.Count, float64(st.Took.Microseconds())/1000)
	}
	return nil
}

// inWords says what a slate gave up.
func inWords(relaxed string) string {
	switch relaxed {
	case rerank.RelaxedShort:
		return "the length, since there were no more candidates"
	case rerank.RelaxedMaxPerCreator:
		return "the limit per creator, to fill the slate"
	}
	return relaxed
}
