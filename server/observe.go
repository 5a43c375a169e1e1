package server

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"
)

// requestIDHeader is taken over from a proxy that sets it, and always answered.
const requestIDHeader = "X-Request-Id"

// plainID is what we repeat of a request id that a client made up.
var plainID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

type requestIDKey struct{}

// requestID is the id of the request that ctx belongs to, or "".
func requestID(ctx context.Context) string {
	v, _ := ctx.Value(requestIDKey{}).(string)
	return v
}

// observe gives each request an id and a deadline, counts it, logs it at debug
// level, and turns a panic into a 500 with its stack in the log.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		s.running.Add(1)
		defer s.running.Add(-1)

		requestID := r.Header.Get(requestIDHeader)
		if !plainID.MatchString(requestID) {
			requestID = rand.Text()
		}
		w.Header().Set(requestIDHeader, requestID)
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), requestIDKey{}, requestID), s.cfg.WriteTimeout)
		defer cancel()

		recorder := &recorder{ResponseWriter: w}
		r = r.WithContext(ctx) // the one in which the mux notes its pattern
		defer s.logRequest(ctx, r, recorder, start)
		defer s.metrics.count(r, recorder, start)
		defer s.recoverPanic(ctx, recorder)
		next.ServeHTTP(recorder, r)
	})
}

func (s *Server) recoverPanic(ctx context.Context, w *recorder) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler { // the agreed way to drop a connection
		panic(p)
	}
	s.log.ErrorContext(ctx, "panic", "request_id", requestID(ctx), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	if w.status == 0 {
		writeProblem(w, newProblem(http.StatusInternalServerError, "an internal error; the log has it under request id "+requestID(ctx)))
	}
}

func (s *Server) logRequest(ctx context.Context, r *http.Request, w *recorder, start time.Time) {
	if !s.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	s.log.DebugContext(ctx, "request", "request_id", requestID(ctx), "method", r.Method, "path", r.URL.Path,
		"status", w.status, "bytes", w.bytes, "took_ms", milliseconds(time.Since(start)))
}

// recorder notes what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write reports success even where the client is gone: nobody is left to be
// told, and the framework would panic on the error.
func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, _ := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return len(b), nil
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
