package coldstart

import (
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/reel"
)

// Shares of the world that are made new. The reels of the validation fold are
// unknown in training alone: they choose how similarity and heads are weighed.
const (
	testFold       = 0.10
	validationFold = 0.05
	personFold     = 0.10
)

// holdout is a world's log in which some reels and people are new.
type holdout struct {
	catalog    *catalog.Catalog
	log        []reel.Interaction // before the test window, without new reels and people
	known      []reel.Interaction // the same with the new reels
	parts      dataset.Split      // its training and validation part
	validation moment             // new reels of the validation fold, as of the training part's end
	reels      moment             // new reels of the test fold, as of the test window's begin
	people     moment             // new people; any reel may answer
}

// moment is a set of questions at the end of a log, with the reels that may
// answer them.
type moment struct {
	cases  []evaluate.Case
	shelf  []int32                       // dense indices of the reels that may answer, ascending
	shown  map[reel.UserID]*reel.ReelSet // reels shown before, those of left-out rows included
	counts evaluate.CaseCounts
}

// share maps an id to 0..1, evenly, by the seed and what it is drawn for.
func share(seed uint64, what string, id int64) float64 {
	return float64(xxhash.Sum64String(fmt.Sprintf("%d/%s/%d", seed, what, id))>>11) / (1 << 53)
}

func inTestFold(seed uint64, id reel.ReelID) bool { return share(seed, "reel", int64(id)) < testFold }

func inValidationFold(seed uint64, id reel.ReelID) bool {
	v := share(seed, "reel", int64(id))
	return v >= testFold && v < testFold+validationFold
}

func isNewPerson(seed uint64, id reel.UserID) bool {
	return share(seed, "person", int64(id)) < personFold
}

// hold leaves the rows of new reels and people out of the log, and asks about
// them where they first appear.
func hold(ds *dataset.Dataset, seed uint64, validationShare, testShare float64) (*holdout, error) {
	cuts, err := ds.Split(validationShare, testShare)
	if err != nil {
		return nil, err
	}
	cat, err := catalog.New(ds.Reels)
	if err != nil {
		return nil, err
	}
	h := &holdout{catalog: cat}
	neither := func(uint64, reel.ReelID) bool { return false }
	train := without(cuts.Train, seed, func(seed uint64, id reel.ReelID) bool { return inTestFold(seed, id) || inValidationFold(seed, id) })
	h.log = slices.Concat(train, without(cuts.Validation, seed, inTestFold))
	h.parts = dataset.Split{Train: h.log[:len(train)], Validation: h.log[len(train):], ValidationFrom: cuts.ValidationFrom, TestFrom: cuts.TestFrom}
	before := slices.Concat(cuts.Train, cuts.Validation)
	h.known = without(before, seed, neither)

	if h.validation, err = newReels(cat, seed, inValidationFold, h.parts.Train, cuts.Validation, cuts.Train); err != nil {
		return nil, err
	}
	if h.reels, err = newReels(cat, seed, inTestFold, h.log, cuts.Test, before); err != nil {
		return nil, err
	}
	asked := slices.DeleteFunc(slices.Clone(cuts.Test), func(it reel.Interaction) bool { return !isNewPerson(seed, it.User) })
	h.people.cases, h.people.counts, err = evaluate.Cases(h.known, asked, cat)
	return h, err
}

// without are the rows of neither new reels nor new people.
func without(rows []reel.Interaction, seed uint64, isNew func(uint64, reel.ReelID) bool) []reel.Interaction {
	return slices.DeleteFunc(slices.Clone(rows), func(it reel.Interaction) bool { return isNew(seed, it.Reel) || isNewPerson(seed, it.User) })
}

// newReels asks everyone who is known for the new reels that they enjoyed in a
// window, at the first of them. log is what was learned, and whole what
// happened.
func newReels(cat *catalog.Catalog, seed uint64, isNew func(uint64, reel.ReelID) bool, log, window, whole []reel.Interaction) (m moment, err error) {
	asked := slices.DeleteFunc(slices.Clone(window), func(it reel.Interaction) bool { return !isNew(seed, it.Reel) || isNewPerson(seed, it.User) })
	if m.cases, m.counts, err = evaluate.Cases(log, asked, cat); err != nil {
		return m, err
	}
	for i := range int32(cat.Len()) {
		if isNew(seed, cat.ID(i)) {
			m.shelf = append(m.shelf, i)
		}
	}
	m.shown = shownTo(m.cases, whole)
	return m, nil
}

// shownTo lists what the cases' users were shown in the whole log, which a
// new reel's left-out rows are part of: nobody is asked for what they know.
func shownTo(cases []evaluate.Case, log []reel.Interaction) map[reel.UserID]*reel.ReelSet {
	shown := make(map[reel.UserID]*reel.ReelSet, len(cases))
	for _, c := range cases {
		shown[c.User] = &reel.ReelSet{}
	}
	for _, it := range log {
		if set, asked := shown[it.User]; asked {
			set.Add(it.Reel)
		}
	}
	return shown
}

// answers lists the shelf's reels that a query may be answered with.
func (m *moment) answers(cat *catalog.Catalog, q *evaluate.Query) []int32 {
	shown := m.shown[q.User]
	var open []int32
	for _, i := range m.shelf {
		if evaluate.Eligible(cat, q, i) && !shown.Has(cat.ID(i)) {
			open = append(open, i)
		}
	}
	return open
}

// allows tells the oracle what the others may answer with.
func (m *moment) allows(cat *catalog.Catalog) func(q *evaluate.Query, id reel.ReelID) bool {
	on := make(map[reel.ReelID]bool, len(m.shelf))
	for _, i := range m.shelf {
		on[cat.ID(i)] = true
	}
	return func(q *evaluate.Query, id reel.ReelID) bool { return on[id] && !m.shown[q.User].Has(id) }
}
