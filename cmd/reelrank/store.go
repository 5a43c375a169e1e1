package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/learn"
	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/store"
)

// storeFlag names the store that a command works on.
type storeFlag struct {
	Store string `help:"Directory of the store (setting store.dir)." placeholder:"DIR"`
}

// dir is that of the store that is named, or configured, and there.
func (f storeFlag) dir(loaded *config.Loaded) (string, error) {
	dir := cmp.Or(f.Store, loaded.Config.Store.Dir)
	if dir == "" {
		return "", errors.New("which store? name it with --store DIR, or set store.dir")
	}
	if _, err := os.Stat(dir); err != nil {
		return "", fmt.Errorf("there is no store: %w", err)
	}
	return dir, nil
}

// options are those of the store that is named, or configured.
func (f storeFlag) options(c *console, loaded *config.Loaded) (live.Options, *steps, error) {
	dir, err := f.dir(loaded)
	if err != nil {
		return live.Options{}, nil, err
	}
	s := newSteps(c)
	return live.Options{Dir: dir, Config: loaded.Config, Progress: s.report}, s, nil
}

// rebuildCmd makes what follows from the log anew.
type rebuildCmd struct{ storeFlag }

// Run rebuilds.
func (cmd *rebuildCmd) Run(ctx context.Context, c *console, loaded *config.Loaded) error {
	o, steps, err := cmd.options(c, loaded)
	if err != nil {
		return err
	}
	done, err := live.Rebuild(ctx, o)
	steps.done()
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "rebuilt %s from %s records: %s reels, %s users\n", o.Dir, thousands(int(done.Records)), thousands(done.Reels), thousands(done.Users))
	return nil
}

// backupCmd copies a store.
type backupCmd struct {
	storeFlag
	To     string `help:"Directory to write, which must not exist yet." placeholder:"DIR" xor:"job" required:""`
	Verify string `help:"Read a store or a backup from end to end instead, and say what it holds." placeholder:"DIR" xor:"job" required:""`
}

// Run copies, or verifies.
func (cmd *backupCmd) Run(ctx context.Context, c *console, loaded *config.Loaded) error {
	if cmd.Verify != "" {
		return verify(ctx, c, cmd.Verify)
	}
	o, steps, err := cmd.options(c, loaded)
	if err != nil {
		return err
	}
	err = live.Backup(ctx, o, cmd.To)
	steps.done()
	if err != nil {
		return err
	}
	models, err := learn.OpenRegistry(learn.Folder(o.Dir), loaded.Config.Learn.Keep)
	if err == nil {
		_, err = models.Copy(learn.Folder(cmd.To))
	}
	if err != nil {
		return fmt.Errorf("%s has the log, but not the models: %w", cmd.To, err)
	}
	return verify(ctx, c, cmd.To)
}

func verify(ctx context.Context, c *console, dir string) error {
	if _, err := os.Stat(dir); err != nil {
		return err
	}
	sum, err := live.Verify(ctx, dir)
	if err != nil {
		return err
	}
	models, err := readModels(dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s is sound: %s records, %s users, %s reels; models: %d\n",
		dir, thousands(sum.Records), thousands(sum.Users), thousands(sum.Reels), models)
	return nil
}

// readModels reads the models of a store or a backup, and counts them.
func readModels(dir string) (int, error) {
	if _, err := os.Stat(learn.Folder(dir)); errors.Is(err, os.ErrNotExist) {
		return 0, nil // it never served
	}
	models, err := learn.OpenRegistry(learn.Folder(dir), 0)
	if err != nil {
		return 0, err
	}
	versions, err := models.Versions()
	for _, v := range versions {
		err = errors.Join(err, v.Broken)
	}
	return len(versions), err
}

// restoreCmd puts a backup in the place of a store.
type restoreCmd struct {
	storeFlag
	From string `help:"Directory of the backup." placeholder:"DIR" required:""`
}

// Run verifies the backup, moves a store that is there aside, and copies.
func (cmd *restoreCmd) Run(ctx context.Context, c *console, loaded *config.Loaded) error {
	dir := cmd.Store
	if dir == "" {
		dir = loaded.Config.Store.Dir
	}
	if dir == "" {
		return errors.New("which store? name it with --store DIR, or set store.dir")
	}
	if err := verify(ctx, c, cmd.From); err != nil {
		return fmt.Errorf("the backup cannot be used: %w", err)
	}
	next := filepath.Clean(dir) + ".restored"
	if err := os.CopyFS(next, os.DirFS(cmd.From)); err != nil {
		return fmt.Errorf("copy the backup: %w", err)
	}
	if _, err := os.Stat(dir); err == nil {
		var used *store.InUseError
		if _, err := live.Verify(ctx, dir); errors.As(err, &used) {
			return fmt.Errorf("%w: stop the server first", err)
		}
		aside := filepath.Clean(dir) + ".before-restore"
		if err := os.Rename(dir, aside); err != nil {
			return fmt.Errorf("move the store aside: %w", err)
		}
		fmt.Fprintf(c.out, "the store that was there is now %s\n", aside)
	}
	if err := os.Rename(next, dir); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "restored %s\n", dir)
	return nil
}
