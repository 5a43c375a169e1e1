package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	maxHeaderBytes = 16 << 10        // a request of this API needs a few hundred
	maxHeaderTime  = 5 * time.Second // a client that trickles its headers holds a connection for no longer
	idleTimeout    = 2 * time.Minute // keeps connections open across a load balancer's pauses
	writeGrace     = time.Second     // to write the problem that says that write_timeout has passed
)

// Run listens on the configured address and serves until ctx is cancelled,
// then drains; see Serve.
func (s *Server) Run(ctx context.Context) error {
	listener, err := s.Listen()
	if err != nil {
		return err
	}
	return s.Serve(ctx, listener)
}

// Listen opens the configured address; port 0 picks a free one.
func (s *Server) Listen() (net.Listener, error) {
	listener, err := net.Listen("tcp", s.cfg.Address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w: free it, or choose another with --set server.address=host:port", s.cfg.Address, err)
	}
	return listener, nil
}

// Serve answers on the listener until ctx is cancelled. Then readiness turns
// false, no new connection is accepted, and requests that run have
// shutdown_timeout to finish; when some do not, they are cut off and Serve
// returns an error. It closes the listener.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	// Requests outlive ctx: its end begins the draining.
	requests, cutOff := context.WithCancel(context.WithoutCancel(ctx))
	defer cutOff()
	server := &http.Server{
		Handler:           s.handler,
		ReadTimeout:       s.cfg.ReadTimeout,
		ReadHeaderTimeout: min(s.cfg.ReadTimeout, maxHeaderTime),
		WriteTimeout:      s.cfg.ReadTimeout + s.cfg.WriteTimeout + writeGrace, // counts from the end of the headers
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		BaseContext:       func(net.Listener) context.Context { return requests },
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	err := s.drain(server)
	<-ended
	return err
}

func (s *Server) drain(server *http.Server) error {
	s.stopping.Store(true)
	s.log.Info("stopping", "running_requests", s.running.Load(), "shutdown_timeout", s.cfg.ShutdownTimeout)
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.ShutdownTimeout)
	defer cancel()
	err := server.Shutdown(ctx)
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	running := s.running.Load()
	err = server.Close()
	if running == 0 { // only connections that had asked nothing were left
		return err
	}
	return errors.Join(fmt.Errorf("shutdown: %d requests still ran after server.shutdown_timeout (%s) and were cut off", running, s.cfg.ShutdownTimeout), err)
}
