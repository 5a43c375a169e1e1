package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// answerWithin is how long a client waits for one answer.
const answerWithin = 30 * time.Second

// newClient is one that keeps as many connections open as it ever needed.
func newClient() *http.Client {
	return &http.Client{Timeout: answerWithin, Transport: &http.Transport{
		MaxIdleConns: 1 << 16, MaxIdleConnsPerHost: 1 << 16, DisableCompression: true,
	}}
}

// post sends a body and decodes the answer into out, which may be nil.
func post(ctx context.Context, client *http.Client, url string, body []byte, out any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return err
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("POST %s: %s: %.300s", url, response.Status, raw)
	case out == nil:
		return nil
	}
	return json.Unmarshal(raw, out)
}
