package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/recommend"
)

// running is a server that serves on a free port until stop is called.
type running struct {
	*Server
	url  string
	stop context.CancelFunc
	done chan error
}

func start(t *testing.T, engine Engine, change func(*config.Server)) *running {
	t.Helper()
	cfg := config.Default().Server
	cfg.Address = "127.0.0.1:0"
	if change != nil {
		change(&cfg)
	}
	s := New(cfg, quiet())
	s.SetEngine(engine)
	listener, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &running{s, "http://" + listener.Addr().String(), stop, make(chan error, 1)}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		r.done <- s.Serve(ctx, listener)
	}()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		stop()
		<-gone
	})
	return r
}

// ended waits for Serve to return.
func (r *running) ended(t *testing.T) error {
	t.Helper()
	select {
	case err := <-r.done:
		return err
	case <-time.After(10 * time.Second):
		t.Fatal("the server does not end")
		return nil
	}
}

func postJSON(url, body string) (int, string, error) {
	response, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// blocking is an engine whose Recommend reports that it runs, then waits.
func blocking() (engine *fakeEngine, runs, release chan struct{}) {
	runs, release = make(chan struct{}, 1), make(chan struct{})
	return &fakeEngine{onRecommend: func(ctx context.Context, _ recommend.Request) error {
		runs <- struct{}{}
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}, runs, release
}

func TestShutdownLetsRunningRequestsFinish(t *testing.T) {
	engine, runs, release := blocking()
	r := start(t, engine, nil)
	answered := make(chan string, 1)
	go func() {
		status, body, err := postJSON(r.url+"/recommend", `{"user_id":1}`)
		answered <- fmt.Sprint(status, " ", err, " ", strings.Contains(body, `"recommendations"`))
	}()
	<-runs
	r.stop()
	for r.Ready() { // readiness goes first, while the request still runs
		time.Sleep(time.Millisecond)
	}
	checkProblem(t, ask(r.Server, "GET", "/health/ready", ""), http.StatusServiceUnavailable)
	if h := object(t, ask(r.Server, "GET", "/health", "").Body); h["status"] != "stopping" || h["live"] != true || h["ready"] != false {
		t.Errorf("health is %v", h)
	}
	select {
	case err := <-r.done:
		t.Fatalf("the server ended with a request still running: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	close(release)
	if got := <-answered; got != "200 <nil> true" {
		t.Errorf("the running request was answered with %s", got)
	}
	if err := r.ended(t); err != nil {
		t.Errorf("Serve: %v", err)
	}
	if _, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://")); err == nil {
		t.Error("the port is still open")
	}
}

func TestShutdownCutsOffWhatOutlastsItsTimeout(t *testing.T) {
	engine, runs, _ := blocking()
	r := start(t, engine, func(c *config.Server) { c.ShutdownTimeout = 30 * time.Millisecond })
	gone := make(chan error, 1)
	go func() {
		_, _, err := postJSON(r.url+"/recommend", `{"user_id":1}`)
		gone <- err
	}()
	<-runs
	r.stop()
	if err := r.ended(t); err == nil || !strings.Contains(err.Error(), "1 requests still ran") {
		t.Errorf("Serve: %v", err)
	}
	if err := <-gone; err == nil {
		t.Error("the request was answered, want it cut off")
	}
}

func TestAnswerThatTakesTooLongIsA503(t *testing.T) {
	engine, runs, _ := blocking()
	r := start(t, engine, func(c *config.Server) { c.WriteTimeout = 30 * time.Millisecond })
	status, body, err := postJSON(r.url+"/recommend", `{"user_id":1}`)
	<-runs
	if err != nil || status != http.StatusServiceUnavailable || !strings.Contains(body, "longer than 30ms") {
		t.Errorf("%d %s %v", status, body, err)
	}
}

func TestAnswerMayTakeLongerThanReadingTheRequest(t *testing.T) {
	slow := &fakeEngine{onRecommend: func(ctx context.Context, _ recommend.Request) error {
		select {
		case <-time.After(150 * time.Millisecond):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
	r := start(t, slow, func(c *config.Server) { c.ReadTimeout = 50 * time.Millisecond })
	status, body, err := postJSON(r.url+"/recommend", `{"user_id":1}`)
	if err != nil || status != http.StatusOK {
		t.Errorf("%d %s %v", status, body, err)
	}
}

// raw sends bytes as they are and returns the first line of the answer.
func raw(t *testing.T, r *running, text string, closeAfter bool) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	if closeAfter {
		_ = conn.(*net.TCPConn).CloseWrite()
	}
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	line, _ := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(line)
}

func TestBrokenUploadsAreTheClientsFault(t *testing.T) {
	r := start(t, &fakeEngine{}, func(c *config.Server) { c.ReadTimeout = 200 * time.Millisecond })
	head := "POST /recommend HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	for _, c := range []struct {
		name, text string
		closeAfter bool
		want       string
	}{
		{"ends before its length", head + "Content-Length: 100\r\n\r\n{\"user_id\":1}", true, "HTTP/1.1 400 Bad Request"},
		{"never comes", head + "Content-Length: 100\r\n\r\n{\"user", false, "HTTP/1.1 408 Request Timeout"},
		{"broken chunk", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", false, "HTTP/1.1 400 Bad Request"},
		{"huge headers", head + "X-Pad: " + strings.Repeat("x", 64<<10) + "\r\n\r\n", false, "HTTP/1.1 431 Request Header Fields Too Large"},
	} {
		if got := raw(t, r, c.text, c.closeAfter); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPortInUseSaysWhatToDo(t *testing.T) {
	r := start(t, &fakeEngine{}, nil)
	cfg := r.cfg
	cfg.Address = strings.TrimPrefix(r.url, "http://")
	err := New(cfg, quiet()).Run(context.Background())
	if err == nil || !strings.Contains(err.Error(), "--set server.address=") {
		t.Errorf("Run: %v", err)
	}
}

func TestProfilesAreServedUntilCancelled(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- ServeProfile(ctx, address) }()
	var status int
	for range 200 {
		if response, err := http.Get("http://" + address + "/debug/pprof/goroutine?debug=1"); err == nil {
			status = response.StatusCode
			response.Body.Close()
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	cancel()
	if err := <-ended; err != nil || status != http.StatusOK {
		t.Errorf("status %d, ended with %v", status, err)
	}
	http.DefaultClient.CloseIdleConnections()
}
