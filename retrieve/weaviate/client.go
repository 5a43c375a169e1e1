package weaviate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// client speaks JSON with the server. Whatever it sends may be sent twice: an
// item has one key, and removing what is gone succeeds.
type client struct {
	base    string // without a slash at the end
	key     string
	timeout time.Duration
	http    *http.Client
}

const (
	// attempts is how often a request is sent that the server could not take.
	attempts = 4
	// firstPause is the time before the second attempt; each is four times as
	// long as the one before, give or take half.
	firstPause = 50 * time.Millisecond
	// maxAnswer bounds what is read of one answer, in bytes: several times a
	// listing of the longest page.
	maxAnswer = 64 << 20
	// connections to one server that are kept between requests.
	connections = 64
)

func newClient(o Options) (*client, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("weaviate: %q is not the address of a server, such as http://127.0.0.1:8080", o.URL)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = connections
	return &client{
		base: strings.TrimRight(o.URL, "/"), key: o.Key, timeout: o.Timeout,
		http: &http.Client{Transport: transport},
	}, nil
}

func (c *client) close() { c.http.CloseIdleConnections() }

// statusError is an answer other than success.
type statusError struct {
	status  int
	message string
}

func (e *statusError) Error() string {
	text := fmt.Sprintf("the server answered %d %s: %s", e.status, http.StatusText(e.status), e.message)
	switch e.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		text += " (it wants an API key that may do this)"
	}
	return text
}

// isStatus tells whether the error is an answer with the status.
func isStatus(err error, status int) bool {
	var e *statusError
	return errors.As(err, &e) && e.status == status
}

// temporary tells whether the same request may succeed a little later.
func temporary(err error) bool {
	var e *statusError
	if !errors.As(err, &e) {
		return true // no answer at all
	}
	switch e.status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// call sends a request with body as JSON, none where it is nil, and reads the
// answer into answer, which may be nil.
func (c *client) call(ctx context.Context, method, path string, body, answer any) error {
	var encoded []byte
	if body != nil {
		var err error
		if encoded, err = json.Marshal(body); err != nil {
			return err
		}
	}
	pause := firstPause
	for attempt := 1; ; attempt++ {
		err := c.once(ctx, method, path, encoded, answer)
		if err == nil || ctx.Err() != nil || !temporary(err) || attempt == attempts {
			return c.explain(ctx, err)
		}
		select {
		case <-time.After(pause/2 + rand.N(pause)):
		case <-ctx.Done():
			return ctx.Err()
		}
		pause *= 4
	}
}

// explain says what to do about an error, where there was no answer.
func (c *client) explain(ctx context.Context, err error) error {
	var refused *statusError
	switch {
	case err == nil || errors.As(err, &refused):
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("weaviate at %s: %w", c.base, ctx.Err())
	}
	var u *url.Error
	if errors.As(err, &u) { // which repeats the address
		err = u.Err
	}
	return fmt.Errorf("weaviate at %s does not answer: %w: is the server running, and is this its REST address?", c.base, err)
}

func (c *client) once(ctx context.Context, method, path string, body []byte, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		request.Header.Set("Authorization", "Bearer "+c.key)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return err
	case response.StatusCode/100 != 2:
		return &statusError{response.StatusCode, messageOf(text)}
	case len(text) > maxAnswer:
		return &statusError{response.StatusCode, fmt.Sprintf("more than %d bytes", maxAnswer)}
	case answer == nil || len(text) == 0:
		return nil
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return &statusError{response.StatusCode, fmt.Sprintf("not the JSON of this version's client: %v", err)}
	}
	return nil
}

// maxMessage bounds what of a server's words goes into an error, in bytes.
const maxMessage = 500

// messageOf is what an answer that is no success says.
func messageOf(text []byte) string {
	var answer struct {
		Error []struct{ Message string }
	}
	if json.Unmarshal(text, &answer) == nil && len(answer.Error) > 0 {
		return shorten(answer.Error[0].Message)
	}
	if len(text) == 0 {
		return "nothing more"
	}
	return shorten(string(text))
}

func shorten(text string) string {
	if len(text) <= maxMessage {
		return text
	}
	return strings.ToValidUTF8(text[:maxMessage], "") + "…"
}
