// Command reelrank is a self-hosted recommender for short videos: it imports
// or simulates a log, trains a model on it, measures it, and serves it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/nn/kernel"
)

// cli is the tree of commands. Each is a file of this folder.
type cli struct {
	globals
	Demo      demoCmd      `cmd:"" help:"Do the whole job on a simulated world: data, training, evaluation, bundle, serving."`
	Simulate  simulateCmd  `cmd:"" help:"Write a simulated world as a dataset directory."`
	Import    importCmd    `cmd:"" help:"Bring a log of your own, or a public one, into a dataset directory."`
	Train     trainCmd     `cmd:"" help:"Train a model on a dataset directory, or on the log of a store, and save it as a bundle."`
	Evaluate  evaluateCmd  `cmd:"" help:"Measure a bundle on the part of its data that training did not see."`
	Serve     serveCmd     `cmd:"" help:"Answer requests over HTTP from a bundle."`
	Rebuild   rebuildCmd   `cmd:"" help:"Make everything but the log of a store anew: profiles, catalogue, counts."`
	Backup    backupCmd    `cmd:"" help:"Copy a store, in use or not, or check that one is sound."`
	Restore   restoreCmd   `cmd:"" help:"Put a backup in the place of a store."`
	Models    modelsCmd    `cmd:"" help:"List the models of a store, and choose the one that serves."`
	Recommend recommendCmd `cmd:"" help:"Print one person's slate from a bundle, with the reasons."`
	Bench     benchCmd     `cmd:"" help:"Measure speed."`
	Benchmark benchmarkCmd `cmd:"" help:"Measure quality on known data, beside published figures."`
	Model     modelCmd     `cmd:"" help:"Look at models."`
	Config    configCmd    `cmd:"" help:"Print the effective configuration and where each value came from."`
}

// globals are the flags of every command.
type globals struct {
	ConfigFile string   `name:"config" help:"YAML file with settings." placeholder:"FILE"`
	Set        []string `help:"One setting, as key=value; may be repeated. The config command lists the keys." placeholder:"KEY=VALUE" sep:"none"`
}

// load reads the settings over a base; nil means the defaults.
func (g *globals) load(base *config.Config) (*config.Loaded, error) {
	return config.Load(config.Options{Base: base, File: g.ConfigFile, Env: os.Environ(), Set: g.Set})
}

// console is where a command prints: results to out, progress to err.
type console struct{ out, err io.Writer }

// exitInterrupted is the shell's code for a program that Ctrl-C ended.
const exitInterrupted = 130

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	err := run(ctx, os.Args[1:], &console{out: os.Stdout, err: os.Stderr})
	switch {
	case err == nil:
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "reelrank: interrupted")
		os.Exit(exitInterrupted)
	default:
		fmt.Fprintln(os.Stderr, "reelrank:", err)
		if ctx.Err() != nil {
			os.Exit(exitInterrupted)
		}
		os.Exit(1)
	}
}

// run parses the arguments and runs the command that they name.
func run(ctx context.Context, args []string, c *console) error {
	var root cli
	parser, err := kong.New(&root,
		kong.Name("reelrank"), kong.Description("A self-hosted recommender for short videos; start with: reelrank demo"),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Writers(c.out, c.err),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(c, &root.globals),
		kong.Vars{"kernels": strings.Join(kernel.Sets(), ", ")},
	)
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return fmt.Errorf("%w (see reelrank --help)", err)
	}
	if err := kernel.Environment(); err != nil {
		return err
	}
	loaded, err := root.load(nil)
	if err != nil {
		return err
	}
	return parsed.Run(loaded)
}
