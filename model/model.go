package model

import (
	"math"
	"math/rand/v2"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/reel"
)

// Model is the network's parameters. Training owns it alone; once it serves,
// it is read only and safe for any number of goroutines.
type Model struct {
	Config   Config
	Tower    *nn.Linear    // nil without a tower
	IDs      *nn.Embedding // of reels; nil without one
	Creators *nn.Embedding // of creators; nil without one
	Users    Sequence      // the user encoder: histories to states
	Query    *nn.Linear    // user vector to retrieval vector; nil without a tower
	Enjoyed  *nn.Param     // [Tower] gain of the mean enjoyed reel in the retrieval vector
	Age      *nn.Param     // [ageBuckets] what a reel's age adds to its cosine in retrieval
	Interest *nn.Param     // [interestValues] how much nearness to single enjoyed reels counts; nil without Config.Interests
	Ranker                 // reel, user and context to the logits of the reel.NumHeads heads
}

// enjoyedGain is where training starts: large enough that at first a person is
// searched for by what they enjoyed, as a content-based recommender would.
const enjoyedGain = 4

// idScale and creatorScale let the embeddings keep up with the tower. Measured
// on the demo world, NDCG@10 of retrieval: 0.136 at 1 and 1, 0.157 at 1 and 8,
// 0.168 at 4 and 16, 0.175 at 8 and 32.
// A tower that starts at towerStart of the usual size lets what is learned
// first outweigh what chance put there: 0.180.
const (
	towerStart   = 0.25
	idScale      = 8
	creatorScale = 32
)

// New returns a model with random weights that depend on cfg and seed alone.
func New(cfg Config, seed uint64) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(seed, 0x5eed_0de1))
	m := &Model{Config: cfg}
	if cfg.Tower > 0 {
		m.Tower = nn.NewLinear("tower", feature.ReelDim, cfg.Tower, rng)
		for i := range m.Tower.W.Value {
			m.Tower.W.Value[i] *= towerStart
		}
		m.Query = nn.NewLinear("query", cfg.Hidden, cfg.Tower, rng)
		// A person without history has a zero user vector: the bias is their query.
		m.Query.B.InitUniform(rng, 1/math.Sqrt(float64(cfg.Tower)))
		m.Enjoyed = nn.NewParam("query.enjoyed", cfg.Tower)
		for i := range m.Enjoyed.Value {
			m.Enjoyed.Value[i] = enjoyedGain
		}
		m.Age = nn.NewParam("query.age", ageBuckets)
		if cfg.Interests {
			m.Interest = newInterest(cfg.Temperature)
		}
		if cfg.IDBuckets > 0 {
			m.IDs = nn.NewEmbedding("reel_id", cfg.IDBuckets, cfg.Tower)
			m.IDs.Scale = idScale
		}
		if cfg.Creators > 0 {
			m.Creators = nn.NewEmbedding("creator_id", cfg.Creators, cfg.Tower)
			m.Creators.Scale = creatorScale
		}
	}
	var err error
	if m.Users, err = NewSequence(cfg.sequence(), rng); err != nil {
		return nil, err
	}
	m.Ranker = NewRanker(RankerConfig{In: cfg.RankWidth(), Dense: cfg.Dense, Heads: reel.NumHeads}, rng)
	return m, nil
}

// Params lists every learned parameter in a fixed order.
func (m *Model) Params() []*nn.Param {
	var ps []*nn.Param
	if m.Tower != nil {
		ps = append(ps, m.Tower.Params()...)
	}
	if m.IDs != nil {
		ps = append(ps, m.IDs.Params()...)
	}
	if m.Creators != nil {
		ps = append(ps, m.Creators.Params()...)
	}
	ps = append(ps, m.Users.Params()...)
	if m.Query != nil {
		ps = append(ps, m.Query.Params()...)
		ps = append(ps, m.Enjoyed, m.Age)
		if m.Interest != nil {
			ps = append(ps, m.Interest)
		}
	}
	return append(ps, m.Ranker.Params()...)
}

// ParameterCount is the number of learned values.
func (m *Model) ParameterCount() int {
	total := 0
	for _, p := range m.Params() {
		total += p.Count()
	}
	return total
}

// Identity names a reel's rows in the embeddings; -1 for none.
type Identity struct{ Reel, Creator int32 }

// Identify finds the rows of a reel and its creator.
func (m *Model) Identify(r reel.ReelID, c reel.CreatorID) Identity {
	return Identity{Reel: bucket(m.IDs, uint64(r)), Creator: bucket(m.Creators, uint64(c))}
}

// bucket spreads consecutive ids over the rows by Fibonacci hashing (Knuth,
// TAOCP 3, 6.4).
func bucket(e *nn.Embedding, id uint64) int32 {
	if e == nil {
		return -1
	}
	const golden = 0x9e3779b97f4a7c15
	return int32((id * golden >> 32) % uint64(e.Buckets))
}

// InitHeadBias sets the heads' biases to the logits of the base rates, so that
// training starts from a calibrated guess.
func (m *Model) InitHeadBias(rates [reel.NumHeads]float64) {
	for h, p := range rates {
		p = min(max(p, 1e-4), 1-1e-4)
		m.Heads.B.Value[h] = float32(math.Log(p / (1 - p)))
	}
}
