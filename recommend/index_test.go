package recommend

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/retrieve"
	"github.com/reelrank/reelrank/retrieve/weaviate"
	"github.com/reelrank/reelrank/retrieve/weaviate/local"
)

// Either implementation serves; a server that approximates may miss a reel far
// down the candidates, so the slates are to agree on nearly all.
var _ retrieve.Index = (*weaviate.Index)(nil)

func TestWeaviateServesTheSlatesOfTheEmbeddedIndex(t *testing.T) {
	server, err := local.Start(t.Context())
	if errors.Is(err, local.ErrAbsent) {
		t.Skip("SKIPPED: " + err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	}()
	embedded := unhurried(t, fitted(t))
	remote := adjusted(t, func(cfg *config.Config) {
		cfg.Retrieve.Index, cfg.Retrieve.WeaviateURL = config.WeaviateIndex, server.URL
	})
	same, all := 0, 0
	for _, user := range users(tiny().Interactions)[:20] {
		want, got := slate(t, embedded, Request{User: user, K: 10}), slate(t, remote, Request{User: user, K: 10})
		for i := range want.Items {
			all++
			if i < len(got.Items) && got.Items[i].Reel == want.Items[i].Reel {
				same++
			}
		}
		if similar := got.Items[0].Score; similar != want.Items[0].Score {
			t.Errorf("user %d: the best reel scores %g, want %g", user, similar, want.Items[0].Score)
		}
	}
	if same < all*98/100 {
		t.Errorf("%d of %d places have the same reel", same, all)
	}
}

func TestIndexThatCannotBeOpenedSaysWhatToDo(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	for _, c := range []struct {
		want   string
		change func(*config.Retrieve)
	}{
		{"is the server running", func(*config.Retrieve) {}},
		{"retrieve.weaviate_key_file", func(r *config.Retrieve) { r.WeaviateKeyFile = key }},
		{"cannot name a collection", func(r *config.Retrieve) { r.WeaviateName = "my reels" }},
	} {
		own := fitted(t).engine.Load().trained
		r := &own.cfg.Retrieve
		r.Index, r.WeaviateURL = config.WeaviateIndex, "http://127.0.0.1:1"
		c.change(r)
		if _, err := newEngine(own); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if err := os.WriteFile(key, []byte("  secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := readKey(key); err != nil || got != "secret" {
		t.Errorf("the key is %q, %v", got, err)
	}
}

func TestBundleDoesNotNameTheServerOfWhoTrainedIt(t *testing.T) {
	cfg := config.Default()
	cfg.Retrieve.Index, cfg.Retrieve.WeaviateURL, cfg.Retrieve.WeaviateKeyFile = config.WeaviateIndex, "http://127.0.0.1:1", "/run/key"
	if got := withoutPlaces(cfg); got.Retrieve != config.Default().Retrieve {
		t.Errorf("a bundle keeps %+v", got.Retrieve)
	}
}
