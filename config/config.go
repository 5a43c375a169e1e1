package config

import "time"

// Config is every setting of reelrank. Default holds the defaults; the `doc`
// tags are the table that docs/configuration.md shows.
type Config struct {
	Seed     uint64   `koanf:"seed" doc:"seed of all randomness: the same seed gives the same result"`
	Server   Server   `koanf:"server"`
	Model    Model    `koanf:"model"`
	Train    Train    `koanf:"train"`
	Retrieve Retrieve `koanf:"retrieve"`
	Rank     Rank     `koanf:"rank"`
	Rerank   Rerank   `koanf:"rerank"`
	Evaluate Evaluate `koanf:"evaluate"`
}

// Server is how the REST interface listens.
type Server struct {
	Address         string        `koanf:"address" doc:"host:port to listen on"`
	ReadTimeout     time.Duration `koanf:"read_timeout" doc:"longest time to read one request"`
	WriteTimeout    time.Duration `koanf:"write_timeout" doc:"longest time to answer one request"`
	ShutdownTimeout time.Duration `koanf:"shutdown_timeout" doc:"how long a shutdown waits for running requests"`
	MaxBodyBytes    int64         `koanf:"max_body_bytes" doc:"largest request body, in bytes"`
	MaxBatch        int           `koanf:"max_batch" doc:"most requests in one batch"`
	MaxTopK         int           `koanf:"max_top_k" doc:"largest top_k of one request"`
}

// Model chooses the sizes of the network.
type Model struct {
	Preset  string  `koanf:"preset" doc:"sizes of the network" oneof:"default,seed,compact"`
	Dropout float64 `koanf:"dropout" doc:"share of activations dropped in the ranker's dense layers while training, 0..0.9"`
}

// Train is how weights are learned.
type Train struct {
	Epochs          int     `koanf:"epochs" doc:"most passes over the training data"`
	Patience        int     `koanf:"patience" doc:"epochs without a better validation score before training stops; 0 never stops early"`
	BatchSequences  int     `koanf:"batch_sequences" doc:"user sequences (of up to 50 events) per step"`
	LearningRate    float64 `koanf:"learning_rate" doc:"peak learning rate of Adam"`
	WarmupShare     float64 `koanf:"warmup_share" doc:"share of all steps in which the learning rate rises from zero, 0..1"`
	WeightDecay     float64 `koanf:"weight_decay" doc:"decoupled weight decay (AdamW)"`
	ClipNorm        float64 `koanf:"clip_norm" doc:"largest global norm of a gradient; 0 turns clipping off"`
	Negatives       int     `koanf:"negatives" doc:"reels sampled per step for the retrieval softmax, besides those of the batch"`
	Temperature     float64 `koanf:"temperature" doc:"temperature of the retrieval softmax over cosines"`
	RetrievalWeight float64 `koanf:"retrieval_weight" doc:"weight of the retrieval loss beside the ranking loss"`
	ValidationShare float64 `koanf:"validation_share" doc:"share of interactions, newest before the test part, that chooses the best epoch"`
	TestShare       float64 `koanf:"test_share" doc:"share of interactions, the newest, that only the evaluation sees"`
	CheckpointDir   string  `koanf:"checkpoint_dir" doc:"directory of checkpoints; empty writes none"`
	CheckpointEvery int     `koanf:"checkpoint_every" doc:"steps between checkpoints; 0 writes one per epoch"`
}

// Retrieve is stage 1: how many candidates each source may bring.
type Retrieve struct {
	Candidates int     `koanf:"candidates" doc:"candidates handed to ranking"`
	Similar    int     `koanf:"similar" doc:"quota of the similar source (nearest reels to the user's vector)"`
	Trending   int     `koanf:"trending" doc:"quota of the trending source"`
	Creators   int     `koanf:"creators" doc:"quota of the creators source (followed and high-affinity creators)"`
	Fresh      int     `koanf:"fresh" doc:"quota of the fresh source (new reels with few impressions)"`
	HalfLife   float64 `koanf:"half_life_hours" doc:"half-life of the trending counters, in hours"`
	FreshHours float64 `koanf:"fresh_hours" doc:"age up to which a reel counts as fresh, in hours"`
}

// Rank is stage 2: how the heads are blended.
type Rank struct {
	WatchWeight      float64 `koanf:"watch_weight" doc:"weight of the predicted watch time in the score"`
	LikeWeight       float64 `koanf:"like_weight" doc:"weight of the predicted like in the score"`
	ShareWeight      float64 `koanf:"share_weight" doc:"weight of the predicted share in the score"`
	FollowWeight     float64 `koanf:"follow_weight" doc:"weight of the predicted follow in the score"`
	SimilarityWeight float64 `koanf:"similarity_weight" doc:"weight of the retrieval similarity in the order of candidates"`
}

// Rerank is stage 3: the constraints on a slate.
type Rerank struct {
	MaxPerCreator  int     `koanf:"max_per_creator" doc:"most reels of one creator in a slate"`
	CategorySpread float64 `koanf:"category_spread" doc:"score taken off for each reel of the same category already in the slate, as a share of the score range"`
	FreshnessBoost float64 `koanf:"freshness_boost" doc:"score added to a reel uploaded just now, fading to zero over fresh_hours, as a share of the score range"`
}

// Evaluate is how quality is measured.
type Evaluate struct {
	K          []int   `koanf:"k" doc:"list lengths at which ranking metrics are computed"`
	Bootstrap  int     `koanf:"bootstrap" doc:"resamples of users for a confidence interval"`
	Confidence float64 `koanf:"confidence" doc:"coverage of the confidence intervals, 0..1"`
}
