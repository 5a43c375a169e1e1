package rank

import (
	"slices"
	"testing"

	"github.com/reelrank/reelrank/model"
)

// BenchmarkScore ranks 100 candidates of one user whose vector is known.
func BenchmarkScore(b *testing.B) {
	for _, preset := range []string{"compact", "default", "seed"} {
		b.Run(preset, func(b *testing.B) {
			s := newSituation(b, seeded(1), model.Presets[preset], 200, 2, 100)
			scorer, user, contexts, cs := s.scorer(b), s.m.Encode(s.reels, s.history), slices.Clone(s.contexts), s.candidates()
			b.ReportAllocs()
			for b.Loop() {
				scorer.Score(user, contexts, cs, byDefault)
			}
		})
	}
}

// BenchmarkEncode computes a user's vector from a full history.
func BenchmarkEncode(b *testing.B) {
	for _, preset := range []string{"compact", "default"} {
		b.Run(preset, func(b *testing.B) {
			s := newSituation(b, seeded(1), model.Presets[preset], 200, 50, 1)
			for b.Loop() {
				s.m.Encode(s.reels, s.history)
			}
		})
	}
}
