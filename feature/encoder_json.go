package feature

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/reelrank/reelrank/feature/pipeline"
	"github.com/reelrank/reelrank/reel"
)

// EncoderVersion is the version of the encoder's JSON form and of MetaSlots:
// it changes whenever a slot changes its meaning.
const EncoderVersion = 1

// savedEncoder is the JSON form.
type savedEncoder struct {
	Version      int                    `json:"version"`
	Pipeline     *pipeline.Pipeline     `json:"pipeline"`
	CreatorReels map[reel.CreatorID]int `json:"creator_reels"` // those with two or more
}

// MarshalJSON writes what was learned. A reloaded encoder writes bit-identical
// vectors.
func (e *Encoder) MarshalJSON() ([]byte, error) {
	return json.Marshal(savedEncoder{EncoderVersion, e.pipeline, e.creatorReels})
}

// UnmarshalJSON reads what MarshalJSON wrote and refuses anything else.
func (e *Encoder) UnmarshalJSON(b []byte) error {
	var version struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(b, &version); err != nil {
		return fmt.Errorf("feature: read the reel encoder: %w", err)
	}
	if version.Version != EncoderVersion {
		return fmt.Errorf("feature: the reel encoder has version %d, this program reads version %d: train again", version.Version, EncoderVersion)
	}
	var s savedEncoder
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return fmt.Errorf("feature: read the reel encoder: %w", err)
	}
	if s.Pipeline == nil || !slices.Equal(s.Pipeline.Specs(), encoderSpecs()) {
		return fmt.Errorf("feature: read the reel encoder: its columns are not those of this program: train again")
	}
	for id, n := range s.CreatorReels {
		if n < 2 {
			return fmt.Errorf("feature: read the reel encoder: creator %d has %d reels, want two or more", id, n)
		}
	}
	for _, block := range labelBlocks {
		if n := len(s.Pipeline.Labels(block.column)); n > block.fitted+1 {
			return fmt.Errorf("feature: read the reel encoder: %d labels of %s, want at most %d", n, block.column, block.fitted+1)
		}
	}
	*e = Encoder{pipeline: s.Pipeline, creatorReels: s.CreatorReels}
	e.index()
	return nil
}
