// Package rerank is stage 3: it turns scored candidates into the slate that a
// person sees.
//
// It fills the slate slot by slot. Each slot goes to the candidate with the
// highest score after its adjustments, a boost for new reels and penalties for
// a category that the slate already shows and for the creator and category of
// what the user lately marked as not interesting, among those whose creator is
// still below the limit. What moved a reel is written into its Steps.
//
//	r, err := rerank.New(cfg.Rerank, cfg.Retrieve.FreshHours, catalog)
//	slate := r.Rerank(candidates, rerank.Request{K: 10, Now: now, Seen: profile.HasSeen})
//	for _, c := range slate.Items {
//		fmt.Println(c.Reel, c.Final, c.Steps)
//	}
//
// Where the limit per creator leaves slots empty, it is raised by one at a
// time until they are filled; reels so admitted come after the others and the
// slate says so in Relaxed. Where there are simply too few candidates, the
// slate is shorter and says that.
//
// Invariant: a slate holds no reel twice, none that was seen, at most K, in
// descending order of a Final that is always a finite number; and where the
// Score is finite too, Final is the Score plus the numbers in Steps. The order
// of the input does not matter.
package rerank
