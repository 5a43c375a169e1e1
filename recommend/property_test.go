package recommend

import (
	"cmp"
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/reelrank/reelrank/reel"
)

// anyRequest draws requests, half of them sound and half with any values.
func anyRequest() *rapid.Generator[Request] {
	log, reels := tiny().Interactions, tiny().Reels
	from, to := tiny().Window()
	soundUser := rapid.Map(rapid.IntRange(0, len(log)-1), func(i int) reel.UserID { return log[i].User })
	soundReel := rapid.Map(rapid.IntRange(0, len(reels)-1), func(i int) reel.ReelID { return reels[i].ID })
	anyUser := rapid.Map(rapid.Int64(), func(id int64) reel.UserID { return reel.UserID(id) })
	anyReel := rapid.Map(rapid.Int64(), func(id int64) reel.ReelID { return reel.ReelID(id) })
	word := rapid.OneOf(rapid.SampledFrom([]string{"", "BR", "US", "android", "ios"}), rapid.String())
	return rapid.Custom(func(t *rapid.T) Request {
		sound := rapid.Bool().Draw(t, "sound")
		req := Request{
			User: either(sound, soundUser, anyUser).Draw(t, "user"),
			K:    either(sound, rapid.IntRange(1, 200), rapid.Int()).Draw(t, "k"),
			Now:  either(sound, rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(from-86400, to+86400)), rapid.Int64()).Draw(t, "now"),
			Context: reel.Context{
				Device: word.Draw(t, "device"), Place: word.Draw(t, "place"),
				Session: rapid.Int64().Draw(t, "session"), Position: rapid.Int().Draw(t, "position"),
			},
			MaxPerCreator: either(sound, rapid.IntRange(0, 4), rapid.Int()).Draw(t, "max_per_creator"),
			Exclude:       rapid.SliceOfN(either(sound, soundReel, anyReel), 0, 20).Draw(t, "exclude"),
		}
		if rapid.Bool().Draw(t, "filtered") {
			req.Filter = anyFilter(sound).Draw(t, "filter")
		}
		if rapid.Bool().Draw(t, "own weights") {
			req.Weights = new(reel.Weights)
			for h := range req.Weights {
				req.Weights[h] = either(sound, rapid.Float32Range(0.1, 1000), rapid.OneOf(rapid.Float32(), rapid.Just(float32(math.NaN())))).Draw(t, "weight")
			}
		}
		return req
	})
}

// anyFilter draws filters by labels of the tiny world and others.
func anyFilter(sound bool) *rapid.Generator[Filter] {
	reels := tiny().Reels
	return rapid.Custom(func(t *rapid.T) Filter {
		labels := func(of func(*reel.Reel) string) []string {
			known := rapid.Map(rapid.IntRange(0, len(reels)-1), func(i int) string { return cmp.Or(of(&reels[i]), "elsewhere") })
			return rapid.SliceOfN(either(sound, known, rapid.String()), 0, rapid.SampledFrom([]int{0, 0, 5}).Draw(t, "most")).Draw(t, "labels")
		}
		f := Filter{
			Languages: labels(func(r *reel.Reel) string { return r.Language }), Regions: labels(func(r *reel.Reel) string { return r.Region }),
			Categories: labels(func(r *reel.Reel) string { return r.Category }), ExcludedCategories: labels(func(r *reel.Reel) string { return r.Category }),
			ViewerAge: either(sound, rapid.IntRange(0, 20), rapid.Int()).Draw(t, "age"),
		}
		creator := rapid.Map(rapid.IntRange(0, len(reels)-1), func(i int) reel.CreatorID { return reels[i].Creator })
		anyCreator := rapid.Map(rapid.Int64(), func(id int64) reel.CreatorID { return reel.CreatorID(id) })
		f.BlockedCreators = rapid.SliceOfN(either(sound, creator, anyCreator), 0, 5).Draw(t, "blocked")
		return f
	})
}

func either[T any](first bool, a, b *rapid.Generator[T]) *rapid.Generator[T] {
	if first {
		return a
	}
	return b
}

func TestAnyRequestIsAnsweredOrRefused(t *testing.T) {
	r, seen, reels := fitted(t), seenBy(), reelByID()
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		req := anyRequest().Draw(t, "request")
		s, err := r.Recommend(ctx, req)
		var wrong *RequestError
		switch {
		case errors.As(err, &wrong):
			if req.validate() == nil {
				t.Fatalf("a sound request is refused: %v", err)
			}
		case err != nil:
			t.Fatal(err)
		default:
			if err := checkSlate(r, req, s, seen[req.User], reels); err != nil {
				t.Fatal(err)
			}
		}
		id := reel.ReelID(rapid.OneOf(rapid.Int64Range(0, int64(len(reels))), rapid.Int64()).Draw(t, "reel"))
		p, err := r.Predict(ctx, req.User, id, req.Context, req.Weights)
		if err != nil && !errors.As(err, &wrong) && !errors.Is(err, ErrUnknownReel) {
			t.Fatal(err)
		}
		if err == nil && (math.IsNaN(float64(p.Score)) || math.IsInf(float64(p.Score), 0)) {
			t.Fatalf("%+v", p)
		}
	})
}
