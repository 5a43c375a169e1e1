package weaviate_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reelrank/reelrank/retrieve"
	"github.com/reelrank/reelrank/retrieve/indextest"
	"github.com/reelrank/reelrank/retrieve/weaviate"
	"github.com/reelrank/reelrank/retrieve/weaviate/local"
)

var _ retrieve.Index = (*weaviate.Index)(nil)

// server is Weaviate's own, shared by the tests and started by the first that
// needs it; nil before.
var server *local.Server

var startServer = sync.OnceValue(func() (err error) {
	server, err = local.Start(context.Background())
	return err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if server != nil {
		if err := server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop Weaviate's server:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// serverURL is the server's address; where it is not built the test is skipped.
func serverURL(t testing.TB) string {
	t.Helper()
	switch err := startServer(); {
	case errors.Is(err, local.ErrAbsent):
		t.Skip("SKIPPED: " + err.Error())
	case err != nil:
		t.Fatal(err)
	}
	return server.URL
}

var collections atomic.Int64

// newCollection names a collection that no other test uses.
func newCollection() string { return fmt.Sprintf("Test_%d", collections.Add(1)) }

// open opens a collection, which goes with the test.
func open(t testing.TB, o weaviate.Options) *weaviate.Index {
	t.Helper()
	o.URL = serverURL(t)
	if o.Collection == "" {
		o.Collection = newCollection()
	}
	x, err := weaviate.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Drop(context.Background()); err != nil {
			t.Error(err)
		}
		x.Close()
	})
	return x
}

func TestIndex(t *testing.T) {
	serverURL(t)
	indextest.Run(t, func(t *testing.T, dim int) retrieve.Index { return open(t, weaviate.Options{Dim: dim}) })
}
