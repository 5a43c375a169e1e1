package coldstart

import (
	"slices"
	"strings"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/train"
)

// Part is one part of what the network reads.
type Part string

// The parts that can be taken away.
const (
	Video    Part = "video"
	Audio    Part = "audio"
	Text     Part = "text"
	Metadata Part = "metadata" // category, language, region, duration, caption, upload time
	Context  Part = "context"  // the request, and how this person and this reel go together
	Sequence Part = "sequence" // the history: the encoder sees a person without any
	ReelIDs  Part = "reel ids"
	Creators Part = "creator ids"
)

// joined lists parts in words.
func joined(parts []Part) string {
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = string(p)
	}
	return strings.Join(names, ", ")
}

// Variant is a network without some parts: it is trained without them, and
// asked without them.
type Variant struct {
	Name    string
	Without []Part
}

func (v Variant) lacks(p Part) bool { return slices.Contains(v.Without, p) }

// less is the variant without some more parts.
func (v Variant) less(parts ...Part) Variant {
	return Variant{v.Name + " less " + joined(parts), slices.Concat(v.Without, parts)}
}

// everything is the network that lacks nothing, and contentOnly the one that
// knows reels by their content alone, and people by the content they enjoyed.
var (
	everything  = Variant{Name: "everything"}
	contentOnly = Variant{"content only", []Part{ReelIDs, Creators, Context}}
)

// removal is what is taken away from a variant, and measured against it.
type removal struct {
	from  Variant
	parts []Part
}

// removals are the rows of the table of removals.
func removals() []removal {
	var rows []removal
	for _, p := range []Part{Video, Audio, Text, Metadata, Sequence} {
		rows = append(rows, removal{contentOnly, []Part{p}})
	}
	rows = append(rows, removal{contentOnly, []Part{Video, Audio, Text}})
	for _, p := range []Part{Context, Sequence, Creators, ReelIDs} {
		rows = append(rows, removal{everything, []Part{p}})
	}
	return append(rows, removal{everything, []Part{Video, Audio, Text, Metadata}})
}

// sizes are the network's, without the embeddings that the variant lacks.
func (v Variant) sizes(full model.Config) model.Config {
	if v.lacks(ReelIDs) {
		full.IDBuckets = 0
	}
	if v.lacks(Creators) {
		full.Creators = 0
	}
	return full
}

// strip takes the parts out of a reel's vector: zeros, and for a modality its
// bit of the metadata too, as the catalogue would show a reel that lacks it.
func (v Variant) strip(vector []float32) {
	for n, m := range [...]struct {
		part   Part
		lo, hi int
	}{
		{Video, feature.VideoAt, feature.AudioAt}, {Audio, feature.AudioAt, feature.TextAt}, {Text, feature.TextAt, feature.MetaAt},
	} {
		if v.lacks(m.part) {
			clear(vector[m.lo:m.hi])
			vector[feature.MetaAt+n] = 0
		}
	}
	if v.lacks(Metadata) {
		clear(vector[feature.MetaAt+modalities : feature.EventAt])
	}
}

// modalities is how many bits at the metadata's front say which content
// vectors a reel has.
const modalities = 3

// apply takes the parts out of examples. The reels' vectors are changed where
// they are, for restore to undo; contexts and users are the variant's own.
// Without the sequence every exposure is a person's first.
func (v Variant) apply(ex *train.Examples) *train.Examples {
	own := *ex
	for i := range int32(own.Reels()) {
		v.strip(own.Content(i))
	}
	if v.lacks(Context) {
		own.Context = make([]float32, len(ex.Context))
	}
	if v.lacks(Sequence) {
		own.ByUser = nil
		for row := range ex.Interactions {
			own.ByUser = append(own.ByUser, []int32{int32(row)})
		}
	}
	return &own
}
