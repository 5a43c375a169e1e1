package bench

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/reelrank/reelrank/reel"
)

func swapLoad(t *testing.T) Load {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(s.Close)
	return Load{URL: s.URL, Users: []reel.UserID{1}, TopK: 1, Rate: 100, Duration: 400 * time.Millisecond}
}

func TestSwapsAreMadeWhileTheLoadIsSent(t *testing.T) {
	var numbers []int
	r, s, err := ServeSwapping(context.Background(), swapLoad(t), 50*time.Millisecond, func(_ context.Context, n int) error {
		numbers = append(numbers, n)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Requests != 40 || r.Errors != 0 || r.Codes["200"] != 40 {
		t.Errorf("%d requests with %d errors and codes %v, want 40 without", r.Requests, r.Errors, r.Codes)
	}
	if s.Swaps < 4 || s.Swaps != len(numbers) || numbers[len(numbers)-1] != s.Swaps-1 {
		t.Errorf("%d swaps counted of %v, want at least 4", s.Swaps, numbers)
	}
	if s.Half == 0 || s.End == 0 {
		t.Errorf("memory was not counted: %+v", s)
	}
}

func TestASwapThatFailsEndsTheLoad(t *testing.T) {
	broken := errors.New("broken")
	load := swapLoad(t)
	load.Duration = time.Minute
	start := time.Now()
	_, _, err := ServeSwapping(context.Background(), load, time.Millisecond, func(_ context.Context, n int) error {
		if n == 3 {
			return broken
		}
		return nil
	})
	if !errors.Is(err, broken) || time.Since(start) > 20*time.Second {
		t.Errorf("after %s: %v, want soon and the swap's error", time.Since(start), err)
	}
}
