package train

import (
	"math/rand/v2"

	"github.com/reelrank/reelrank/reel"
)

// windowLen is the longest sequence that goes through the network: a full
// history and the exposure that it predicts.
const windowLen = reel.HistoryLen + 1

// window is a run of one user's exposures. The rows from Learn on are learned
// from (or evaluated); those before only build the state.
type window struct {
	rows  []int32
	learn int
}

// cut covers the rows from index `from` of a user's sequence with windows.
// Each window that does not start the sequence first runs over up to burnIn
// exposures without learning from them, so that no exposure is predicted from
// an almost empty history that the user in truth had outgrown. first bounds
// the exposures that the first window covers (at least 1), which moves the
// cuts from epoch to epoch.
func cut(rows []int32, from, burnIn, first int) []window {
	var ws []window
	for at := from; at < len(rows); {
		start := max(0, at-burnIn)
		end := min(len(rows), start+windowLen)
		if first > 0 && len(ws) == 0 && len(rows)-start > windowLen {
			end = min(end, at+first)
		}
		ws = append(ws, window{rows: rows[start:end], learn: at - start})
		at = end
	}
	return ws
}

// trainingBurnIn and evaluationBurnIn trade exactness for time: a prediction
// from 10 exposures teaches the layers as well as one from 50, but it is a
// worse prediction.
const (
	trainingBurnIn   = 10
	evaluationBurnIn = 40
)

// trainingWindows covers every user's rows before row end of the log, cut at
// places that depend on the epoch, in a random order.
func (ex *Examples) trainingWindows(end int, rng *rand.Rand) []window {
	var ws []window
	for _, rows := range ex.ByUser {
		rows = before(rows, end)
		ws = append(ws, cut(rows, 0, trainingBurnIn, 1+rng.IntN(windowLen))...)
	}
	rng.Shuffle(len(ws), func(i, j int) { ws[i], ws[j] = ws[j], ws[i] })
	return ws
}

// evaluationWindows covers every user's rows from row lo to row hi of the log,
// each with a history before it.
func (ex *Examples) evaluationWindows(lo, hi int) []window {
	return ex.newestWindows(lo, hi, evaluationBurnIn)
}

// newestWindows covers every user's rows from row lo to row hi of the log, with
// up to burnIn exposures before them.
func (ex *Examples) newestWindows(lo, hi, burnIn int) []window {
	var ws []window
	for _, rows := range ex.ByUser {
		rows = before(rows, hi)
		ws = append(ws, cut(rows, len(before(rows, lo)), burnIn, 0)...)
	}
	return ws
}

// before is the prefix of rising rows below end.
func before(rows []int32, end int) []int32 {
	n := len(rows)
	for n > 0 && int(rows[n-1]) >= end {
		n--
	}
	return rows[:n]
}
