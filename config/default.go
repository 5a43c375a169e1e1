package config

import "time"

// Values of rank.similarity_from that let training choose: both the weight and
// the correction by the context, or the weight alone.
const (
	FromValidation       = "validation"
	WeightFromValidation = "validation_weight"
)

// Values of retrieve.index.
const (
	EmbeddedIndex = "embedded"
	WeaviateIndex = "weaviate"
)

// Default returns the settings of a deployment that sets nothing.
func Default() Config {
	return Config{
		Seed: 1,
		Server: Server{
			Address: "127.0.0.1:8000", ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
			ShutdownTimeout: 15 * time.Second, MaxBodyBytes: 1 << 20, MaxBulkBytes: 32 << 20, MaxBatch: 100, MaxTopK: 100,
		},
		Store: Store{
			Dir: "reelrank-store", LogSlates: true, RememberIDs: 7 * 24 * time.Hour, StateEvery: 10 * time.Minute,
		},
		Model: Model{Preset: "default", Encoder: "gru", Dropout: 0.1},
		Train: Train{
			Epochs: 8, Patience: 2, BatchEvents: 800, LearningRate: 2e-3, WarmupShare: 0.05, WeightDecay: 1e-4,
			ClipNorm: 1, Negatives: 512, Temperature: 0.1, RetrievalWeight: 1,
			ValidationShare: 0.1, TestShare: 0.1, FinishRate: 0.25, CheckpointDir: "",
		},
		Retrieve: Retrieve{
			Candidates: 100, Similar: 50, Interests: 2, Trending: 10, Creators: 25, Fresh: 5, Cowatched: 10, SourceBudget: 250 * time.Millisecond,
			HalfLife: 24, CowatchHalfLife: 14 * 24, FreshHours: 48, FreshImpressions: 100,
			Index: EmbeddedIndex, WeaviateURL: "http://127.0.0.1:8080", WeaviateName: "Reels", WeaviateKeyFile: "",
		},
		Rank:     Rank{WatchWeight: 0.4, LikeWeight: 0.2, ShareWeight: 0.3, FollowWeight: 0.1, SimilarityWeight: 0.5, SimilarityFrom: FromValidation, Precision: "float32", CachedUsers: 16384},
		Rerank:   Rerank{MaxPerCreator: 2, CategorySpread: 0.02, FreshnessBoost: 0.02, RefusedCreator: 0.5, RefusedCategory: 0.05},
		Evaluate: Evaluate{K: []int{5, 10, 20}, Bootstrap: 1000, Confidence: 0.95},
		Learn: Learn{
			Every: 0, MinEvents: 1000, Window: 100_000, HoldoutShare: 0.3, MinUsers: 100, MaxUsers: 2000, Margin: 0,
			Epochs: 2, LearningRate: 5e-4, Threads: 0, Load: 0.5, Keep: 5,
			Watch: 2 * time.Minute, MaxFailures: 0.01, MaxSlowdown: 3,
		},
	}
}
