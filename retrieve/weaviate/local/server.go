package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// Server is a running server. Stop ends it.
type Server struct {
	URL string // of its REST interface

	process *exec.Cmd
	exited  chan struct{}
	dir     string
}

const (
	// readyWithin is how long a server may take to answer: 2 s where nothing
	// else runs.
	readyWithin = 40 * time.Second
	// stopWithin is how long a server may take to end before it is killed.
	stopWithin = 15 * time.Second
	// starts is how often a start is tried: a port that was free may be taken
	// by the time the server asks for it.
	starts = 3
)

// errExited is the error of a server that ended while it was starting.
var errExited = errors.New("the server ended at once")

// Start runs a server with no data, and returns when it answers. The error is
// ErrAbsent where it is not built.
func Start(ctx context.Context) (*Server, error) {
	path, err := Installed()
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		s, err := start(ctx, path)
		if err == nil || !errors.Is(err, errExited) || try == starts {
			return s, err
		}
	}
}

func start(ctx context.Context, path string) (*Server, error) {
	ports, err := freePorts(6)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "weaviate-")
	if err != nil {
		return nil, err
	}
	s := &Server{URL: "http://127.0.0.1:" + ports[0], dir: dir, exited: make(chan struct{})}
	s.process = exec.Command(path, "--scheme", "http", "--host", "127.0.0.1", "--port", ports[0])
	s.process.Dir, s.process.Env = dir, environment(dir, ports[1:])
	log, err := os.Create(s.logFile())
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	defer log.Close() // the process has its own
	s.process.Stdout, s.process.Stderr = log, log
	endWithParent(s.process)
	if err := s.process.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	go func() { // ends with the process
		_ = s.process.Wait() // how it ended is in its log
		close(s.exited)
	}()
	if err := s.waitReady(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start Weaviate's server: %w; its last words: %s", err, s.lastWords()), s.Stop())
	}
	return s, nil
}

// environment is the server's whole configuration.
func environment(dir string, ports []string) []string {
	return append(os.Environ(),
		"PERSISTENCE_DATA_PATH="+filepath.Join(dir, "data"),
		"AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED=true",
		"DEFAULT_VECTORIZER_MODULE=none",
		"ENABLE_API_BASED_MODULES=false",
		"DISABLE_TELEMETRY=true", // it talks to nobody
		"GO_PROFILING_DISABLE=true",
		"LOG_LEVEL=warning",
		"CLUSTER_HOSTNAME=node",
		"CLUSTER_IN_LOCALHOST=true",
		"CLUSTER_BIND_ADDR=127.0.0.1",
		"CLUSTER_ADVERTISE_ADDR=127.0.0.1",
		"RAFT_BOOTSTRAP_EXPECT=1",
		"RAFT_TIMEOUTS_MULTIPLIER=1", // one node need not wait long for others' votes
		"GRPC_PORT="+ports[0],
		"CLUSTER_GOSSIP_BIND_PORT="+ports[1],
		"CLUSTER_DATA_BIND_PORT="+ports[2],
		"RAFT_PORT="+ports[3],
		"RAFT_INTERNAL_RPC_PORT="+ports[4],
		"RAFT_JOIN=node:"+ports[4],
	)
}

// freePorts finds ports in a row on which nobody listens just now. The server
// takes its nodes' other ports to be next to those that it is told.
func freePorts(n int) ([]string, error) {
	var err error
	for range 100 {
		var ports []string
		if ports, err = freeRow(n); err == nil {
			return ports, nil
		}
	}
	return nil, fmt.Errorf("find %d free ports in a row: %w", n, err)
}

func freeRow(n int) ([]string, error) {
	var ports []string
	for next := 0; len(ports) < n; next++ { // the first is any
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(next))
		if err != nil {
			return nil, err
		}
		defer l.Close()
		next = l.Addr().(*net.TCPAddr).Port
		ports = append(ports, strconv.Itoa(next))
	}
	return ports, nil
}

func (s *Server) logFile() string { return filepath.Join(s.dir, "log") }

func (s *Server) lastWords() string {
	const last = 600 // bytes
	text, err := os.ReadFile(s.logFile())
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-last):])
}

func (s *Server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if s.ready(ctx) {
			return nil
		}
		select {
		case <-tick.C:
		case <-s.exited:
			return errExited
		case <-ctx.Done():
			return fmt.Errorf("it is not ready: %w", ctx.Err())
		}
	}
}

func (s *Server) ready(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/v1/.well-known/ready", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// Stop ends the server and removes its data.
func (s *Server) Stop() error {
	_ = s.process.Process.Signal(os.Interrupt) // fails where it has ended
	select {
	case <-s.exited:
	case <-time.After(stopWithin):
		_ = s.process.Process.Kill()
		<-s.exited
	}
	return os.RemoveAll(s.dir)
}
