package simulate_test

import (
	"context"
	"fmt"
	"log"

	"github.com/reelrank/reelrank/simulate"
)

// A world tells both what its app logged and what the best answer had been.
func Example() {
	p, err := simulate.Tiny.Params()
	if err != nil {
		log.Fatal(err)
	}
	w, err := simulate.New(p, 1)
	if err != nil {
		log.Fatal(err)
	}
	if err := w.Generate(context.Background(), nil); err != nil {
		log.Fatal(err)
	}
	last := w.Interactions()[len(w.Interactions())-1]
	best := w.Oracle().Recommend(last.User, last.Time, last.Context, nil, 10)
	fmt.Println(len(w.Reels()), "reels,", len(w.Interactions()), "interactions,", len(best), "reels in the best slate")
	// Output: 600 reels, 4000 interactions, 10 reels in the best slate
}
