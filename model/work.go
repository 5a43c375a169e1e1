package model

// work holds the parts of a pass that threads share, each over a range of
// rows, reels, sequences or heads: function values made once, so that a
// training step allocates none.
type work struct {
	units             func(lo, hi int) // reels: unit vectors
	reelGradients     func(lo, hi int) // reels: their gradients, from all rows
	events            func(lo, hi int) // rows: the user encoder's input
	enjoyed           func(lo, hi int) // sequences: mean enjoyed reels
	backEnjoyed       func(lo, hi int) // sequences: their gradients
	queries           func(lo, hi int) // rows: retrieval queries
	picks             func(lo, hi int) // rows of the retrieval loss: queries and states
	ages              func(lo, hi int) // rows of the retrieval loss: age terms
	backAges          func(lo, hi int) // blocks of them: gradients of the age terms
	backQueries       func(lo, hi int) // blocks of them: gradients of the queries
	backStates        func(lo, hi int) // rows of the retrieval loss: gradients of the states
	interestTerms     func(lo, hi int) // enjoyed rows: terms of the interests
	interestTotals    func(lo, hi int) // sequences: totals, losses and their gradients
	interestGradients func(lo, hi int) // sequences: gradients of the terms
	shownSums         func(lo, hi int) // sequences: interests in the reels that were shown

	rankInput     func(lo, hi int) // rows: the ranker's input
	userGradients func(lo, hi int) // rows: the ranker's gradient of the states
}

func newWork(p *Pass) work {
	return work{
		units: p.units, reelGradients: p.reelGradients, events: p.eventInputs,
		enjoyed: p.enjoyedOf, backEnjoyed: p.backEnjoyedOf, queries: p.queriesOf,
		picks: p.pick, ages: p.addAges, backAges: p.sumAges, backQueries: p.backQueriesOf, backStates: p.backStatesOf,
		interestTerms: p.interestTerms, interestTotals: p.interestTotals,
		interestGradients: p.interestGradients, shownSums: p.shownSums,
		rankInput: p.rankInputs, userGradients: p.userGradients,
	}
}

// pieceSize is about how many values make a piece of work: with AVX some
// microseconds, in plain Go some ten.
const pieceSize = 1 << 14

// grain is how many rows of the given width make a piece.
func grain(width int) int { return max(1, pieceSize/width) }
