package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Version is the release that tests run against.
const Version = "v1.35.2"

const (
	module  = "github.com/weaviate/weaviate"
	command = module + "/cmd/weaviate-server"
)

// Installer is what builds the binary, to be called in the repository.
const Installer = "go run ./retrieve/weaviate/local/internal/install"

// ErrAbsent is the error of a server that was not built yet.
var ErrAbsent = errors.New("the Weaviate server is not built: build it, once, in some minutes, with: " + Installer)

// Installed is where the server lies, or ErrAbsent.
func Installed() (string, error) {
	path, err := binary()
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err != nil {
		return "", ErrAbsent
	}
	return path, nil
}

// binary is where the server lies once it is built.
func binary() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder: %w", err)
	}
	name := "weaviate-server-" + Version
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(cache, "reelrank", name), nil
}

// Install builds the server from its module and returns where it lies. It does
// nothing where that was done before. It needs the module proxy and some
// gigabytes of disk for what it compiles, and shows what it does on out. One package is
// compiled at a time, so that the machine stays usable.
func Install(ctx context.Context, out io.Writer) (string, error) {
	if path, err := Installed(); err == nil {
		return path, nil
	}
	target, err := binary()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "weaviate-build-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	// A module of its own keeps the server's requirements out of ours.
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module build\n"), 0o644); err != nil {
		return "", err
	}
	made := filepath.Join(dir, "server")
	for _, args := range [][]string{
		{"get", command + "@" + Version},
		{"build", "-p", "1", "-trimpath", "-ldflags", "-s -w", "-o", made, command},
	} {
		if err := goCommand(ctx, dir, out, args); err != nil {
			return "", err
		}
	}
	return target, moveFile(made, target)
}

func goCommand(ctx context.Context, dir string, out io.Writer, args []string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-mod=mod")
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go %s: %w", args[0], err)
	}
	return nil
}

// moveFile makes the target appear whole or not at all, wherever the temporary
// folder lies.
func moveFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.CreateTemp(filepath.Dir(to), ".weaviate-")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Chmod(0o755), out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), to)
}
