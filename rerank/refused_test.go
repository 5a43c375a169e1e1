package rerank

import (
	"testing"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/reel"
)

func TestWhatIsNotWantedGoesDownAndRisesAgain(t *testing.T) {
	c, candidates := shelf(t, []float32{1, 0.9, 0.8, 0.4, 0},
		reel.Reel{Creator: 1, Category: "dance"}, reel.Reel{Creator: 2, Category: "dance"},
		reel.Reel{Creator: 3, Category: "food"}, reel.Reel{Creator: 4}, reel.Reel{Creator: 1, Category: "dance"})
	r := mustNew(t, config.Rerank{RefusedCreator: 0.5, RefusedCategory: 0.15}, c)
	refused := reel.Interaction{Reel: 4, Creator: 1, Signals: reel.NotInterested, Time: now}
	other := reel.Interaction{Reel: 99, Creator: 99, Time: now}
	for _, tc := range []struct {
		name   string
		recent []reel.Interaction
		want   string
	}{
		{"nothing refused", []reel.Interaction{other}, "reel 0 1.000\nreel 1 0.900\nreel 2 0.800\nreel 3 0.400\n"},
		{"just now", []reel.Interaction{other, refused}, "reel 2 0.800\n" +
			"reel 1 0.750 | not interested in a reel of this category -0.15\n" +
			"reel 3 0.400\n" +
			"reel 0 0.350 | not interested in a reel of this creator -0.5 | not interested in a reel of this category -0.15\n"},
		{"a while ago", append([]reel.Interaction{refused}, repeat(other, 49)...), "reel 1 0.866 | not interested in a reel of this category -0.0337\n" +
			"reel 0 0.854 | not interested in a reel of this creator -0.112 | not interested in a reel of this category -0.0337\n" +
			"reel 2 0.800\n" +
			"reel 3 0.400\n"},
		{"twice is not more than wholly", []reel.Interaction{refused, refused}, "reel 2 0.800\n" +
			"reel 1 0.750 | not interested in a reel of this category -0.15\n" +
			"reel 3 0.400\n" +
			"reel 0 0.350 | not interested in a reel of this creator -0.5 | not interested in a reel of this category -0.15\n"},
	} {
		if got := story(r.Rerank(candidates, Request{K: 4, Now: now, Recent: tc.recent})); got != tc.want {
			t.Errorf("%s:\n%swant\n%s", tc.name, got, tc.want)
		}
	}
}

func repeat(it reel.Interaction, n int) (list []reel.Interaction) {
	for range n {
		list = append(list, it)
	}
	return list
}
