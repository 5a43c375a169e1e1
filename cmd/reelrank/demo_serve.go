package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/server"
)

// serve starts the server, asks it one question as a client would, prints the
// final statistics, and goes on serving until ctx ends or, with --exit, stops.
func (cmd *demoCmd) serve(ctx context.Context, c *console, g *globals, start time.Time) (err error) {
	logger := newLogger(c, slog.LevelInfo)
	dir, err := os.MkdirTemp("", "reelrank-demo") // what is clicked in a demo is not kept
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	opened := time.Now()
	engine, err := openLive(ctx, c, g, logger, cmd.Bundle, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	fmt.Fprintf(c.out, "%s interactions and %s reels are in a durable log, in %s\n",
		thousands(len(cmd.data.Interactions)), thousands(len(cmd.data.Reels)), time.Since(opened).Round(10*time.Millisecond))
	s := server.New(cmd.cfg.Server, logger)
	listener, err := s.Listen()
	if err != nil {
		return err
	}
	s.SetEngine(engine)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.Serve(ctx, listener) })
	group.Go(func() error {
		url := "http://" + listener.Addr().String()
		if err := cmd.ask(ctx, c, url); err != nil {
			return err
		}
		cmd.printStatistics(c.out)
		fmt.Fprintf(c.out, "\nthe whole job took %s\n", time.Since(start).Round(100*time.Millisecond))
		if cmd.Exit {
			stop()
			return nil
		}
		fmt.Fprintf(c.out, "serving on %s, documentation at %s/docs; stop with Ctrl-C\n", url, url)
		return nil
	})
	return group.Wait()
}

// ask sends one request over HTTP and prints question and answer.
func (cmd *demoCmd) ask(ctx context.Context, c *console, url string) error {
	user := cmd.data.Interactions[len(cmd.data.Interactions)-1].User
	body, err := json.Marshal(map[string]any{"user_id": user, "top_k": 5})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/recommend", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s/recommend answered %s: %s", url, resp.Status, answer)
	}
	fmt.Fprintf(c.out, "curl %s/recommend --json '%s'\n%s\n", url, body, strings.TrimSpace(string(answer)))
	return nil
}

// printStatistics prints what the run measured.
func (cmd *demoCmd) printStatistics(out io.Writer) {
	f := cmd.model.Facts()
	fmt.Fprintln(out, "\nfinal statistics")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "  reels indexed\t%s\n", thousands(f.Reels))
	fmt.Fprintf(w, "  users profiled\t%s\n", thousands(f.Users))
	for _, m := range []struct{ label, name string }{
		{"NDCG@10", evaluate.MetricNDCG}, {"MAP@10", evaluate.MetricMAP}, {"Precision@10", evaluate.MetricPrecision},
		{"Recall@10", evaluate.MetricRecall}, {"creator diversity", evaluate.MetricCreatorDiversity},
	} {
		if v, ok := f.Metrics[evaluate.MetricAt(m.name, 10)]; ok {
			fmt.Fprintf(w, "  %s\t%.4f\n", m.label, v)
		} else {
			fmt.Fprintf(w, "  %s\tnot measured: evaluate.k has no 10\n", m.label)
		}
	}
	_ = w.Flush() // a console that is gone is no reason to stop serving
}

// percentile is the nearest-rank percentile p (0..100) of durations.
func percentile(d []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	return sorted[min(len(sorted)-1, len(sorted)*p/100)].Round(time.Microsecond)
}
