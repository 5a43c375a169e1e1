// Command gen writes the assembly of package kernel, one family of loops per
// run. The generator and what it writes are both committed:
//
//	go generate ./nn/kernel
//
// gives the same bytes again. Each family has a file of its own here.
package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/build"
)

// families are the groups of loops, as kernel's dispatch.go names them.
var families = map[string]func(){
	"gemm":   gemm,
	"vector": vector,
	"layer":  layer,
	"code":   code,
	"peak":   peak,
}

func main() {
	family := flag.String("family", "", "which loops to write: "+strings.Join(slices.Sorted(maps.Keys(families)), ", "))
	flag.Parse()
	write, ok := families[*family]
	if !ok {
		fmt.Fprintf(os.Stderr, "gen: unknown family %q; -family takes one of %s\n", *family, strings.Join(slices.Sorted(maps.Keys(families)), ", "))
		os.Exit(2)
	}
	build.ConstraintExpr("amd64")
	write()
	build.Generate() // by avo's own flags: -out, -stubs, -pkg
}
