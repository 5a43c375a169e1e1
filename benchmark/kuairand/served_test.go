package kuairand

import (
	"context"
	"testing"

	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/reel"
)

// imported is a log as a dataset.
func imported(l *Log) *dataset.Dataset {
	ds := &dataset.Dataset{}
	for id, v := range l.Videos {
		ds.Reels = append(ds.Reels, reel.Reel{ID: reel.ReelID(id), Creator: reel.CreatorID(v.Author), Duration: float32(v.Duration), Uploaded: firstTime / 2000})
	}
	for i := range l.Rows {
		e := &l.Rows[i]
		it := reel.Interaction{
			User: reel.UserID(e.User), Reel: reel.ReelID(e.Video), Creator: reel.CreatorID(e.Author), Time: e.Time / 1000,
			Duration: float32(e.Duration), Watch: reel.WatchTime(e.Play / e.Duration), Observed: reel.Watched | reel.Liked | reel.Followed | reel.Shared,
		}
		if e.Is[Like] {
			it.Signals |= reel.Liked
		}
		ds.Interactions = append(ds.Interactions, it)
	}
	return ds
}

// The project's whole network is trained on the same days, predicts the test's
// rows, and each prediction finds its row.
func TestTheNetworkAsServedPredictsTheTestDays(t *testing.T) {
	l := world(31, 6000)
	r := &run{Options: Options{Progress: quiet}, log: l, parts: Cut(l)}
	scores, err := r.serve(context.Background(), imported(l))
	if err != nil {
		t.Fatal(err)
	}
	if len(scores) != len(r.parts.Test) {
		t.Fatalf("%d predictions for %d rows", len(scores), len(r.parts.Test))
	}
	var x []float64
	for i, s := range scores {
		e := &l.Rows[r.parts.Test[i]]
		if s.User != reel.UserID(e.User) {
			t.Fatalf("prediction %d is of user %d, the row of user %d", i, s.User, e.User)
		}
		x = append(x, float64(s.Predictions[reel.HeadLike]))
	}
	if auc := evaluate.AUC(x, labelsOf(l, r.parts.Test, Like)); auc < 0.65 {
		t.Errorf("AUC of likes %.3f where users and videos differ, want 0.65 and more", auc)
	}
}
