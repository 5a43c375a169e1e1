package model

import "github.com/reelrank/reelrank/nn/kernel"

// RoundRecurrent rounds the recurrent weights of the user encoder to numbers
// that half precision holds exactly. Serving reads these weights once per step
// of a history, in half precision, so they are rounded where a training run
// ends: whatever is measured or served from then on is of one and the same
// network, to the bit. Rounding once more changes nothing.
func (m *Model) RoundRecurrent() {
	m.Users.roundRecurrent()
}

func (s *gruSequence) roundRecurrent() {
	for _, g := range s.gru {
		half := make([]uint16, len(g.WH.Value))
		kernel.ToHalf(half, g.WH.Value)
		kernel.FromHalf(g.WH.Value, half)
	}
}

// roundRecurrent does nothing: no weight is read step by step.
func (s *transformerSequence) roundRecurrent() {}
