// Command install builds Weaviate's server for the tests and benchmarks of
// this repository. It takes minutes, once.
//
//	go run ./retrieve/weaviate/local/internal/install
//	go run ./retrieve/weaviate/local/internal/install -check // only says whether it is there
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/reelrank/reelrank/retrieve/weaviate/local"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	check := flag.Bool("check", false, "build nothing, fail where it is not built")
	flag.Parse()
	binary, err := find(ctx, *check, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(binary)
}

func find(ctx context.Context, check bool, out io.Writer) (string, error) {
	if check {
		return local.Installed()
	}
	return local.Install(ctx, out)
}
