package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/learn"
)

// modelsCmd groups what can be done with the models of a store.
type modelsCmd struct {
	List     modelsListCmd     `cmd:"" help:"List the models of a store, the newest first."`
	Promote  modelsPromoteCmd  `cmd:"" help:"Make a model the current one; a running server takes it up within a second."`
	Rollback modelsRollbackCmd `cmd:"" help:"Mark the current model as bad and go back to the good one before it."`
}

// registry is that of the models of the store that is named, or configured.
func (f storeFlag) registry(loaded *config.Loaded) (*learn.Registry, error) {
	dir, err := f.dir(loaded)
	if err != nil {
		return nil, err
	}
	return learn.OpenRegistry(learn.Folder(dir), loaded.Config.Learn.Keep)
}

// modelsListCmd prints a table.
type modelsListCmd struct{ storeFlag }

// Run prints the models.
func (cmd *modelsListCmd) Run(c *console, loaded *config.Loaded) error {
	models, err := cmd.registry(loaded)
	if err != nil {
		return err
	}
	versions, err := models.Versions()
	if err != nil {
		return err
	}
	if len(versions) == 0 {
		fmt.Fprintln(c.out, "no models yet: the first start of reelrank serve brings its bundle in")
		return nil
	}
	return printVersions(c.out, versions)
}

func printVersions(out io.Writer, versions []learn.Version) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "version\tcreated\ttrained on\tndcg@10\tstatus")
	for _, v := range versions {
		trained := fmt.Sprintf("%s until %s", thousands(v.Facts.TrainedOn), day(v.Facts.LearnedTo))
		if v.Broken != nil {
			trained = "cannot be read"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", v.Name, v.Created.Format("2006-01-02 15:04"), trained, v.Quality, v.Status)
	}
	return w.Flush()
}

func day(unix int64) string { return time.Unix(unix, 0).UTC().Format("2006-01-02") }

// modelsPromoteCmd makes a model current.
type modelsPromoteCmd struct {
	storeFlag
	Version string `arg:"" help:"Version of the list, or the model's own, such as default-0123456789ab."`
}

// Run promotes it.
func (cmd *modelsPromoteCmd) Run(c *console, loaded *config.Loaded) error {
	models, err := cmd.registry(loaded)
	if err != nil {
		return err
	}
	version, err := models.Find(cmd.Version)
	if err != nil {
		return err
	}
	if err := models.Promote(learn.Entry{Version: version, Reason: "by command"}); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "current: %s\n", version)
	return nil
}

// modelsRollbackCmd goes back.
type modelsRollbackCmd struct {
	storeFlag
	Reason string `help:"Why, for the history." default:"by command"`
}

// Run goes back.
func (cmd *modelsRollbackCmd) Run(c *console, loaded *config.Loaded) error {
	models, err := cmd.registry(loaded)
	if err != nil {
		return err
	}
	from, err := models.Current()
	if err != nil {
		return err
	}
	to, err := models.Rollback(from, cmd.Reason)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "bad: %s\ncurrent: %s\n", from, to)
	return nil
}
