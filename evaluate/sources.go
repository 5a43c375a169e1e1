package evaluate

import "github.com/reelrank/reelrank/reel"

// SourceTable says what each source of retrieval contributes: a relevant reel
// that is not among the candidates cannot be recommended by any later stage.
type SourceTable struct {
	Candidates int         `json:"candidates"` // most candidates per case
	Cases      int         `json:"cases"`
	Relevant   int         `json:"relevant"` // relevant reels over all cases
	Recall     Estimate    `json:"recall"`   // of the candidates of all sources
	Rows       []SourceRow `json:"rows"`
}

// SourceRow is one source. Recalls are means over the cases.
type SourceRow struct {
	Source  string   `json:"source"`
	Quota   int      `json:"quota"`
	Own     Estimate `json:"own"`     // recall of its own first reels, as many as its quota
	Without Estimate `json:"without"` // recall of as many candidates from the other sources
	Gain    Estimate `json:"gain"`    // SourceTable.Recall - Without, paired
	Alone   int      `json:"alone"`   // relevant candidates that no other source found
}

// SourceCase is what retrieval finds for one case.
type SourceCase struct {
	Relevant []reel.ReelID
	Merged   []reel.ReelID // the candidates
	Sources  []SourceLists // in the same order in every case
}

// SourceLists is one source's part in a case.
type SourceLists struct {
	Source  string
	Quota   int
	Own     []reel.ReelID // its own first reels, at most Quota
	Without []reel.ReelID // the candidates where the other sources go without it
	Alone   []reel.ReelID // those of the candidates that no other source found
}

// Columns of a source in the bootstrap; column 0 is the recall of them all.
const (
	sourceOwn = iota
	sourceWithout
	sourceGain
	sourceColumns
)

// Sources condenses the cases, which are one per user, into a table; nil
// without cases. Intervals resample users as those of Run do.
func Sources(cases []SourceCase, candidates int, opts Options) *SourceTable {
	if len(cases) == 0 {
		return nil
	}
	opts = opts.withDefaults()
	t := &SourceTable{Candidates: candidates, Cases: len(cases)}
	for _, s := range cases[0].Sources {
		t.Rows = append(t.Rows, SourceRow{Source: s.Source, Quota: s.Quota})
	}
	columns := t.columns(cases)
	means := newMeans([][][]float64{columns})
	resampled := bootstrap(len(cases), opts.Bootstrap, means.width(), opts.Threads, opts.Seed,
		func() func(counts, out []float64) { return means.of })
	values := make([]float64, means.width())
	means.of(ones(len(cases)), values)
	at := func(column int) Estimate { return estimate(values[column], resampled, column, opts.Confidence) }
	t.Recall = at(0)
	for s := range t.Rows {
		first := 1 + s*sourceColumns
		t.Rows[s].Own, t.Rows[s].Without, t.Rows[s].Gain = at(first+sourceOwn), at(first+sourceWithout), at(first+sourceGain)
	}
	return t
}

// columns computes the recalls of every case, [1 + sources*sourceColumns][case],
// and counts what is counted over all cases.
func (t *SourceTable) columns(cases []SourceCase) [][]float64 {
	columns := make([][]float64, 1+len(t.Rows)*sourceColumns)
	for c := range columns {
		columns[c] = make([]float64, len(cases))
	}
	for n, c := range cases {
		recall := func(list []reel.ReelID) float64 { return Recall(list, c.Relevant, len(list)) }
		all := recall(c.Merged)
		columns[0][n] = all
		t.Relevant += len(c.Relevant)
		for s, lists := range c.Sources {
			first := 1 + s*sourceColumns
			without := recall(lists.Without)
			columns[first+sourceOwn][n] = recall(lists.Own)
			columns[first+sourceWithout][n] = without
			columns[first+sourceGain][n] = all - without
			t.Rows[s].Alone += int(judge(lists.Alone, c.Relevant).count(len(lists.Alone)))
		}
	}
	return columns
}
