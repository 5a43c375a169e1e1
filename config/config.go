package config

import "time"

// Config is every setting of reelrank. Default holds the defaults; the tags
// are the table that docs/configuration.md shows.
type Config struct {
	Seed     uint64   `koanf:"seed" doc:"seed of all randomness: the same seed gives the same result"`
	Server   Server   `koanf:"server"`
	Store    Store    `koanf:"store"`
	Model    Model    `koanf:"model"`
	Train    Train    `koanf:"train"`
	Retrieve Retrieve `koanf:"retrieve"`
	Rank     Rank     `koanf:"rank"`
	Rerank   Rerank   `koanf:"rerank"`
	Evaluate Evaluate `koanf:"evaluate"`
	Learn    Learn    `koanf:"learn"`
}

// Server is how the REST interface listens.
type Server struct {
	Address         string        `koanf:"address" format:"host:port" doc:"host:port to listen on; an empty host listens on every interface"`
	ReadTimeout     time.Duration `koanf:"read_timeout" min:"1ms" max:"1h" doc:"longest time to read one request"`
	WriteTimeout    time.Duration `koanf:"write_timeout" min:"1ms" max:"1h" doc:"longest time to answer one request"`
	ShutdownTimeout time.Duration `koanf:"shutdown_timeout" min:"0s" max:"1h" doc:"how long a shutdown waits for running requests"`
	MaxBodyBytes    int64         `koanf:"max_body_bytes" min:"1024" max:"1073741824" doc:"largest request body, in bytes"`
	MaxBulkBytes    int64         `koanf:"max_bulk_bytes" min:"1024" max:"1073741824" doc:"largest request body of reels in bulk, in bytes: 1,000 with their content vectors take about 15 MB"`
	MaxBatch        int           `koanf:"max_batch" min:"1" max:"10000" doc:"most requests in one batch"`
	MaxTopK         int           `koanf:"max_top_k" min:"1" max:"10000" doc:"largest top_k of one request"`
}

// Store is where what people do is kept.
type Store struct {
	Dir         string        `koanf:"dir" doc:"directory of the log of what happened and all that follows from it; empty keeps nothing and answers from the bundle alone"`
	LogSlates   bool          `koanf:"log_slates" doc:"whether every answer is logged with model, sources and scores, to be joined with what came of it"`
	Retention   float64       `koanf:"retention_days" min:"0" max:"36500" doc:"age from which interactions and slates are dropped from the log, in days; profiles keep what they know; 0 drops none"`
	RememberIDs time.Duration `koanf:"remember_ids" min:"1m" max:"2400h" doc:"how long the event_id of an event makes another one with it a duplicate"`
	StateEvery  time.Duration `koanf:"state_every" min:"1s" max:"24h" doc:"how often counts are written to files, from which a start goes on"`
}

// Model chooses the sizes of the network.
type Model struct {
	Preset  string  `koanf:"preset" doc:"sizes of the network" oneof:"default,seed,compact"`
	Encoder string  `koanf:"encoder" doc:"how a history becomes a user vector: by recurrent layers and attention pooling, or by causal blocks of self-attention" oneof:"gru,transformer"`
	Dropout float64 `koanf:"dropout" min:"0" max:"0.9" doc:"share of activations dropped in the ranker's dense layers, and in the transformer, while training"`
}

// Train is how weights are learned.
type Train struct {
	Epochs          int     `koanf:"epochs" min:"1" max:"10000" doc:"most passes over the training data"`
	Patience        int     `koanf:"patience" min:"0" max:"10000" doc:"epochs without a better validation score before training stops; 0 never stops early"`
	BatchEvents     int     `koanf:"batch_events" min:"1" max:"1000000" doc:"exposures per step, in whole user sequences of up to 51"`
	LearningRate    float64 `koanf:"learning_rate" above:"0" max:"1" doc:"peak learning rate of Adam"`
	WarmupShare     float64 `koanf:"warmup_share" min:"0" max:"1" doc:"share of all steps in which the learning rate rises from zero"`
	WeightDecay     float64 `koanf:"weight_decay" min:"0" max:"1" doc:"decoupled weight decay (AdamW)"`
	ClipNorm        float64 `koanf:"clip_norm" min:"0" max:"1000000" doc:"largest global norm of a gradient; 0 turns clipping off"`
	Negatives       int     `koanf:"negatives" min:"0" max:"1000000" doc:"reels sampled per step for the retrieval softmax, besides those of the batch"`
	Temperature     float64 `koanf:"temperature" min:"0.001" max:"10" doc:"temperature of the retrieval softmax over cosines"`
	RetrievalWeight float64 `koanf:"retrieval_weight" min:"0" max:"1000" doc:"weight of the retrieval loss beside the ranking loss"`
	ValidationShare float64 `koanf:"validation_share" min:"0" below:"1" doc:"share of interactions, newest before the test part, that chooses the best epoch"`
	TestShare       float64 `koanf:"test_share" min:"0" below:"1" doc:"share of interactions, the newest, that only the evaluation sees"`
	FinishRate      float64 `koanf:"finish_rate" min:"0" max:"1" doc:"share of the peak learning rate in a last pass over the validation part, once it has chosen the epoch; 0 leaves the pass out"`
	CheckpointDir   string  `koanf:"checkpoint_dir" doc:"directory of checkpoints; empty writes none"`
	CheckpointEvery int     `koanf:"checkpoint_every" min:"0" max:"1000000000" doc:"steps between checkpoints; 0 writes one per epoch"`
}

// Retrieve is stage 1: how many candidates each source may bring.
type Retrieve struct {
	Candidates       int           `koanf:"candidates" min:"1" max:"100000" doc:"candidates handed to ranking"`
	Similar          int           `koanf:"similar" min:"0" max:"100000" doc:"quota of the similar source (nearest reels to what the user enjoyed); 0 turns a source off"`
	Interests        int           `koanf:"interests" min:"0" max:"8" doc:"directions that the similar source searches in: groups of reels that the user enjoyed, the largest first; 0 searches by the one vector of the user, as for models that know no interests"`
	Trending         int           `koanf:"trending" min:"0" max:"100000" doc:"quota of the trending source (everywhere, at the place, in the user's categories)"`
	Creators         int           `koanf:"creators" min:"0" max:"100000" doc:"quota of the creators source (followed and high-affinity creators)"`
	Fresh            int           `koanf:"fresh" min:"0" max:"100000" doc:"quota of the fresh source (new reels with few impressions)"`
	Cowatched        int           `koanf:"cowatched" min:"0" max:"100000" doc:"quota of the cowatched source (enjoyed by those who enjoyed the same reels)"`
	SourceBudget     time.Duration `koanf:"source_budget" min:"0s" max:"1m" doc:"longest time that a source may take before it is dropped from a request; 0s sets no limit"`
	HalfLife         float64       `koanf:"half_life_hours" above:"0" max:"87600" doc:"half-life of the trending counters, in hours"`
	CowatchHalfLife  float64       `koanf:"cowatched_half_life_hours" above:"0" max:"87600" doc:"half-life of being enjoyed together, in hours"`
	FreshHours       float64       `koanf:"fresh_hours" min:"0" max:"87600" doc:"age up to which a reel counts as fresh, in hours"`
	FreshImpressions int           `koanf:"fresh_impressions" min:"1" max:"1000000000" doc:"impressions from which a reel is no longer fresh"`
	Index            string        `koanf:"index" doc:"where the similar source searches: embedded in this process, or a weaviate server" oneof:"embedded,weaviate"`
	WeaviateURL      string        `koanf:"weaviate_url" doc:"address of the Weaviate server's REST interface, where index is weaviate"`
	WeaviateName     string        `koanf:"weaviate_collection" doc:"start of the name of the server's collection, a capital letter first; the model's version follows"`
	WeaviateKeyFile  string        `koanf:"weaviate_key_file" doc:"file that holds the Weaviate server's API key; empty sends none"`
}

// Rank is stage 2: how the heads are computed and blended.
type Rank struct {
	WatchWeight      float64 `koanf:"watch_weight" min:"0" max:"1000" doc:"weight of the predicted watch time in the score"`
	LikeWeight       float64 `koanf:"like_weight" min:"0" max:"1000" doc:"weight of the predicted like in the score"`
	ShareWeight      float64 `koanf:"share_weight" min:"0" max:"1000" doc:"weight of the predicted share in the score"`
	FollowWeight     float64 `koanf:"follow_weight" min:"0" max:"1000" doc:"weight of the predicted follow in the score"`
	SimilarityWeight float64 `koanf:"similarity_weight" min:"0" max:"1000" doc:"weight of the retrieval similarity (how near the reel is to the user and to what they enjoyed, and the worth of its age) in the score"`
	SimilarityFrom   string  `koanf:"similarity_from" doc:"where similarity_weight comes from: chosen by NDCG@10 on the validation part when training, together with what a candidate's context adds to the similarity or (validation_weight) by itself, or the setting" oneof:"validation,validation_weight,setting"`
	Precision        string  `koanf:"precision" doc:"numbers that the ranker computes with while serving: float32, or int8 for half the memory per reel and, with AVX2 or AVX-512, less time, with predictions off in the third digit; any bundle serves in either" oneof:"float32,int8"`
	CachedUsers      int     `koanf:"cached_users" min:"0" max:"1000000000" doc:"users whose vectors are kept in memory until their next event, those asked for most; each takes about 2 KB; 0 keeps none"`
}

// Rerank is stage 3: the constraints on a slate.
type Rerank struct {
	MaxPerCreator   int     `koanf:"max_per_creator" min:"1" max:"10000" doc:"most reels of one creator in a slate"`
	CategorySpread  float64 `koanf:"category_spread" min:"0" max:"1" doc:"score taken off for each reel of the same category already in the slate, as a share of the score range"`
	FreshnessBoost  float64 `koanf:"freshness_boost" min:"0" max:"1" doc:"score added to a reel uploaded just now, fading to zero over fresh_hours, as a share of the score range"`
	RefusedCreator  float64 `koanf:"not_interested_creator" min:"0" max:"1" doc:"score taken off the reels of a creator of whom the user just marked one as not interesting, fading with what they do since, as a share of the score range"`
	RefusedCategory float64 `koanf:"not_interested_category" min:"0" max:"1" doc:"the same for reels of its category"`
}

// Evaluate is how quality is measured.
type Evaluate struct {
	K          []int   `koanf:"k" min:"1" max:"10000" doc:"list lengths at which ranking metrics are computed"`
	Bootstrap  int     `koanf:"bootstrap" min:"1" max:"1000000" doc:"resamples of users for a confidence interval"`
	Confidence float64 `koanf:"confidence" above:"0" below:"1" doc:"coverage of the confidence intervals"`
}

// Learn is how a server goes on learning from its store.
type Learn struct {
	Every        time.Duration `koanf:"every" min:"0s" max:"2400h" doc:"how often a server over a store learns from what is new in it; 0s never"`
	MinEvents    int           `koanf:"min_events" min:"1" max:"1000000000" doc:"fewest interactions since the last round, and that the current model has not learned from, for a round of learning"`
	Window       int           `koanf:"window" min:"100" max:"1000000000" doc:"newest interactions of the log that a round learns from, new ones and old ones"`
	HoldoutShare float64       `koanf:"holdout_share" above:"0" below:"1" doc:"share of what the current model has not learned from, the newest, that judges both models and teaches neither"`
	MinUsers     int           `koanf:"min_users" min:"2" max:"1000000000" doc:"fewest people with something enjoyed in that part; with fewer a round waits for more"`
	MaxUsers     int           `koanf:"max_users" min:"2" max:"1000000000" doc:"most people of that part by whom models are judged"`
	Margin       float64       `koanf:"margin" min:"-1" max:"1" doc:"least upper end of the interval of the difference in ndcg for a promotion: 0 takes what is not worse beyond noise"`
	Epochs       int           `koanf:"epochs" min:"1" max:"1000" doc:"passes of a round over its window"`
	LearningRate float64       `koanf:"learning_rate" above:"0" max:"1" doc:"peak learning rate of a round, lower than that of the first training"`
	Threads      int           `koanf:"threads" min:"0" max:"10000" doc:"most threads of one computation while a round learns or a model is swapped, that of requests included; 0 takes half of the cores"`
	Load         float64       `koanf:"load" above:"0" max:"1" doc:"share of the time in which a round computes its training steps; it rests in between"`
	Keep         int           `koanf:"keep" min:"1" max:"10000" doc:"good models kept to roll back to, and rejected ones kept to look at"`
	Watch        time.Duration `koanf:"watch" min:"0s" max:"240h" doc:"how long errors and latency are watched after a swap; 0s does not watch"`
	MaxFailures  float64       `koanf:"max_failures" min:"0" max:"1" doc:"share of requests that may fail, come back empty or have scores that are no numbers beyond the share before the swap; more rolls back"`
	MaxSlowdown  float64       `koanf:"max_slowdown" min:"1" max:"1000" doc:"how many times the 99th percentile of latency before the swap it may be after it; more rolls back"`
}
