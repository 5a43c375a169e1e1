package reel

import (
	"fmt"
	"math"
)

// Widths of a reel's content vectors, one per modality.
const (
	VideoDim = 512 // CLIP
	AudioDim = 256 // Wav2Vec
	TextDim  = 384 // BERT
)

// MaxAgeRating is the largest age rating: no law asks for more years.
const MaxAgeRating = 21

// Reel is one short video as the catalogue knows it.
type Reel struct {
	ID       ReelID
	Creator  CreatorID
	Category string  // one label, e.g. "cooking"; empty when unknown
	Language string  // BCP 47 tag, e.g. "pt"; empty when unknown
	Region   string  // where it was made; empty when unknown
	Caption  string  // free text
	Duration float32 // seconds; 0 when unknown
	Uploaded int64   // unix seconds; 0 when unknown

	// AgeRating is how many years old a viewer has to be, 0..MaxAgeRating; 0 is
	// for everybody.
	AgeRating uint8

	// Content vectors; nil when the modality is missing.
	Video []float32 // [VideoDim]
	Audio []float32 // [AudioDim]
	Text  []float32 // [TextDim]
}

// Validate returns a *FieldError for the first field that breaks the schema.
func (r *Reel) Validate() error {
	switch {
	case r.ID < 0:
		return &FieldError{"reel_id", fmt.Sprintf("%d is negative", r.ID)}
	case r.Creator < 0:
		return &FieldError{"creator_id", fmt.Sprintf("%d is negative", r.Creator)}
	case math.IsNaN(float64(r.Duration)) || r.Duration < 0 || r.Duration > MaxDuration:
		return &FieldError{"duration", fmt.Sprintf("%g is not within 0..%d seconds", r.Duration, MaxDuration)}
	case r.Uploaded < MinTime || r.Uploaded > MaxTime:
		return &FieldError{"uploaded", fmt.Sprintf("%d is not within %d..%d unix seconds", r.Uploaded, MinTime, MaxTime)}
	}
	if r.AgeRating > MaxAgeRating {
		return &FieldError{"age_rating", fmt.Sprintf("%d is not within 0..%d years", r.AgeRating, MaxAgeRating)}
	}
	for _, m := range []struct {
		field  string
		vector []float32
		dim    int
	}{{"video", r.Video, VideoDim}, {"audio", r.Audio, AudioDim}, {"text", r.Text, TextDim}} {
		if m.vector == nil {
			continue
		}
		if len(m.vector) != m.dim {
			return &FieldError{m.field, fmt.Sprintf("has %d numbers, want %d", len(m.vector), m.dim)}
		}
		for i, v := range m.vector {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return &FieldError{m.field, fmt.Sprintf("number %d is %g", i, v)}
			}
		}
	}
	return nil
}
