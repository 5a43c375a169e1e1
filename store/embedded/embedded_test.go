package embedded

import (
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/reelrank/reelrank/store"
	"github.com/reelrank/reelrank/store/storetest"
)

// smallTables makes flushes and compactions happen in a test's few records.
func smallTables(o *pebble.Options) {
	o.MemTableSize = 64 << 10
	o.LBaseMaxBytes = 64 << 10
	o.CacheSize = 1 << 20
	o.TargetFileSizes[0] = 16 << 10
}

func TestConformance(t *testing.T) {
	fs := vfs.NewMem()
	storetest.Run(t, func(e storetest.Environment) (store.Store, error) {
		return Open(Options{Dir: e.Dir, FS: fs, Now: e.Now, RememberIDs: e.RememberIDs, Applied: e.Applied, tune: smallTables})
	})
}
