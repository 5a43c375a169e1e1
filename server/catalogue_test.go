package server

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/reel"
)

// vectors of one number each.
func filled(n int, v float32) []float32 { return slices.Repeat([]float32{v}, n) }

func TestReelReachesTheCatalogueWhole(t *testing.T) {
	const fields = `"creator_id":"7","category":"dance","language":"pt","region":"BR","caption":"a \"b\"","duration":12.5,"uploaded":1767226920123,"age_rating":16`
	apart := fmt.Sprintf(`%s,"video":%s,"audio":%s,"text":%s`, fields, long(reel.VideoDim, "0.5"), long(reel.AudioDim, "-1"), long(reel.TextDim, "2e-3"))
	want := reel.Reel{
		ID: 456, Creator: 7, Category: "dance", Language: "pt", Region: "BR", Caption: `a "b"`, Duration: 12.5, Uploaded: 1_767_226_920, AgeRating: 16,
		Video: filled(reel.VideoDim, 0.5), Audio: filled(reel.AudioDim, -1), Text: filled(reel.TextDim, 0.002),
	}
	for _, c := range []struct{ method, path, body, answer string }{
		{"PUT", "/reels/456", `{` + apart + `}`, `{"reel_id":456}`},
		{"PUT", "/reels/456", `{"reel_id":456,` + apart + `}`, `{"reel_id":456}`},
		{"POST", "/reels", `{"reel_id":456,` + apart + `}`, `{"accepted":1,"rejected":[]}`},
		{"POST", "/reels", `{"reels":[{"reel_id":456,` + apart + `}]}`, `{"accepted":1,"rejected":[]}`},
	} {
		s, store := withStore()
		w := ask(s, c.method, c.path, c.body)
		if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got != c.answer {
			t.Fatalf("%s %s: %d %s, want %s", c.method, c.path, w.Code, got, c.answer)
		}
		if !reflect.DeepEqual(store.reels[456], want) {
			t.Errorf("%s %s: got %+v", c.method, c.path, store.reels[456])
		}
	}
}

func TestFeaturesAreTheVectorsInARow(t *testing.T) {
	row := func(video, audio, text string) string {
		parts := []string{long(reel.VideoDim, video), long(reel.AudioDim, audio), long(reel.TextDim, text)}
		return `{"creator_id":7,"features":[` + strings.ReplaceAll(strings.ReplaceAll(strings.Join(parts, ","), "[", ""), "]", "") + `]}`
	}
	s, store := withStore()
	ask(s, "PUT", "/reels/1", row("1", "2", "3"))
	ask(s, "PUT", "/reels/2", row("0", "2", "0.0")) // zeros: the modality is missing
	if r := store.reels[1]; !slices.Equal(r.Video, filled(reel.VideoDim, 1)) || !slices.Equal(r.Audio, filled(reel.AudioDim, 2)) || !slices.Equal(r.Text, filled(reel.TextDim, 3)) {
		t.Errorf("got %v", r)
	}
	if r := store.reels[2]; r.Video != nil || r.Text != nil || !slices.Equal(r.Audio, filled(reel.AudioDim, 2)) {
		t.Errorf("got %v", r)
	}
}

func TestReelIsAnsweredAsItWasPut(t *testing.T) {
	const known = `{"reel_id":10,"creator_id":7,"category":"cooking","duration":14.5,"uploaded":1767225600,"age_rating":0}`
	s, store := withStore()
	w := ask(s, "GET", "/reels/10", "")
	if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got != known {
		t.Fatalf("%d %s", w.Code, got)
	}
	before := store.reels[10]
	ask(s, "PUT", "/reels/10", known)
	if !reflect.DeepEqual(store.reels[10], before) {
		t.Errorf("%+v became %+v", before, store.reels[10])
	}
}

func TestDeletedReelIsGone(t *testing.T) {
	s, _ := withStore()
	if w := ask(s, "DELETE", "/reels/10", ""); w.Code != http.StatusNoContent || w.Body.Len() > 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	checkProblem(t, ask(s, "GET", "/reels/10", ""), http.StatusNotFound)
	checkProblem(t, ask(s, "DELETE", "/reels/10", ""), http.StatusNotFound)
}

// badReels break the schema, each in one place.
var badReels = []struct{ name, reel, field, says string }{
	{"a number", `7`, "", "expected an object"},
	{"no creator", `{"reel_id":1}`, "creator_id", "missing"},
	{"negative reel", `{"reel_id":-1,"creator_id":2}`, "reel_id", "an id is"},
	{"unknown field", `{"reel_id":1,"creator_id":2,"title":"x"}`, "title", "unexpected"},
	{"category too long", `{"reel_id":1,"creator_id":2,"category":"` + strings.Repeat("x", 129) + `"}`, "category", "length <= 128"},
	{"caption as list", `{"reel_id":1,"creator_id":2,"caption":["x"]}`, "caption", "expected string"},
	{"negative duration", `{"reel_id":1,"creator_id":2,"duration":-1}`, "duration", "from 0 to 86400"},
	{"uploaded after 2100", `{"reel_id":1,"creator_id":2,"uploaded":4102444801}`, "uploaded", "not within"},
	{"age rating of 22", `{"reel_id":1,"creator_id":2,"age_rating":22}`, "age_rating", "from 0 to 21"},
	{"age rating of 300", `{"reel_id":1,"creator_id":2,"age_rating":300}`, "age_rating", "from 0 to 21"},
	{"video too short", `{"reel_id":1,"creator_id":2,"video":[1,2]}`, "video", "has 2 numbers, want 512"},
	{"empty video", `{"reel_id":1,"creator_id":2,"video":[]}`, "video", "has 0 numbers, want 512"},
	{"video too long", `{"reel_id":1,"creator_id":2,"video":` + long(513, "1") + `}`, "video", "has 513 numbers, want 512"},
	{"audio as text", `{"reel_id":1,"creator_id":2,"audio":"AAAA"}`, "audio", "expected array"},
	{"a text among numbers", `{"reel_id":1,"creator_id":2,"text":[1,"2"]}`, "text[1]", "expected number"},
	{"null among numbers", `{"reel_id":1,"creator_id":2,"text":[null]}`, "text[0]", "expected number"},
	{"number beyond 32 bits", `{"reel_id":1,"creator_id":2,"text":[1e39]}`, "text[0]", "32 bits"},
	{"features and video", `{"reel_id":1,"creator_id":2,"features":` + long(1152, "1") + `,"video":` + long(512, "1") + `}`, "video", "either features"},
	{"video and features", `{"reel_id":1,"creator_id":2,"video":` + long(512, "1") + `,"features":` + long(1152, "1") + `}`, "features", "either features"},
	{"blocked creator", `{"reel_id":1,"creator_id":5000}`, "creator_id", "blocked"}, // said by the store
}

func TestBadReelIsRefusedByEveryWayIn(t *testing.T) {
	for _, c := range badReels {
		t.Run(c.name, func(t *testing.T) {
			s, store := withStore()
			for _, q := range []struct{ method, path string }{{"POST", "/reels"}, {"PUT", "/reels/1"}} {
				if c.name == "negative reel" && q.method == "PUT" {
					continue
				}
				p := checkProblem(t, ask(s, q.method, q.path, c.reel), http.StatusUnprocessableEntity)
				detail := p["errors"].([]any)[0].(map[string]any)
				where := strings.TrimSuffix("body."+c.field, ".")
				if detail["location"] != where || !strings.Contains(detail["message"].(string), c.says) {
					t.Errorf("%s: %v does not say %q of %s", q.method, detail, c.says, where)
				}
			}
			answer := object(t, ask(s, "POST", "/reels", `{"reels":[`+c.reel+`,{"reel_id":2,"creator_id":3}]}`).Body)
			r := answer["rejected"].([]any)[0].(map[string]any)
			if answer["accepted"] != 1.0 || r["index"] != 0.0 || r["field"] != c.field || !strings.Contains(r["reason"].(string), c.says) {
				t.Errorf("in a list: %v", answer)
			}
			if len(store.reels) != 2 { // reel 10, which was there, and reel 2
				t.Errorf("the catalogue holds %d reels", len(store.reels))
			}
		})
	}
}

func TestReelsInBulkHaveTheirOwnLimit(t *testing.T) {
	one := `{"reel_id":1,"creator_id":7,"features":` + long(1152, "0.123456789") + `}`
	s, store := withStore()
	body := `{"reels":` + long(live.MaxBatch, one) + `}`
	if w := ask(s, "POST", "/reels", body); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"accepted":1000`) || len(store.reels) != 2 {
		t.Errorf("%d bytes: %d %s", len(body), w.Code, w.Body)
	}
	checkProblem(t, ask(s, "POST", "/reels", body+strings.Repeat(" ", int(s.cfg.MaxBulkBytes)-len(body)+1)), http.StatusRequestEntityTooLarge)
	checkProblem(t, ask(s, "PUT", "/reels/1", one+strings.Repeat(" ", int(s.cfg.MaxBodyBytes))), http.StatusRequestEntityTooLarge)
}

func TestCreatorIsKeptAnsweredAndDeleted(t *testing.T) {
	s, store := withStore()
	w := ask(s, "PUT", "/creators/8", `{"name":"Bo","language":"es","region":"MX","joined":1767226920}`)
	if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got != `{"creator_id":8}` {
		t.Fatalf("%d %s", w.Code, got)
	}
	if want := (reel.Creator{ID: 8, Name: "Bo", Language: "es", Region: "MX", Joined: 1_767_226_920}); store.creators[8] != want {
		t.Errorf("got %+v", store.creators[8])
	}
	if got := strings.TrimSpace(ask(s, "GET", "/creators/8", "").Body.String()); got != `{"creator_id":8,"name":"Bo","language":"es","region":"MX","joined":1767226920}` {
		t.Errorf("got %s", got)
	}
	if w := ask(s, "DELETE", "/creators/8", ""); w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != `{"creator_id":8,"reels":3}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	checkProblem(t, ask(s, "GET", "/creators/8", ""), http.StatusNotFound)
	checkProblem(t, ask(s, "DELETE", "/creators/8", ""), http.StatusNotFound)
}

func TestPathsAndBodiesNameTheSameThing(t *testing.T) {
	for _, c := range []struct{ method, path, body, where string }{
		{"PUT", "/reels/1", `{"reel_id":2,"creator_id":3}`, "body.reel_id"},
		{"PUT", "/creators/1", `{"creator_id":2}`, "body.creator_id"},
		{"PUT", "/creators/1", `{"name":7}`, "body.name"},
		{"PUT", "/creators/1", `[]`, "body"},
		{"PUT", "/reels/x", `{"creator_id":3}`, "path.id"},
		{"GET", "/reels/-1", "", "path.id"},
		{"GET", "/reels/+1", "", "path.id"},
		{"GET", "/reels/1.0", "", "path.id"},
		{"DELETE", "/reels/9223372036854775808", "", "path.id"},
		{"GET", "/creators/" + strings.Repeat("9", 500), "", "path.id"},
		{"GET", "/users/bob/export", "", "path.id"},
		{"DELETE", "/users/%20", "", "path.id"},
	} {
		s, _ := withStore()
		p := checkProblem(t, ask(s, c.method, c.path, c.body), http.StatusUnprocessableEntity)
		if where := p["errors"].([]any)[0].(map[string]any)["location"]; where != c.where {
			t.Errorf("%s %s %s: the fault is at %v, want %s", c.method, c.path, c.body, where, c.where)
		}
	}
	s, _ := withStore()
	checkProblem(t, ask(s, "PUT", "/creators/1", `{"name":`), http.StatusBadRequest)
}

func TestReelTableReadsWhatItDocuments(t *testing.T) {
	checkTable(t, reelFields, []string{"reel_id", "creator_id"})
}

func TestCreatorTableReadsWhatItDocuments(t *testing.T) {
	checkTable(t, creatorFields, nil)
}

func BenchmarkReels(b *testing.B) {
	body := []byte(`{"reels":` + long(100, `{"reel_id":1,"creator_id":7,"category":"dance","features":`+long(1152, "-0.12345678")+`}`) + `}`)
	reels := reelUpload()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if got, problem := reels.read(body); problem != nil || len(got.values) != 100 {
			b.Fatal(problem)
		}
	}
	b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "reels/s")
}
