package recommend_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/simulate"
)

// A model is fitted on a log, answers, and is kept as a bundle that answers
// the same.
func Example() {
	ctx := context.Background()
	data := smallWorld(ctx)
	cfg := config.Default()
	cfg.Model.Preset, cfg.Train.Epochs = "compact", 1

	r := recommend.New(cfg)
	if _, err := r.Fit(ctx, data, recommend.FitOptions{}); err != nil {
		log.Fatal(err)
	}

	// What should this person see next?
	user := data.Interactions[0].User
	slate, err := r.Recommend(ctx, recommend.Request{User: user, K: 10})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("reels in the slate:", len(slate.Items))
	fmt.Println("seen before:", seen(data, user, slate))

	// What would they do with its first reel?
	first := slate.Items[0].Reel
	p, err := r.Predict(ctx, user, first, reel.Context{}, nil)
	if err != nil {
		log.Fatal(err)
	}
	watch := p.Predictions[reel.HeadWatch]
	fmt.Println("expected watch time is a share:", watch > 0 && watch < 1)

	// The bundle holds all that serving needs.
	folder, err := os.MkdirTemp("", "reelrank")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	dir := filepath.Join(folder, "bundle")
	if err := r.Save(ctx, dir); err != nil {
		log.Fatal(err)
	}
	served, err := recommend.Load(ctx, dir)
	if err != nil {
		log.Fatal(err)
	}
	again, err := served.Predict(ctx, user, first, reel.Context{}, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the bundle predicts the same:", again.Predictions == p.Predictions)

	// Output:
	// reels in the slate: 10
	// seen before: 0
	// expected watch time is a share: true
	// the bundle predicts the same: true
}

// smallWorld simulates a log to learn from; dataset.Read brings one of your own.
func smallWorld(ctx context.Context) *dataset.Dataset {
	params, err := simulate.Tiny.Params()
	if err != nil {
		log.Fatal(err)
	}
	params.Users, params.Reels, params.Creators, params.Interactions = 8, 120, 12, 200
	world, err := simulate.New(params, 1)
	if err != nil {
		log.Fatal(err)
	}
	if err := world.Generate(ctx, nil); err != nil {
		log.Fatal(err)
	}
	return &dataset.Dataset{Interactions: world.Interactions(), Reels: world.Reels()}
}

// seen counts the reels of a slate that the user was shown before.
func seen(data *dataset.Dataset, user reel.UserID, slate recommend.Slate) int {
	n := 0
	for _, item := range slate.Items {
		for _, it := range data.Interactions {
			if it.User == user && it.Reel == item.Reel {
				n++
			}
		}
	}
	return n
}
