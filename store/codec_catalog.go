package store

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/reelrank/reelrank/reel"
)

// AppendReel writes a reel without its vectors.
func AppendReel(b []byte, r *reel.Reel) []byte {
	b = appendID(b, r.ID)
	b = appendID(b, r.Creator)
	b = appendString(b, r.Category)
	b = appendString(b, r.Language)
	b = appendString(b, r.Region)
	b = appendString(b, r.Caption)
	b = appendFloat(b, r.Duration)
	b = appendVarint(b, r.Uploaded)
	return append(b, r.AgeRating)
}

// DecodeReel reads what AppendReel wrote.
func DecodeReel(b []byte) (reel.Reel, error) {
	s := scanner{rest: b}
	r := s.reel()
	if err := s.err(); err != nil {
		return reel.Reel{}, fmt.Errorf("reel: %w", err)
	}
	return r, nil
}

func (s *scanner) reel() reel.Reel {
	return reel.Reel{
		ID:        reel.ReelID(s.uvarint()),
		Creator:   reel.CreatorID(s.uvarint()),
		Category:  s.string(),
		Language:  s.string(),
		Region:    s.string(),
		Caption:   s.string(),
		Duration:  s.float(),
		Uploaded:  s.varint(),
		AgeRating: s.byte(),
	}
}

// AppendVectors writes the three content vectors of a reel: for each, one more
// than its width, 0 for none, and its numbers as float32, little-endian.
func AppendVectors(b []byte, r *reel.Reel) []byte {
	for _, v := range [][]float32{r.Video, r.Audio, r.Text} {
		if v == nil {
			b = append(b, 0)
			continue
		}
		b = binary.AppendUvarint(b, uint64(len(v))+1)
		for _, f := range v {
			b = appendFloat(b, f)
		}
	}
	return b
}

// DecodeVectors reads what AppendVectors wrote, into the reel.
func DecodeVectors(b []byte, r *reel.Reel) error {
	s := scanner{rest: b}
	s.vectors(r)
	if err := s.err(); err != nil {
		return fmt.Errorf("vectors of reel %d: %w", r.ID, err)
	}
	return nil
}

func (s *scanner) vectors(r *reel.Reel) {
	for _, v := range []*[]float32{&r.Video, &r.Audio, &r.Text} {
		*v = s.vector()
	}
}

func (s *scanner) vector() []float32 {
	width := s.uvarint()
	if width == 0 {
		return nil
	}
	width--
	if width > uint64(len(s.rest)/4) {
		s.fail()
		return nil
	}
	raw := s.bytes(int(width) * 4)
	v := make([]float32, width)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return v
}

// AppendCreator writes a creator.
func AppendCreator(b []byte, c *reel.Creator) []byte {
	b = appendID(b, c.ID)
	b = appendString(b, c.Name)
	b = appendString(b, c.Language)
	b = appendString(b, c.Region)
	return appendVarint(b, c.Joined)
}

// DecodeCreator reads what AppendCreator wrote.
func DecodeCreator(b []byte) (reel.Creator, error) {
	s := scanner{rest: b}
	c := s.creator()
	if err := s.err(); err != nil {
		return reel.Creator{}, fmt.Errorf("creator: %w", err)
	}
	return c, nil
}

func (s *scanner) creator() reel.Creator {
	return reel.Creator{
		ID:       reel.CreatorID(s.uvarint()),
		Name:     s.string(),
		Language: s.string(),
		Region:   s.string(),
		Joined:   s.varint(),
	}
}
