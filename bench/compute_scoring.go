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
	Precision  string  `json:"precision"` // of the weights: "float32" or "int8"
	Kernels    string  `json:"kernels"`
	P50Micros  float64 `json:"p50_us"`
	Candidates int     `json:"candidates,omitempty"`
	Spread     float64 `json:"spread"` // how far the rounds lie apart, as a share of their median
}

// The stages of Scoring, with the default preset.
const (
	RankCandidates = "rank 100 candidates, user vector known"
	EncodeUser     = "user vector from 50 interactions, cold"
)

// What a request is made of. Requests take turns, so that no call finds its
// own reels in the cache just because the call before was about them.
const (
	servedReels      = 4096
	servedCandidates = 100
	servedRequests   = 64
)

// service is a network ready to serve, with requests to answer.
type service struct {
	reels    *model.Reels
	scorer   *rank.Scorer
	encoder  *model.Encoder
	requests []request
	next     int
}

// request is a user and the candidates to be ranked for them.
type request struct {
	history    model.History
	user       model.User
	contexts   []float32 // [servedCandidates, feature.ContextDim]
	candidates []reel.Candidate
}

var servedBlend = rank.Blend{Heads: reel.Weights{0.4, 0.2, 0.3, 0.1}, Similarity: 1}

func (c contest) scoring(sets []string) ([]Scoring, error) {
	var rows []Scoring
	var sides []side
	add := func(row Scoring, work func()) {
		rows, sides = append(rows, row), append(sides, side{set: row.Kernels, threads: 1, work: work})
	}
	for _, set := range sets {
		var s *service
		_, err := prepared(set, func() (_ func(), err error) { s, err = newService(); return })
		if err != nil {
			return nil, fmt.Errorf("bench: scoring: %w", err)
		}
		add(Scoring{Stage: RankCandidates, Precision: "float32", Kernels: set, Candidates: servedCandidates}, s.rank)
		add(Scoring{Stage: EncodeUser, Precision: "float32", Kernels: set}, s.encode)
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

// newService draws the reels and the requests. The network's weights are
// random: no speed depends on them.
func newService() (*service, error) {
	rng := seeded(6)
	m, err := model.New(model.Presets["default"], 1)
	if err != nil {
		return nil, err
	}
	s := new(service)
	s.reels, err = m.Reels(servedReels, func(dst []float32, i int) *reel.Reel {
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
	if s.scorer, err = rank.NewScorer(m, s.reels, rank.Float32); err != nil {
		return nil, err
	}
	m.RoundRecurrent() // as a training run ends
	if s.encoder, err = model.NewEncoder(m, s.reels); err != nil {
		return nil, err
	}
	for range servedRequests {
		s.requests = append(s.requests, s.newRequest(rng))
	}
	return s, nil
}

func (s *service) newRequest(rng *rand.Rand) request {
	r := request{
		history:  model.History{Events: normals(rng, reel.HistoryLen*feature.EventDim)},
		contexts: normals(rng, servedCandidates*feature.ContextDim),
	}
	for range reel.HistoryLen {
		r.history.Reels = append(r.history.Reels, int32(rng.IntN(servedReels)))
		r.history.Liked = append(r.history.Liked, rng.IntN(2) == 0)
	}
	for range servedCandidates {
		i := int32(rng.IntN(servedReels))
		r.candidates = append(r.candidates, reel.Candidate{Index: i, Reel: reel.ReelID(i), Similarity: rng.Float32()})
	}
	r.user = s.encoder.Encode(r.history)
	return r
}

// turn is the next request.
func (s *service) turn() *request {
	s.next = (s.next + 1) % len(s.requests)
	return &s.requests[s.next]
}

func (s *service) rank() {
	r := s.turn()
	s.scorer.Score(r.user, r.contexts, r.candidates, servedBlend)
}

func (s *service) encode() { s.encoder.Encode(s.turn().history) }
