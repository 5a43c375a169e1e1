package dataset

import (
	"cmp"
	"slices"
	"strings"

	"github.com/reelrank/reelrank/reel"
)

const (
	reasonDuplicate     = "duplicate row: an earlier one has the same user_id, reel_id and timestamp"
	reasonDuplicateReel = "duplicate reel: an earlier row has the same reel_id"
)

// finish makes the dataset of what was read: in the order of time, without
// duplicates, with every reel.
func (imp *importer) finish() (*Dataset, error) {
	imp.sort()
	imp.dropDuplicates()
	imp.completeReels()
	slices.SortFunc(imp.reels, func(a, b reel.Reel) int { return cmp.Compare(a.ID, b.ID) })
	ds := &Dataset{Interactions: imp.interactions, Reels: imp.reels, Source: string(imp.opts.Format)}
	return ds, ds.Validate()
}

// sort puts the interactions in the order of time, those of one second in the
// order in which they were read.
func (imp *importer) sort() {
	its := imp.interactions
	if slices.IsSortedFunc(its, func(a, b reel.Interaction) int { return cmp.Compare(a.Time, b.Time) }) {
		return
	}
	imp.permute(func(a, b int) int { return cmp.Compare(its[a].Time, its[b].Time) })
}

// permute reorders interactions and origins by a comparison of indexes; equals
// keep their order.
func (imp *importer) permute(compare func(a, b int) int) {
	order := make([]int, len(imp.interactions))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, compare)
	its := make([]reel.Interaction, len(order))
	origins := make([]origin, len(order))
	for to, from := range order {
		its[to], origins[to] = imp.interactions[from], imp.origins[from]
	}
	imp.interactions, imp.origins = its, origins
}

// dropDuplicates rejects interactions that repeat user, reel and second of an
// earlier one. Sorted by time, they can only be among those of one second.
func (imp *importer) dropDuplicates() {
	type exposure struct {
		user reel.UserID
		reel reel.ReelID
	}
	its, origins := imp.interactions, imp.origins
	first := map[exposure]origin{}
	kept := 0
	for i := range its {
		if i > 0 && its[i].Time != its[i-1].Time {
			clear(first)
		}
		key := exposure{its[i].User, its[i].Reel}
		if earlier, twice := first[key]; twice {
			imp.rejectDuplicate(origins[i], earlier)
			continue
		}
		first[key] = origins[i]
		its[kept], origins[kept] = its[i], origins[i]
		kept++
	}
	clear(its[kept:])
	imp.interactions, imp.origins = its[:kept], origins[:kept]
}

func (imp *importer) rejectDuplicate(at, earlier origin) {
	file := &imp.report.Files[at.file]
	file.Kept--
	file.Rejected++
	r := Reject{File: file.File, Line: at.line, Reason: reasonDuplicate, FirstLine: earlier.line}
	if earlier.file != at.file {
		r.FirstFile = imp.report.Files[earlier.file].File
	}
	imp.rejects.add(r)
}

// completeReels adds the reels that only interactions name, and makes both
// agree: the reel says who its creator is, and how long it is where the
// interaction does not.
func (imp *importer) completeReels() {
	given := len(imp.reels)
	for i := range imp.interactions {
		it := &imp.interactions[i]
		at, known := imp.reelIndex[it.Reel]
		if !known {
			imp.addReel(reel.Reel{ID: it.Reel, Creator: it.Creator, Duration: it.Duration})
			continue
		}
		if r := &imp.reels[at]; r.Duration == 0 {
			r.Duration = it.Duration
		}
	}
	var other int
	for i := range imp.interactions {
		it := &imp.interactions[i]
		r := &imp.reels[imp.reelIndex[it.Reel]]
		if r.Creator != it.Creator {
			it.Creator = r.Creator
			other++
		}
		if it.Duration == 0 {
			it.Duration = r.Duration
		}
	}
	if other > 0 {
		imp.note("interactions that named another creator than their reel has, now with the reel's: %d", other)
	}
	if inferred := len(imp.reels) - given; given > 0 && inferred > 0 {
		imp.note("reels that the reels file lacks, known by their interactions alone: %d", inferred)
	}
}

// summarise completes the report.
func (imp *importer) summarise(ds *Dataset) {
	r := imp.report
	r.Reasons = imp.rejects.reasons("")
	if imp.rejects.written == MaxRejects {
		imp.note("the reject report lists the first %d rows only", MaxRejects)
	}
	if r.Milliseconds > 0 {
		imp.note("timestamps that were in milliseconds: %d", r.Milliseconds)
	}
	if r.Unsorted > 0 {
		imp.note("rows that were older than the row before, now sorted by time: %d", r.Unsorted)
	}
	if ds == nil {
		return
	}
	users := map[reel.UserID]struct{}{}
	for i := range ds.Interactions {
		users[ds.Interactions[i].User] = struct{}{}
		r.Observed |= ds.Interactions[i].Observed
	}
	r.Interactions, r.Reels, r.Users = len(ds.Interactions), len(ds.Reels), len(users)
	r.From, r.To = ds.Window()
	if absent := signalNames(reel.AllObserved &^ r.Observed); len(absent) > 0 {
		imp.note("no row records %s: what is predicted of it is not learned from this data", strings.Join(absent, ", "))
	}
}
