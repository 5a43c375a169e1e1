package main

import (
	"context"

	"github.com/reelrank/reelrank/config"
)

// configCmd prints the effective configuration: every key, its value, and
// where that came from.
type configCmd struct {
	Format string `help:"A table with origins (table), a commented file to start from (yaml), or a Markdown table (markdown)." enum:"table,yaml,markdown" default:"table"`
}

// Run prints in the chosen format.
func (cmd *configCmd) Run(_ context.Context, c *console, loaded *config.Loaded) error {
	switch cmd.Format {
	case "yaml":
		return loaded.WriteYAML(c.out)
	case "markdown":
		return loaded.WriteMarkdown(c.out)
	}
	return loaded.WriteTable(c.out)
}
