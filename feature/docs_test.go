package feature

import (
	goflag "flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/reel"
)

var update = goflag.Bool("update", false, "write docs/features.md anew")

const docsFile = "../docs/features.md"

// The page is made of the tables in the code, so that it cannot say otherwise.
func TestFeaturePageSaysWhatTheCodeDoes(t *testing.T) {
	want := featurePage()
	if *update {
		if err := os.WriteFile(docsFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("docs/features.md is not what the tables say: run go test ./feature -run FeaturePage -update")
	}
}

func featurePage() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Features

This page is made of the tables in package feature
(%[1]sgo test ./feature -run FeaturePage -update%[1]s).

## The vector of a reel, %[2]d numbers

| from | to | part |
|---|---|---|
| %[3]d | %[4]d | video (CLIP), scaled to a root mean square of 1 |
| %[5]d | %[6]d | audio (Wav2Vec), the same |
| %[7]d | %[8]d | text (BERT), the same |
| %[9]d | %[10]d | metadata |

A modality that is missing is zeros and has its bit of the metadata 0. "At fit" means the training catalogue: means,
vocabularies and counts are learned from it once and saved in the bundle. No number of a candidate depends on
interactions. The last %[11]d are filled only where the reel stands in a user's history: they say what the user did with it.
Every number lies within ±%[12]d.

`, "`", ReelDim, VideoAt, AudioAt-1, AudioAt, TextAt-1, TextAt, MetaAt-1, MetaAt, ReelDim-1, EventDim, MaxValue)
	writeSlots(&b, MetaAt, MetaSlots[:])
	fmt.Fprintf(&b, `
## The context of a candidate, %d numbers

Computed when a reel is considered for a user, from the request, the user's profile (the last %d interactions are the
"recent events") and the catalogue's counters, all as of that moment. Training replays the log in the order of time
through the same code. A lift is ln((rate + %[3]g) / (expected rate + %[3]g)), the rate being smoothed with %[4]d exposures
at the expected rate for a reel, %[5]d for a creator, %[6]d for a user and %[7]d for an affinity; it is 0 without exposures.
Every number lies within ±%[8]d.

`, ContextDim, reel.HistoryLen, rateFloor, reelStrength, creatorStrength, userStrength, affinityStrength, MaxContext)
	writeSlots(&b, 0, ContextSlots[:])
	return b.String()
}

func writeSlots(b *strings.Builder, from int, slots []Slot) {
	b.WriteString("| number | name | meaning |\n|---|---|---|\n")
	for i, s := range slots {
		fmt.Fprintf(b, "| %d | %s | %s |\n", from+i, s.Name, s.Doc)
	}
}
