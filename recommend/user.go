package recommend

import (
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/reel"
)

// encode computes a user's vectors from the last interactions.
func (e *engine) encode(p *reel.Profile) model.User { return e.users.Encode(e.history(p.Recent)) }

// encodeAll is encode for many users at once.
func (e *engine) encodeAll(profiles []*reel.Profile) []model.User {
	histories := make([]model.History, len(profiles))
	for i, p := range profiles {
		histories[i] = e.history(p.Recent)
	}
	return e.users.EncodeBatch(histories)
}

// history is what the user encoder reads of a user's recent interactions, the
// oldest first. Reels that the catalogue no longer holds are passed over.
func (e *engine) history(recent []reel.Interaction) model.History {
	h := model.History{
		Reels: make([]int32, 0, len(recent)), Liked: make([]bool, 0, len(recent)),
		Events: make([]float32, 0, len(recent)*feature.EventDim),
	}
	var prev *reel.Interaction
	for n := range recent {
		it := &recent[n]
		i, ok := e.catalog.Index(it.Reel)
		if !ok {
			continue
		}
		var event [feature.EventDim]float32
		feature.Event(event[:], it, prev)
		h.Reels = append(h.Reels, i)
		h.Events = append(h.Events, event[:]...)
		h.Liked = append(h.Liked, it.Positive())
		prev = it
	}
	return h
}
