package train

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/reel"
)

// Examples are the exposures of a log with their features, in the log's
// order. Row i of every slice belongs to Interactions[i].
type Examples struct {
	Interactions []reel.Interaction
	Reel         []int32   // index in the catalogue
	Context      []float32 // [n, feature.ContextDim] as of the exposure
	Users        []reel.UserID
	ByUser       [][]int32 // rows of Users[u], in the order of time

	// State after the whole log.
	Profiles map[reel.UserID]*reel.Profile
	Counters *catalog.Counters

	catalog *catalog.Catalog
	content []float32 // [reels, feature.ReelDim]
}

// Content is the feature vector of a reel of the catalogue.
func (ex *Examples) Content(i int32) []float32 {
	return ex.content[int(i)*feature.ReelDim : (int(i)+1)*feature.ReelDim]
}

// Reels is how many dense indices the catalogue had given out when the examples
// were prepared. Reels that come later take no part.
func (ex *Examples) Reels() int { return len(ex.content) / feature.ReelDim }

// byUpload lists the catalogue's reels in the order of their upload times.
func (ex *Examples) byUpload() []int32 {
	reels := make([]int32, ex.Reels())
	for i := range reels {
		reels[i] = int32(i)
	}
	slices.SortStableFunc(reels, func(x, y int32) int { return cmp.Compare(ex.catalog.Uploaded(x), ex.catalog.Uploaded(y)) })
	return reels
}

// prepareCheck is how many rows go by between looks at the context.
const prepareCheck = 4096

// Prepare replays a log sorted by time over an empty state and notes each
// exposure's features before it counts. counters must be fresh. progress may
// be nil. An interaction with a reel that the catalogue lacks, or out of
// order, is an error. The catalogue is not to change until the training ends.
func Prepare(ctx context.Context, cat *catalog.Catalog, counters *catalog.Counters, enc *feature.Encoder, log []reel.Interaction, progress func(done, total int)) (*Examples, error) {
	ex := &Examples{
		Interactions: log, Reel: make([]int32, len(log)), Context: make([]float32, len(log)*feature.ContextDim),
		Profiles: map[reel.UserID]*reel.Profile{}, Counters: counters, catalog: cat,
	}
	ex.encodeReels(enc)
	builder := feature.NewContextBuilder(cat, counters)
	dense := map[reel.UserID]int{}
	for row := range log {
		if row%prepareCheck == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if progress != nil {
				progress(row, len(log))
			}
		}
		it := &log[row]
		i, ok := cat.Index(it.Reel)
		if !ok {
			return nil, fmt.Errorf("interaction %d: reel %d is not in the catalogue: add it to the reels", row, it.Reel)
		}
		if row > 0 && it.Time < log[row-1].Time {
			return nil, fmt.Errorf("interaction %d: time %d is before its predecessor's: sort the log by time", row, it.Time)
		}
		u, ok := dense[it.User]
		if !ok {
			u = len(ex.Users)
			dense[it.User] = u
			ex.Users, ex.ByUser = append(ex.Users, it.User), append(ex.ByUser, nil)
			ex.Profiles[it.User] = reel.NewProfile(it.User)
		}
		profile := ex.Profiles[it.User]
		builder.Start(it.Time, it.Context, profile)
		builder.Fill(ex.Context[row*feature.ContextDim:(row+1)*feature.ContextDim], i)
		ex.Reel[row] = i
		ex.ByUser[u] = append(ex.ByUser[u], int32(row))
		counters.Observe(it)
		profile.Apply(*it)
	}
	if progress != nil {
		progress(len(log), len(log))
	}
	return ex, nil
}

func (ex *Examples) encodeReels(enc *feature.Encoder) {
	ex.content = make([]float32, ex.catalog.Len()*feature.ReelDim)
	for i := range int32(ex.Reels()) {
		enc.Vector(ex.Content(i), ex.catalog.Reel(i))
	}
}

// BaseRates is the mean of each head's target over the rows before end, where
// observed; 0.5 where it never is.
func (ex *Examples) BaseRates(end int) [reel.NumHeads]float64 {
	var sum, n [reel.NumHeads]float64
	for _, it := range ex.Interactions[:end] {
		for h := range reel.Head(reel.NumHeads) {
			if it.Observed.Has(h.Signal()) {
				sum[h] += float64(target(&it, h))
				n[h]++
			}
		}
	}
	for h := range sum {
		if n[h] == 0 {
			sum[h], n[h] = 1, 2
		}
		sum[h] /= n[h]
	}
	return sum
}

// target is what a head should predict of an exposure, 0..1.
func target(it *reel.Interaction, h reel.Head) float32 {
	if h == reel.HeadWatch {
		return float32(it.Watch)
	}
	if it.Signals.Has(h.Signal()) {
		return 1
	}
	return 0
}
