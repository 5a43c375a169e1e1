package main

import (
	"context"
	"encoding/json"

	"github.com/reelrank/reelrank/bench"
)

// benchRetrieveCmd measures the vector index.
type benchRetrieveCmd struct {
	Reels    int     `help:"Reels to search." default:"1000000"`
	Dim      int     `help:"Numbers of a vector." default:"256"`
	Seed     uint64  `help:"Seed of the reels and queries." default:"1"`
	Queries  int     `help:"Queries of each kind." default:"500"`
	K        []int   `help:"Reels that a query asks for; may be repeated." default:"100,500"`
	Rescore  bool    `help:"Keep the vectors in full and compare the best few by them."`
	Filters  bool    `help:"Measure filters that pass 50, 10, 1 and 0.1 percent." default:"true" negatable:""`
	Churn    float64 `help:"Share of the reels to replace, 5,000 a second, while searches run."`
	HNSW     bool    `name:"hnsw" help:"Measure hnswlib beside it where g++ and its header are installed." default:"true" negatable:""`
	HNSWFile string  `name:"hnsw-file" help:"Keep hnswlib's index here between runs." placeholder:"FILE"`
	JSON     bool    `name:"json" help:"Print the result as JSON."`
}

// Run draws reels, builds an index over them, and measures it.
func (cmd *benchRetrieveCmd) Run(ctx context.Context, c *console) error {
	result, err := bench.Retrieve(ctx, bench.Retrieval{
		Reels: cmd.Reels, Dim: cmd.Dim, Seed: cmd.Seed, Queries: cmd.Queries, K: cmd.K,
		Rescore: cmd.Rescore, Filters: cmd.Filters, Churn: cmd.Churn,
		HNSW: cmd.HNSW, HNSWFile: cmd.HNSWFile, Progress: c.err,
	})
	if err != nil {
		return err
	}
	if cmd.JSON {
		return json.NewEncoder(c.out).Encode(result)
	}
	return result.Print(c.out)
}
