package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reelrank/reelrank/reel"
)

// Format is a kind of input that Import reads.
type Format string

// The formats. The first three hold rows of the import schema; the others are
// public data sets, read from the folder of their files.
const (
	CSV       Format = "csv"
	JSONL     Format = "jsonl"
	Parquet   Format = "parquet"
	KuaiRand  Format = "kuairand"
	MovieLens Format = "movielens"
)

// Formats lists the formats that Import reads.
func Formats() []Format { return []Format{CSV, JSONL, Parquet, KuaiRand, MovieLens} }

// ErrUnknownFormat is the reason why a format is refused.
var ErrUnknownFormat = errors.New("unknown format")

// Options say what to import.
type Options struct {
	Format   Format
	Paths    []string // files; for kuairand and movielens one folder
	Reels    string   // file of reels in the schema, for csv, jsonl and parquet; empty: reels are known by their interactions alone
	History  History  // kuairand only; empty means HistoryShown
	Rejects  io.Writer
	Progress func(done, total int64) // bytes of the input files; called often, from the same goroutine
}

// rowReader reads the rows of one file into records of a table.
type rowReader func(ctx context.Context, in *input, t *table, emit func(*record)) error

var rowReaders = map[Format]rowReader{CSV: readCSV, JSONL: readJSONL, Parquet: readParquet}

// Import reads the input into a dataset that passes Validate. Rows that break
// the schema go to Rejects, one JSON object a line (see Reject), and the rest
// is kept. The report says what was done; it is there, as far as the import
// came, also beside an error.
//
// It is an error if columns are missing (*ColumnsError) or a file has no good
// row (*NoGoodRowError).
func Import(ctx context.Context, opts Options) (*Dataset, *Report, error) {
	imp := &importer{
		opts: opts, report: &Report{}, rejects: newRejects(opts.Rejects),
		cells: &cells{names: interner{}}, reelIndex: map[reel.ReelID]int{},
	}
	err := imp.run(ctx)
	var ds *Dataset
	if err == nil {
		ds, err = imp.finish()
	}
	imp.summarise(ds)
	if err = errors.Join(err, imp.rejects.flush()); err != nil {
		return nil, imp.report, err
	}
	return ds, imp.report, nil
}

// importer is one run of Import.
type importer struct {
	opts    Options
	report  *Report
	rejects *rejects
	cells   *cells

	interactions []reel.Interaction
	origins      []origin // of each interaction
	reels        []reel.Reel
	reelIndex    map[reel.ReelID]int // into reels

	done, total int64 // bytes of the input files
	lastTime    int64 // of the row before, in the file being read
	adapter     bool  // a public data set: its columns and units are known and need no note
}

// origin is where an interaction was read.
type origin struct {
	line int64
	file int32 // index into Report.Files
}

func (imp *importer) run(ctx context.Context) error {
	if len(imp.opts.Paths) == 0 {
		return errors.New("import: name at least one file or folder to read")
	}
	switch imp.opts.Format {
	case CSV, JSONL, Parquet:
		return imp.schemaFiles(ctx)
	case KuaiRand:
		return imp.kuairand(ctx)
	case MovieLens:
		return imp.movielens(ctx)
	}
	return fmt.Errorf("import: %w %q: choose one of %v", ErrUnknownFormat, imp.opts.Format, Formats())
}

// schemaFiles reads files of the import schema, the reels first.
func (imp *importer) schemaFiles(ctx context.Context) error {
	files := imp.opts.Paths
	if imp.opts.Reels != "" {
		files = append(slices.Clone(files), imp.opts.Reels)
	}
	if err := imp.measure(files); err != nil {
		return err
	}
	if imp.opts.Reels != "" {
		if err := imp.reelsFile(ctx, imp.opts.Reels); err != nil {
			return err
		}
	}
	t := interactionTable(imp.opts.Reels != "")
	for _, path := range imp.opts.Paths {
		err := imp.each(ctx, path, rowReaders[imp.opts.Format], t, func(in *input, rec *record) {
			it := imp.cells.interaction(imp.creatorOf)
			imp.add(in, t, rec, it)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// reelsFile reads reels of the schema. Their format is seen in the file.
func (imp *importer) reelsFile(ctx context.Context, path string) error {
	read, err := sniff(path)
	if err != nil {
		return err
	}
	lines := map[reel.ReelID]int64{}
	return imp.each(ctx, path, read, reelTable, func(in *input, rec *record) {
		r := imp.cells.reel()
		switch first, twice := lines[r.ID]; {
		case imp.refused(in, reelTable, rec):
		case twice:
			in.duplicate(rec.line, "reel_id", rec.cells[colReelID], first)
		default:
			lines[r.ID] = rec.line
			in.keep()
			imp.addReel(r)
		}
	})
}

// sniff tells from the name and the first bytes of a file how to read it.
func sniff(path string) (rowReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 4)
	n, _ := io.ReadFull(f, head)
	name := strings.TrimSuffix(strings.ToLower(filepath.Base(path)), ".gz")
	switch ext := filepath.Ext(name); {
	case string(head[:n]) == "PAR1":
		return readParquet, nil
	case n > 0 && head[0] == '{', ext == ".jsonl", ext == ".ndjson", ext == ".json":
		return readJSONL, nil
	}
	return readCSV, nil
}

// each reads one file and calls row with every record that the reader could
// split into cells. A file of which no row is kept is an error.
func (imp *importer) each(ctx context.Context, path string, read rowReader, t *table, row func(in *input, rec *record)) error {
	in, err := imp.open(path)
	if err != nil {
		return err
	}
	defer in.close()
	imp.lastTime = 0
	err = read(ctx, in, t, func(rec *record) {
		imp.cells.start(rec)
		row(in, rec)
	})
	if err != nil {
		return err
	}
	if in.report().Kept == 0 {
		return in.noGoodRow()
	}
	return nil
}

func (in *input) noGoodRow() error {
	return &NoGoodRowError{File: in.name, Rows: in.report().Rows, Reasons: in.imp.rejects.reasons(in.name)}
}

// refused reports a record of which a cell could not be read.
func (imp *importer) refused(in *input, t *table, rec *record) bool {
	c := imp.cells
	if c.reason == "" {
		return false
	}
	in.reject(rec.line, t.columns[c.column].name, rec.cells[c.column], c.reason)
	return true
}

func (in *input) keep() {
	in.report().Rows++
	in.report().Kept++
}

// duplicate reports a row that repeats an earlier one of the same file.
func (in *input) duplicate(line int64, field string, value []byte, first int64) {
	in.report().Rows++
	in.report().Rejected++
	in.imp.rejects.add(Reject{File: in.name, Line: line, Field: field, Value: excerpt(value), Reason: reasonDuplicateReel, FirstLine: first})
}

// add keeps an interaction whose cells could all be read.
func (imp *importer) add(in *input, t *table, rec *record, it reel.Interaction) {
	if imp.refused(in, t, rec) {
		return
	}
	if err := it.Validate(); err != nil {
		var field *reel.FieldError
		errors.As(err, &field)
		in.reject(rec.line, field.Field, nil, field.Reason)
		return
	}
	if imp.cells.millis && !imp.adapter {
		imp.report.Milliseconds++
	}
	if it.Time < imp.lastTime && !imp.adapter {
		imp.report.Unsorted++
	}
	imp.lastTime = it.Time
	in.keep()
	imp.interactions = append(imp.interactions, it)
	imp.origins = append(imp.origins, origin{rec.line, in.index})
}

func (imp *importer) addReel(r reel.Reel) {
	imp.reelIndex[r.ID] = len(imp.reels)
	imp.reels = append(imp.reels, r)
}

func (imp *importer) creatorOf(id reel.ReelID) (reel.CreatorID, bool) {
	i, known := imp.reelIndex[id]
	if !known {
		return 0, false
	}
	return imp.reels[i].Creator, true
}

// measure adds up the sizes of the files that will be read.
func (imp *importer) measure(files []string) error {
	for _, path := range files {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		imp.total += info.Size()
	}
	return nil
}

// advance tells the progress after n more bytes.
func (imp *importer) advance(n int64) {
	imp.done = min(imp.done+n, imp.total)
	if imp.opts.Progress != nil {
		imp.opts.Progress(imp.done, imp.total)
	}
}
