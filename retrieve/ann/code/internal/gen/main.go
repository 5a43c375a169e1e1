// Command gen writes the assembly of package code. The generator and what it
// writes are both committed:
//
//	go generate ./retrieve/ann/code
//
// gives the same bytes again.
package main

import (
	"github.com/mmcloughlin/avo/build"
)

func main() {
	build.ConstraintExpr("amd64")
	scan(1)
	scan(2)
	scan(4)
	dotRows()
	sweep()
	prefetch()
	build.Generate() // by avo's own flags: -out, -stubs, -pkg
}
