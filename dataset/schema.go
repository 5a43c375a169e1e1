package dataset

import (
	"math"

	"github.com/reelrank/reelrank/reel"
)

// The columns of an interaction in the import schema. The signals stand in the
// order of the table signals.
const (
	colUser = iota
	colReel
	colCreator
	colTime
	colDuration
	colWatch
	colLiked
	colShared
	colFollowed
	colComment
	colSave
	colSkip
	colNotInterested
	colObserved
	colDevice
	colPlace
	colSession
	colPosition
)

// interactionTable is the import schema of interactions. Where the reels come
// in a file of their own, that one can name the creator.
func interactionTable(withReels bool) *table {
	creator := required
	if withReels {
		creator = optional
	}
	t := &table{name: "interactions", columns: []column{
		colUser:     {"user_id", required},
		colReel:     {"reel_id", required},
		colCreator:  {"creator_id", creator},
		colTime:     {"timestamp", required},
		colDuration: {"duration", optional},
		colObserved: {"observed", optional},
		colDevice:   {"device", optional},
		colPlace:    {"place", optional},
		colSession:  {"session", optional},
		colPosition: {"position", optional},
	}}
	for i, s := range signals {
		t.columns[colWatch+i] = column{s.name, optional}
		t.anyOf = append(t.anyOf, colWatch+i)
	}
	return t
}

// interaction reads one interaction of the schema. A signal whose cell is
// empty, or whose column is absent, is not observed. A creator that is absent
// is looked up among the reels.
func (c *cells) interaction(creatorOf func(reel.ReelID) (reel.CreatorID, bool)) reel.Interaction {
	it := reel.Interaction{
		User:     reel.UserID(c.id(colUser)),
		Reel:     reel.ReelID(c.id(colReel)),
		Time:     c.time(colTime),
		Duration: float32(c.number(colDuration, 0, reel.MaxDuration, reasonDuration)),
		Watch:    reel.WatchTime(c.number(colWatch, 0, 1, reasonShare)),
		Context: reel.Context{
			Device:   c.text(colDevice),
			Place:    c.text(colPlace),
			Session:  c.whole(colSession, math.MaxInt64, reasonID),
			Position: int(c.whole(colPosition, math.MaxInt32, reasonPosition)),
		},
	}
	if !c.has(colTime) {
		c.fail(colTime, reasonMissing)
	}
	it.Creator = c.creator(colCreator, it.Reel, creatorOf)
	c.signals(&it)
	return it
}

// creator reads the creator of a reel, or looks it up where the cell is empty.
func (c *cells) creator(column int, id reel.ReelID, creatorOf func(reel.ReelID) (reel.CreatorID, bool)) reel.CreatorID {
	if c.has(column) {
		return reel.CreatorID(c.id(column))
	}
	creator, known := creatorOf(id)
	if !known {
		c.fail(column, reasonMissing)
	}
	return creator
}

// signals reads what the user did, and which of it the row records.
func (c *cells) signals(it *reel.Interaction) {
	if c.has(colWatch) {
		it.Observed |= reel.Watched
	}
	for i, s := range signals[1:] {
		set, observed := c.flag(colLiked + i)
		if set {
			it.Signals |= s.bit
		}
		if observed {
			it.Observed |= s.bit
		}
	}
	if c.has(colObserved) {
		it.Observed = reel.Signals(c.whole(colObserved, math.MaxUint8, reasonMask))
	}
}

// The columns of a reel in the import schema.
const (
	colReelID = iota
	colReelCreator
	colCategory
	colLanguage
	colRegion
	colCaption
	colReelDuration
	colUploaded
	colAgeRating
	colVideo
	colAudio
	colTextVector
)

var reelTable = &table{name: "reels", columns: []column{
	colReelID:       {"reel_id", required},
	colReelCreator:  {"creator_id", required},
	colCategory:     {"category", optional},
	colLanguage:     {"language", optional},
	colRegion:       {"region", optional},
	colCaption:      {"caption", optional},
	colReelDuration: {"duration", optional},
	colUploaded:     {"uploaded", optional},
	colAgeRating:    {"age_rating", optional},
	colVideo:        {"video", optional},
	colAudio:        {"audio", optional},
	colTextVector:   {"text", optional},
}}

// modalities are the widths of the vector columns, from colVideo on.
var modalities = [3]int{reel.VideoDim, reel.AudioDim, reel.TextDim}

// reel reads one reel of the schema.
func (c *cells) reel() reel.Reel {
	r := reel.Reel{
		ID:       reel.ReelID(c.id(colReelID)),
		Creator:  reel.CreatorID(c.id(colReelCreator)),
		Category: c.text(colCategory),
		Language: c.text(colLanguage),
		Region:   c.text(colRegion),
		Duration: float32(c.number(colReelDuration, 0, reel.MaxDuration, reasonDuration)),
		Uploaded: c.time(colUploaded),

		AgeRating: uint8(c.whole(colAgeRating, reel.MaxAgeRating, reasonAgeRating)),

		Video: c.vector(0),
		Audio: c.vector(1),
		Text:  c.vector(2),
	}
	if caption := c.rec.cells[colCaption]; len(caption) > maxCaption {
		c.fail(colCaption, "longer than 65536 bytes")
	} else {
		r.Caption = string(caption)
	}
	return r
}

// vectorReasons say how wide each modality must be.
var vectorReasons = [3]string{"not 512 finite numbers", "not 256 finite numbers", "not 384 finite numbers"}

// vector reads a content vector, nil when it is absent: from a Parquet list,
// or from text such as "[0.1, 0.2]" or "0.1 0.2".
func (c *cells) vector(modality int) []float32 {
	v := c.rec.vectors[modality]
	if v == nil {
		cell := c.rec.cells[colVideo+modality]
		if len(cell) == 0 {
			return nil
		}
		v = parseVector(cell, modalities[modality])
	}
	if len(v) != modalities[modality] {
		c.fail(colVideo+modality, vectorReasons[modality])
		return nil
	}
	for _, x := range v {
		if x-x != 0 { // NaN or infinite
			c.fail(colVideo+modality, vectorReasons[modality])
			return nil
		}
	}
	return v
}

// parseVector reads at most dim+1 numbers; what is not a vector gives nil.
func parseVector(b []byte, dim int) []float32 {
	v := make([]float32, 0, dim)
	for at := 0; at < len(b); {
		if isVectorGap(b[at]) {
			at++
			continue
		}
		end := at
		for end < len(b) && !isVectorGap(b[end]) {
			end++
		}
		x, ok := parseNumber(b[at:end])
		if !ok || len(v) > dim {
			return nil
		}
		v = append(v, float32(x))
		at = end
	}
	return v
}

func isVectorGap(b byte) bool {
	switch b {
	case ' ', ',', ';', '[', ']':
		return true
	}
	return false
}
