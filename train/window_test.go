package train

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func upTo(n int) []int32 {
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}

func TestCutLearnsFromEveryRowOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 4*windowLen).Draw(t, "rows")
		from := rapid.IntRange(0, n).Draw(t, "from")
		burnIn := rapid.IntRange(0, windowLen-1).Draw(t, "burn-in")
		first := rapid.IntRange(0, windowLen).Draw(t, "first")
		next := from // the row that is to be learned from next
		for i, w := range cut(upTo(n), from, burnIn, first) {
			if len(w.rows) > windowLen {
				t.Fatalf("window %d has %d rows, want at most %d", i, len(w.rows), windowLen)
			}
			if w.learn > burnIn || w.learn >= len(w.rows) {
				t.Fatalf("window %d learns from row %d of %d on, with a burn-in of %d", i, w.learn, len(w.rows), burnIn)
			}
			if want := min(next, burnIn); w.learn != want {
				t.Fatalf("window %d builds its state from %d rows, want %d", i, w.learn, want)
			}
			for k, row := range w.rows {
				if int(row) != next-w.learn+k {
					t.Fatalf("window %d holds row %d at %d, want a run that is learned from %d on", i, row, k, next)
				}
			}
			next += len(w.rows) - w.learn
		}
		if next != n {
			t.Fatalf("rows %d..%d are learned from, want %d..%d", from, next, from, n)
		}
	})
}

func TestShortSequencesAreNotCut(t *testing.T) {
	for n := 1; n <= windowLen; n++ {
		if ws := cut(upTo(n), 0, trainingBurnIn, 3); len(ws) != 1 || ws[0].learn != 0 {
			t.Errorf("%d rows make %d windows, want one", n, len(ws))
		}
	}
}

// Moving the first cut moves all: over the epochs a row is predicted from
// histories of many lengths.
func TestTheFirstWindowMovesTheCuts(t *testing.T) {
	rows := upTo(3 * windowLen)
	for first := 1; first <= windowLen; first++ {
		ws := cut(rows, 0, trainingBurnIn, first)
		if got := len(ws[0].rows); got != first {
			t.Errorf("the first window has %d rows, want %d", got, first)
		}
		for i, w := range ws[1 : len(ws)-1] {
			if len(w.rows) != windowLen {
				t.Errorf("first %d: window %d of %d has %d rows, want it full", first, i+1, len(ws), len(w.rows))
			}
		}
	}
}

// learnedRows lists the rows that windows learn from, ascending.
func learnedRows(ws []window) []int32 {
	var rows []int32
	for _, w := range ws {
		rows = append(rows, w.rows[w.learn:]...)
	}
	slices.Sort(rows)
	return rows
}

func TestWindowsCoverTheLogOnce(t *testing.T) {
	w := newWorld(1, 7, 20, 600)
	ex := w.prepare(t)
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.IntRange(0, len(w.log)).Draw(t, "lo")
		hi := rapid.IntRange(lo, len(w.log)).Draw(t, "hi")
		training := ex.trainingWindows(hi, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)))
		if got := learnedRows(training); !slices.Equal(got, upTo(hi)) {
			t.Fatalf("the training windows before row %d learn from %d rows", hi, len(got))
		}
		evaluation := ex.evaluationWindows(lo, hi)
		if got := learnedRows(evaluation); !slices.Equal(got, upTo(hi)[lo:]) {
			t.Fatalf("the evaluation windows of rows %d..%d cover %d rows", lo, hi, len(got))
		}
		for _, x := range slices.Concat(training, evaluation) {
			checkOneUser(t, ex, x)
		}
		for _, x := range evaluation {
			if before := rowsBefore(ex, x.rows[x.learn]); x.learn != min(before, evaluationBurnIn) {
				t.Fatalf("row %d is predicted from %d of the %d rows before it", x.rows[x.learn], x.learn, before)
			}
		}
	})
}

// checkOneUser fails where a window mixes users or leaves the order of time.
func checkOneUser(t *rapid.T, ex *Examples, w window) {
	user := ex.Interactions[w.rows[0]].User
	for k, row := range w.rows {
		if ex.Interactions[row].User != user || k > 0 && row <= w.rows[k-1] {
			t.Fatalf("a window of user %d holds the rows %v", user, w.rows)
		}
	}
}

// rowsBefore counts the earlier exposures of the row's user.
func rowsBefore(ex *Examples, row int32) int {
	n := 0
	for _, it := range ex.Interactions[:row] {
		if it.User == ex.Interactions[row].User {
			n++
		}
	}
	return n
}

func TestGroupsFillABatchWithWholeWindowsInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ws := cut(upTo(rapid.IntRange(1, 400).Draw(t, "rows")), 0, 0, rapid.IntRange(0, windowLen).Draw(t, "first"))
		events := rapid.IntRange(1, 200).Draw(t, "events")
		n := 0
		for _, g := range group(ws, events) {
			rows := 0
			for _, w := range g {
				if !slices.Equal(w.rows, ws[n].rows) {
					t.Fatalf("window %d stands at another place", n)
				}
				rows, n = rows+len(w.rows), n+1
			}
			if rows > events && len(g) > 1 {
				t.Fatalf("a group of %d windows holds %d exposures, want at most %d", len(g), rows, events)
			}
			if n < len(ws) && rows+len(ws[n].rows) <= events {
				t.Fatalf("window %d would have fitted into the group before", n)
			}
		}
		if n != len(ws) {
			t.Fatalf("the groups hold %d windows of %d", n, len(ws))
		}
	})
}
