package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/reel"
)

// madeUpCreatorWorks is how many reels a made-up creator has.
const madeUpCreatorWorks = 30

// madeUpWindow is the time over which made-up reels were uploaded: only the
// newest few of a large catalogue are fresh.
const madeUpWindow = 365 * 24 * 3600 // seconds

// Pad puts n made-up reels into a catalogue whose largest ids and newest upload
// are those of the given reels. They have a content vector drawn at random, a
// text one alone: what it costs to answer does not depend on the others.
func Pad(ctx context.Context, put func(context.Context, []reel.Reel) (live.Stored, error), own []reel.Reel, n int, seed uint64, progress func(done, total int)) error {
	var like reel.Reel
	var newest int64
	for _, r := range own {
		like.ID, like.Creator, newest = max(like.ID, r.ID), max(like.Creator, r.Creator), max(newest, r.Uploaded)
	}
	random := rand.New(rand.NewPCG(seed, 1))
	for done := 0; done < n; {
		batch := make([]reel.Reel, min(live.MaxBatch, n-done))
		for k := range batch {
			r := &batch[k]
			if len(own) > 0 {
				r.Category, r.Language = own[random.IntN(len(own))].Category, own[random.IntN(len(own))].Language
			}
			r.ID, r.Creator = like.ID+reel.ReelID(done+k+1), like.Creator+reel.CreatorID((done+k)/madeUpCreatorWorks+1)
			r.Duration, r.Uploaded = float32(5+random.IntN(55)), max(0, newest-random.Int64N(madeUpWindow))
			r.Text = make([]float32, reel.TextDim)
			for i := range r.Text {
				r.Text[i] = float32(random.NormFloat64())
			}
		}
		stored, err := put(ctx, batch)
		if err == nil && len(stored.Rejected) > 0 {
			err = fmt.Errorf("a made-up reel was rejected: %+v", stored.Rejected[0])
		}
		if err != nil {
			return err
		}
		done += len(batch)
		progress(done, n)
	}
	return nil
}

// events makes up what people do.
type events struct {
	random *rand.Rand
	prefix string // of the ids, so that each is new
	made   int
	users  func(random *rand.Rand) reel.UserID
	reels  []reel.ReelID
}

func (e *events) next() live.Event {
	e.made++
	event := live.Event{
		Interaction: reel.Interaction{
			User: e.users(e.random), Reel: e.reels[e.random.IntN(len(e.reels))], Observed: reel.Watched | reel.Liked,
			Watch: reel.WatchTime(float32(e.random.IntN(1000)) / 1000),
		},
		ID: e.prefix + strconv.Itoa(e.made),
	}
	if e.random.IntN(10) == 0 {
		event.Signals = reel.Liked
	}
	return event
}

func (e *events) batch(n int) []live.Event {
	batch := make([]live.Event, n)
	for k := range batch {
		batch[k] = e.next()
	}
	return batch
}

// appendEvent writes an event as the body of POST /events has it.
func appendEvent(b []byte, e *live.Event) []byte {
	b = append(b, `{"user_id":`...)
	b = strconv.AppendInt(b, int64(e.User), 10)
	b = append(b, `,"reel_id":`...)
	b = strconv.AppendInt(b, int64(e.Reel), 10)
	b = append(b, `,"watch_time":`...)
	b = strconv.AppendFloat(b, float64(e.Watch), 'f', 3, 32)
	b = append(b, `,"liked":`...)
	b = strconv.AppendBool(b, e.Signals.Has(reel.Liked))
	if e.ID != "" {
		b = append(b, `,"event_id":"`...)
		b = append(append(b, e.ID...), '"')
	}
	return append(b, '}')
}

func appendEvents(b []byte, batch []live.Event) []byte {
	b = append(b, `{"events":[`...)
	for k := range batch {
		if k > 0 {
			b = append(b, ',')
		}
		b = appendEvent(b, &batch[k])
	}
	return append(b, `]}`...)
}
