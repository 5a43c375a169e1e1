// Package config is the one typed configuration of reelrank: every setting,
// its default, its meaning and range, and where its effective value came from.
//
// A value is taken from the last layer that gives it: the defaults, one YAML
// file, the environment (REELRANK_SERVER_ADDRESS for server.address), and
// --set key=value flags.
//
//	loaded, err := config.Load(config.Options{File: "reelrank.yaml", Env: os.Environ()})
//	if err != nil { // lists every unknown key and every bad value at once
//		return err
//	}
//	fmt.Println(loaded.Config.Server.Address)
//
// The struct tags are the single truth: koanf names the key, doc explains it,
// and oneof, min, max, above, below and format say what is allowed. The table
// of docs/configuration.md is written from them (go generate ./config).
//
// Invariant: a Config that Load returned has passed Validate; no number in it
// is NaN, infinite or out of its documented range.
package config

//go:generate go test -run TestConfigurationTableIsCurrent -update .
