package dataset

import (
	"bytes"
	"cmp"
	"context"
	"math"
	"strings"

	"github.com/reelrank/reelrank/reel"
)

// The files of MovieLens-1M that are read: the events in each user's order with
// the dense item ids on which sequence models publish, and what leads from
// those ids to titles and genres.
const (
	movielensEvents = "ml-1m_events.csv"
	movielensIDs    = "sas_to_original_items.txt"
	movielensMovies = "movies.dat"
)

// The columns of the events.
const (
	mlUser = iota
	mlItem
	mlPos
	mlRating
	mlFrom
	mlTo
)

var movielensTable = &table{name: "interactions", columns: []column{
	mlUser:   {"user_id", required},
	mlItem:   {"item_id", required},
	mlPos:    {"pos", required},
	mlRating: {"rating", required},
	mlFrom:   {"ts_lo", required}, // the column; a cell may be empty
	mlTo:     {"ts_hi", required},
}}

const (
	likedRating  = 4
	reasonRating = "not within 0.5..5"
	reasonNoTime = "missing, and so is ts_hi: the event has no time"
)

// movielens reads the folder of MovieLens-1M's files. docs/data.md has the
// mapping.
func (imp *importer) movielens(ctx context.Context) error {
	dir, err := imp.folder()
	if err != nil {
		return err
	}
	events := dir.find(movielensEvents)
	if events == "" {
		return dir.lacks(movielensEvents + " (gzipped or not)")
	}
	if err := imp.measure([]string{events}); err != nil {
		return err
	}
	if err := imp.movielensTitles(ctx, dir); err != nil {
		return err
	}
	imp.adapter = true
	var positions []int64
	err = imp.each(ctx, events, readCSV, movielensTable, func(in *input, rec *record) {
		c := imp.cells
		position := c.whole(mlPos, math.MaxInt32, reasonPosition)
		it := c.rated()
		before := len(imp.interactions)
		imp.add(in, movielensTable, rec, it)
		if len(imp.interactions) > before {
			positions = append(positions, position)
		}
	})
	if err != nil {
		return err
	}
	// Times are bounds and often equal: the position decides among those.
	its := imp.interactions
	imp.permute(func(a, b int) int {
		return cmp.Or(cmp.Compare(its[a].User, its[b].User), cmp.Compare(positions[a], positions[b]))
	})
	return nil
}

// rated reads an event. A movie that was rated was watched, so the watch time
// is 1; a rating of at least 4, where it is known, is a like. The time is the
// lower bound, or the upper one where there is no lower.
func (c *cells) rated() reel.Interaction {
	it := reel.Interaction{
		User:     reel.UserID(c.id(mlUser)),
		Reel:     reel.ReelID(c.id(mlItem)),
		Time:     c.time(mlFrom),
		Watch:    1,
		Observed: reel.Watched,
	}
	it.Creator = reel.CreatorID(it.Reel) // a movie stands for itself: the set names no makers
	if !c.has(mlFrom) {
		it.Time = c.time(mlTo)
		if !c.has(mlTo) {
			c.fail(mlFrom, reasonNoTime)
		}
	}
	if !c.has(mlPos) {
		c.fail(mlPos, reasonMissing)
	}
	if c.has(mlRating) {
		it.Observed |= reel.Liked
		if c.number(mlRating, 0.5, 5, reasonRating) >= likedRating {
			it.Signals |= reel.Liked
		}
	}
	return it
}

// movielensTitles makes a reel of each item whose title can be found. Without
// the two files the items are known by their ids alone.
func (imp *importer) movielensTitles(ctx context.Context, dir folder) error {
	idsPath, moviesPath := dir.find(movielensIDs), dir.find(movielensMovies)
	if idsPath == "" || moviesPath == "" {
		imp.note("%s: titles and genres are unknown without %s and %s", dir.path, movielensIDs, movielensMovies)
		return nil
	}
	if err := imp.measure([]string{idsPath, moviesPath}); err != nil {
		return err
	}
	movies := map[string]reel.Reel{} // by original id
	err := imp.eachLine(ctx, moviesPath, func(text []byte) string {
		parts := strings.Split(latin1(text), "::")
		if len(parts) != 3 {
			return "not of the form id::title::genres"
		}
		genre, _, _ := strings.Cut(parts[2], "|")
		movies[parts[0]] = reel.Reel{Category: genre, Caption: parts[1] + " " + strings.ReplaceAll(parts[2], "|", " ")}
		return ""
	})
	if err != nil {
		return err
	}
	return imp.eachLine(ctx, idsPath, func(text []byte) string {
		words := bytes.Fields(text)
		if len(words) != 2 {
			return "not of the form item original_item"
		}
		id, err := reel.ParseID(string(words[0]))
		if err != nil {
			return "item: " + reasonID
		}
		r := movies[string(words[1])]
		r.ID, r.Creator = reel.ReelID(id), reel.CreatorID(id)
		if _, twice := imp.reelIndex[r.ID]; twice {
			return reasonDuplicateReel
		}
		imp.addReel(r)
		return ""
	})
}

// eachLine reads a text file without a header. The function says why a line is
// rejected, or nothing.
func (imp *importer) eachLine(ctx context.Context, path string, keep func(text []byte) string) error {
	in, err := imp.open(path)
	if err != nil {
		return err
	}
	defer in.close()
	l, err := in.text()
	if err != nil {
		return err
	}
	for {
		row, err := l.next()
		if err != nil {
			if err := in.stopped(err, l.number); err != nil {
				return err
			}
			break
		}
		if err := every(ctx, row.number); err != nil {
			return err
		}
		if len(bytes.TrimSpace(row.text)) == 0 {
			continue
		}
		if reason := keep(row.text); reason != "" {
			in.reject(row.number, "", row.text, reason)
			continue
		}
		in.keep()
	}
	if in.report().Kept == 0 {
		return in.noGoodRow()
	}
	return nil
}

// latin1 decodes ISO 8859-1, in which movies.dat is written.
func latin1(b []byte) string {
	runes := make([]rune, len(b))
	for i, ch := range b {
		runes[i] = rune(ch)
	}
	return string(runes)
}
