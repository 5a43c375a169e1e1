package bench

import (
	"fmt"
	"math/rand/v2"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/rank"
	"github.com/reelrank/reelrank/reel"
)

// Scoring is how long a stage of a request takes on one thread.
type Scoring struct {
	Stage      string  `json:"stage"`     // RankCandidates or EncodeUser
	Precision  string  `json:"precision"` // as rank.Precision, of the stage's numbers
	Kernels    string  `json:"kernels"`
	P50Micros  float64 `json:"p50_us"`
	ReelBytes  int     `json:"reel_bytes,omitempty"` // memory that the scorer keeps per reel
	Candidates int     `json:"candidates,omitempty"`
	Spread     float64 `json:"spread"` // how far the rounds lie apart, as a share of their median
}

// The stages of Scoring, with the default preset.
const (
	RankCandidates  = "rank 100 candidates, user vector known"
	EncodeUser      = "user vector from 50 interactions, cold"
	TransformerUser = "the same by the transformer"
)

// What a request is made of. Requests take turns, so that no call finds its
// own reels in the cache just because the call before was about them.
const (
	servedCandidates = 100
	servedRequests   = 64
)

func (c contest) scoring(sets []string, reels int) ([]Scoring, error) {
	var rows []Scoring
	var sides []side
	add := func(row Scoring, work func()) {
		rows, sides = append(rows, row), append(sides, side{set: row.Kernels, threads: 1, work: work})
	}
	for _, set := range sets {
		_, err := prepared(set, func() (func(), error) {
			s, err := newService(model.EncoderGRU, reels)
			if err != nil {
				return nil, err
			}
			for _, p := range []rank.Precision{rank.Float32, rank.Int8} {
				scorer, err := rank.NewScorer(s.m, s.reels, p)
				if err != nil {
					return nil, err
				}
				add(Scoring{Stage: RankCandidates, Precision: string(p), Kernels: set, Candidates: servedCandidates, ReelBytes: scorer.ReelBytes()},
					func() { s.next().score(scorer) })
			}
			add(Scoring{Stage: EncodeUser, Precision: string(rank.Float32), Kernels: set}, func() { s.encoder.Encode(s.next().history) })
			other, err := newService(model.EncoderTransformer, reels)
			if err != nil {
				return nil, err
			}
			add(Scoring{Stage: TransformerUser, Precision: string(rank.Float32), Kernels: set}, func() { other.encoder.Encode(other.next().history) })
			return nil, nil
		})
		if err != nil {
			return nil, fmt.Errorf("bench: scoring: %w", err)
		}
	}
	timings, err := c.run("scoring", sides)
	if err != nil {
		return nil, err
	}
	for i, t := range timings {
		rows[i].P50Micros, rows[i].Spread = 1e6*t.p50().Seconds(), t.spread()
	}
	return rows, nil
}

// encodeUsers encodes users with full histories together, as an evaluation does.
func encodeUsers(reels, users int) (func(), error) {
	s, err := newService(model.EncoderGRU, reels)
	if err != nil {
		return nil, err
	}
	histories := make([]model.History, users)
	for i := range histories {
		histories[i] = s.next().history
	}
	return func() { s.encoder.EncodeBatch(histories) }, nil
}

// service is a network ready to serve, with requests to answer.
type service struct {
	m        *model.Model
	reels    *model.Reels
	encoder  *model.Encoder
	requests []request
	turn     int
}

// request is a user and the candidates to be ranked for them.
type request struct {
	history    model.History
	user       model.User
	contexts   []float32 // [servedCandidates, feature.ContextDim]
	candidates []reel.Candidate
}

// newService draws reels and requests. The network's weights are random, and
// rounded as a training run ends: no speed depends on what they are.
func newService(encoder string, reels int) (*service, error) {
	sizes, err := model.Presets["default"].WithEncoder(encoder)
	if err != nil {
		return nil, err
	}
	m, err := model.New(sizes, 1)
	if err != nil {
		return nil, err
	}
	m.RoundRecurrent()
	s := &service{m: m}
	s.reels, err = m.Reels(reels, func(dst []float32, i int) *reel.Reel {
		own := seeded(uint64(i)) // filled by several goroutines
		for d := range dst[:feature.EventAt] {
			dst[d] = float32(own.NormFloat64())
		}
		clear(dst[feature.EventAt:])
		return &reel.Reel{ID: reel.ReelID(i), Creator: reel.CreatorID(i / 4)}
	})
	if err != nil {
		return nil, err
	}
	if s.encoder, err = model.NewEncoder(m, s.reels); err != nil {
		return nil, err
	}
	rng := seeded(6)
	for range servedRequests {
		s.requests = append(s.requests, s.newRequest(rng, reels))
	}
	return s, nil
}

func (s *service) newRequest(rng *rand.Rand, reels int) request {
	r := request{
		history:  model.History{Events: normals(rng, reel.HistoryLen*feature.EventDim)},
		contexts: normals(rng, servedCandidates*feature.ContextDim),
	}
	for range reel.HistoryLen {
		r.history.Reels = append(r.history.Reels, int32(rng.IntN(reels)))
		r.history.Liked = append(r.history.Liked, rng.IntN(2) == 0)
	}
	for range servedCandidates {
		i := int32(rng.IntN(reels))
		r.candidates = append(r.candidates, reel.Candidate{Index: i, Reel: reel.ReelID(i), Similarity: rng.Float32()})
	}
	r.user = s.encoder.Encode(r.history)
	return r
}

// next is the request whose turn it is.
func (s *service) next() *request {
	s.turn = (s.turn + 1) % len(s.requests)
	return &s.requests[s.turn]
}

var servedBlend = rank.Blend{Heads: reel.Weights{0.4, 0.2, 0.3, 0.1}, Similarity: 1}

func (r *request) score(s *rank.Scorer) { s.Score(r.user, r.contexts, r.candidates, servedBlend) }
