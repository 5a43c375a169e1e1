package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/pprof"
)

// ServeProfile serves net/http/pprof under /debug/pprof/ on an address of its
// own, so that profiles are never open to the API's clients. It returns when
// ctx is cancelled.
func ServeProfile(ctx context.Context, address string) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	server := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: maxHeaderTime}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve profiles on %s: %w: choose another address with --pprof", address, err)
	}
	return nil
}
