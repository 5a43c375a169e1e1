package retrieve

import (
	"context"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// trending finds what is much engaged with lately, at the request's place
// first and then everywhere.
type trending struct{ counters *catalog.Counters }

var _ Source = (*trending)(nil)

func (s *trending) Name() reel.Source { return reel.SourceTrending }

// Retrieve walks down the trending list until it has k eligible reels. Most
// users have seen little of it, so it asks for the top of the list first and
// for twice as much where that was not enough.
func (s *trending) Retrieve(ctx context.Context, q *Query, k int, dst []reel.Candidate) ([]reel.Candidate, error) {
	want := len(dst) + k
	walked := 0
	for depth := 2 * k; len(dst) < want; depth *= 2 {
		if err := ctx.Err(); err != nil {
			return dst, err
		}
		list := s.counters.Trending(q.Now, q.Context.Place, depth)
		for _, i := range list[min(walked, len(list)):] {
			if len(dst) < want && q.Eligible(i) {
				dst = append(dst, reel.Candidate{Index: i})
			}
		}
		if len(list) < depth { // there is no more
			break
		}
		walked = len(list)
	}
	return dst, nil
}
