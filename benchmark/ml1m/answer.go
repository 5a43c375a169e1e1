package ml1m

import "github.com/reelrank/reelrank/nn"

// judge answers the cases with the running mean of the weights.
func (t *trainer) judge(cases []Case) ([]Verdict, error) {
	t.swap()
	defer t.swap()
	return t.p.judge(cases, t.s.Length)
}

// judgedTogether is how many cases are encoded at once.
const judgedTogether = 64

// judge answers the cases from the last steps of their histories.
func (p *pass) judge(cases []Case, length int) ([]Verdict, error) {
	var b batch
	n := p.n
	verdicts, seen := make([]Verdict, len(cases)), make([]bool, n.n)
	p.logits = nn.Grow(p.logits, lossRows*n.n)
	last := make([]float32, judgedTogether*n.width)
	for _, group := range byLength(cases, judgedTogether) {
		ws := make([]window, len(group))
		for i, c := range group {
			h := cases[c].History
			ws[i] = window{item: h[max(0, len(h)-length):]}
		}
		if err := b.lay(ws); err != nil {
			return nil, err
		}
		p.encode(&b, nil)
		for i, w := range ws {
			copy(last[i*n.width:][:n.width], p.query[b.seq.Row(len(w.item)-1, i)*n.width:])
		}
		p.multiply(last, len(group))
		for i, c := range group {
			var err error
			if verdicts[c], err = Judge(p.logits[i*n.n:][:n.n], cases[c], seen); err != nil {
				return nil, err
			}
		}
	}
	return verdicts, nil
}
