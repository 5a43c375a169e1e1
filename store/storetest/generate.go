package storetest

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// World bounds what a generator draws, so that the same users, reels and ids
// meet again and again.
type World struct {
	Users, Reels, Creators, IDs int
	Now                         int64 // unix seconds around which interactions happen
}

// SmallWorld makes collisions likely.
var SmallWorld = World{Users: 5, Reels: 12, Creators: 4, IDs: 6, Now: 1_700_000_000}

// Body draws anything that a client can append.
func (w World) Body() *rapid.Generator[store.Body] {
	return rapid.Custom(func(t *rapid.T) store.Body {
		switch rapid.IntRange(0, 15).Draw(t, "kind") {
		case 0:
			return store.ReelDeleted{ID: w.reel(t)}
		case 1:
			return store.CreatorPut{Creator: w.creator(t)}
		case 2:
			return store.CreatorDeleted{ID: reel.CreatorID(w.draw(t, "creator", w.Creators))}
		case 3, 4:
			return w.slate(t)
		case 5:
			return store.UserErased{User: w.user(t)}
		case 6:
			return store.ProfileKept{Profile: w.profile(t)}
		case 7, 8:
			return store.ReelPut{Reel: w.put(t)}
		}
		return w.event(t)
	})
}

// Event draws an interaction.
func (w World) Event() *rapid.Generator[store.Event] { return rapid.Custom(w.event) }

// Profile draws what many interactions make of a profile.
func (w World) Profile() *rapid.Generator[*reel.Profile] { return rapid.Custom(w.profile) }

func (w World) draw(t *rapid.T, label string, n int) int64 {
	return rapid.Int64Range(0, int64(n)-1).Draw(t, label)
}

func (w World) user(t *rapid.T) reel.UserID { return reel.UserID(w.draw(t, "user", w.Users)) }
func (w World) reel(t *rapid.T) reel.ReelID { return reel.ReelID(w.draw(t, "reel", w.Reels)) }

func (w World) event(t *rapid.T) store.Event {
	e := store.Event{Interaction: w.interaction(t, w.user(t))}
	if rapid.Bool().Draw(t, "has id") {
		e.ID = fmt.Sprintf("event-%d", w.draw(t, "id", w.IDs))
	}
	if rapid.Bool().Draw(t, "has slate") {
		e.Slate = rapid.StringN(0, 8, 16).Draw(t, "slate")
	}
	return e
}

func (w World) interaction(t *rapid.T, user reel.UserID) reel.Interaction {
	watch := rapid.OneOf(rapid.Just(float32(0)), rapid.Just(float32(1)), rapid.Just(float32(0.85)), rapid.Float32Range(0, 1))
	duration := rapid.OneOf(rapid.Just(float32(0)), rapid.Just(float32(14)), rapid.Just(float32(7.3)), rapid.Float32Range(0, reel.MaxDuration))
	word := rapid.SampledFrom([]string{"", "android", "ios", "BR", "São Paulo", "web"})
	return reel.Interaction{
		User:     user,
		Reel:     w.reel(t),
		Creator:  reel.CreatorID(w.draw(t, "creator", w.Creators)),
		Time:     min(max(w.Now+rapid.Int64Range(-1e6, 1e6).Draw(t, "time"), reel.MinTime), reel.MaxTime),
		Watch:    reel.WatchTime(watch.Draw(t, "watch")),
		Duration: duration.Draw(t, "duration"),
		Signals:  reel.Signals(rapid.Uint16Range(0, 511).Draw(t, "signals")),
		Observed: rapid.OneOf(rapid.Just(reel.AllObserved), rapid.Map(rapid.Uint16(), func(v uint16) reel.Signals { return reel.Signals(v) })).Draw(t, "observed"),
		Context: reel.Context{
			Device:   word.Draw(t, "device"),
			Place:    word.Draw(t, "place"),
			Session:  rapid.Int64().Draw(t, "session"),
			Position: rapid.IntRange(-5, 100).Draw(t, "position"),
		},
	}
}

func (w World) profile(t *rapid.T) *reel.Profile {
	p := reel.NewProfile(w.user(t))
	for range rapid.IntRange(1, 8).Draw(t, "interactions") {
		p.Apply(w.interaction(t, p.User))
	}
	return p
}

func (w World) put(t *rapid.T) reel.Reel {
	r := reel.Reel{
		ID:        w.reel(t),
		Creator:   reel.CreatorID(w.draw(t, "creator", w.Creators)),
		Category:  rapid.SampledFrom([]string{"", "cooking", "music"}).Draw(t, "category"),
		Caption:   rapid.StringN(0, 20, 60).Draw(t, "caption"),
		Duration:  rapid.Float32Range(0, reel.MaxDuration).Draw(t, "duration"),
		Uploaded:  rapid.Int64Range(reel.MinTime, reel.MaxTime).Draw(t, "uploaded"),
		AgeRating: rapid.Uint8Range(0, reel.MaxAgeRating).Draw(t, "age rating"),
	}
	r.Video = vector(t, "video", reel.VideoDim)
	r.Audio = vector(t, "audio", reel.AudioDim)
	r.Text = vector(t, "text", reel.TextDim)
	return r
}

// vector is nil or a few numbers repeated to the width: what is drawn is what
// a failing test has to shrink.
func vector(t *rapid.T, label string, dim int) []float32 {
	few := rapid.SampledFrom([]float32{-1, 0, 0.5, 3.25e-9})
	if rapid.Bool().Draw(t, "no "+label) {
		return nil
	}
	v := make([]float32, dim)
	first, second := few.Draw(t, label), few.Draw(t, label)
	for i := range v {
		v[i] = first
		if i%3 == 1 {
			v[i] = second
		}
	}
	return v
}

func (w World) creator(t *rapid.T) reel.Creator {
	return reel.Creator{
		ID:       reel.CreatorID(w.draw(t, "creator", w.Creators)),
		Name:     rapid.StringN(0, 10, 30).Draw(t, "name"),
		Language: rapid.SampledFrom([]string{"", "pt", "en-GB"}).Draw(t, "language"),
		Joined:   rapid.Int64Range(reel.MinTime, reel.MaxTime).Draw(t, "joined"),
	}
}

func (w World) slate(t *rapid.T) store.SlateServed {
	s := store.SlateServed{
		ID:      rapid.StringN(0, 8, 16).Draw(t, "slate"),
		User:    w.user(t),
		Time:    w.Now + rapid.Int64Range(-100, 100).Draw(t, "time"),
		Model:   rapid.SampledFrom([]string{"", "m-7"}).Draw(t, "model"),
		Variant: rapid.SampledFrom([]string{"", "control"}).Draw(t, "variant"),
		Context: reel.Context{Device: "android", Place: "BR", Session: rapid.Int64().Draw(t, "session")},
	}
	for range rapid.IntRange(0, 4).Draw(t, "items") {
		s.Items = append(s.Items, store.ServedItem{
			Reel:       w.reel(t),
			Sources:    reel.SourceSet(rapid.Uint8Range(0, 31).Draw(t, "sources")),
			Score:      rapid.Float32Range(-10, 10).Draw(t, "score"),
			Propensity: rapid.Float32Range(0, 1).Draw(t, "propensity"),
		})
	}
	return s
}
