package nn

import "fmt"

// Packed lays out a batch of sequences of different lengths without padding:
// sequences are sorted by falling length, and the rows of one step lie side
// by side, first the step 0 of all, then the step 1 of those that have one.
// Step t of sequence b is row Offsets[t]+b, and there are Active(t) of them.
type Packed struct {
	Lengths []int // per sequence, falling, each at least 1
	Offsets []int // per step, and one more that holds the number of rows
}

// Pack lays out sequences of the given lengths, which must fall.
func Pack(lengths []int) (Packed, error) {
	var p Packed
	if err := p.Repack(lengths); err != nil {
		return Packed{}, err
	}
	return p, nil
}

// Repack is Pack in the place of what p held, whose memory it reuses. After an
// error p is of no use.
func (p *Packed) Repack(lengths []int) error {
	for b, n := range lengths {
		if n < 1 || b > 0 && n > lengths[b-1] {
			return fmt.Errorf("pack: length %d of sequence %d: lengths must be at least 1 and fall", n, b)
		}
	}
	p.Lengths, p.Offsets = lengths, append(p.Offsets[:0], 0)
	active := len(lengths)
	for t := 0; len(lengths) > 0 && t < lengths[0]; t++ {
		for active > 0 && lengths[active-1] <= t {
			active--
		}
		p.Offsets = append(p.Offsets, p.Offsets[t]+active)
	}
	return nil
}

// Steps is the length of the longest sequence.
func (p Packed) Steps() int { return len(p.Offsets) - 1 }

// Rows is the sum of all lengths.
func (p Packed) Rows() int { return p.Offsets[len(p.Offsets)-1] }

// Active is the number of sequences that have a step t.
func (p Packed) Active(t int) int { return p.Offsets[t+1] - p.Offsets[t] }

// Row is the row of step t of sequence b.
func (p Packed) Row(t, b int) int { return p.Offsets[t] + b }
