package dataset

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/reelrank/reelrank/reel"
)

// reelRow is one row of reels.parquet. A content vector is a list of float32
// that other tools read as such; an empty list is a missing modality.
type reelRow struct {
	ID       int64     `parquet:"reel_id,delta"`
	Creator  int64     `parquet:"creator_id,delta"`
	Category string    `parquet:"category,dict"`
	Language string    `parquet:"language,dict"`
	Region   string    `parquet:"region,dict"`
	Caption  string    `parquet:"caption"`
	Duration float32   `parquet:"duration"`
	Uploaded int64     `parquet:"uploaded,delta"`
	Age      int32     `parquet:"age_rating"`
	Video    []float32 `parquet:"video,list"`
	Audio    []float32 `parquet:"audio,list"`
	Text     []float32 `parquet:"text,list"`
}

// Rows of reels.parquet that are held in memory at once: while writing, for
// one row group (about 25 MB of vectors), and while reading.
const (
	reelsPerGroup = 4096
	reelsPerRead  = 16
)

// WriteReels writes the reels as a Parquet file to w.
func WriteReels(ctx context.Context, w io.Writer, reels []reel.Reel) error {
	pw := parquet.NewGenericWriter[reelRow](w, parquet.MaxRowsPerRowGroup(reelsPerGroup))
	rows := make([]reelRow, 0, batchRows)
	for len(reels) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(batchRows, len(reels))
		rows = rows[:0]
		for i := range reels[:n] {
			r := &reels[i]
			rows = append(rows, reelRow{
				ID: int64(r.ID), Creator: int64(r.Creator), Category: r.Category, Language: r.Language, Region: r.Region,
				Caption: r.Caption, Duration: r.Duration, Uploaded: r.Uploaded, Age: int32(r.AgeRating),
				Video: r.Video, Audio: r.Audio, Text: r.Text,
			})
		}
		if _, err := pw.Write(rows); err != nil {
			return fmt.Errorf("write reels: %w", err)
		}
		reels = reels[n:]
	}
	if err := pw.Close(); err != nil {
		return fmt.Errorf("write reels: %w", err)
	}
	return nil
}

// ReadReels reads what WriteReels wrote: size bytes of r. It returns an error,
// never a panic, for a file that is damaged or holds other columns; it does not
// validate the rows.
func ReadReels(ctx context.Context, r io.ReaderAt, size int64) (reels []reel.Reel, err error) {
	defer catchDamage(&err, "reels")
	file, err := openOwn[reelRow](r, size, "age_rating")
	if err != nil {
		return nil, fmt.Errorf("read reels: %w", err)
	}
	reels = make([]reel.Reel, 0, file.NumRows())
	decode := newReelDecoder(file.Schema())
	// Rows of bare values, not of structs: for 1,152 numbers a reel that is
	// twice as fast and allocates nothing but the vectors themselves.
	rows := make([]parquet.Row, reelsPerRead)
	for _, group := range file.RowGroups() {
		if reels, err = decode.group(ctx, group, rows, reels); err != nil {
			return nil, err
		}
	}
	return reels, nil
}

// reelDecoder turns rows of values into reels. set[c] stores the values of
// leaf column c.
type reelDecoder struct {
	set   []func(r *reel.Reel, values []parquet.Value)
	names interner
}

func newReelDecoder(schema *parquet.Schema) *reelDecoder {
	d := &reelDecoder{names: interner{}}
	setters := map[string]func(*reel.Reel, []parquet.Value){
		"reel_id":    func(r *reel.Reel, v []parquet.Value) { r.ID = reel.ReelID(v[0].Int64()) },
		"creator_id": func(r *reel.Reel, v []parquet.Value) { r.Creator = reel.CreatorID(v[0].Int64()) },
		"category":   func(r *reel.Reel, v []parquet.Value) { r.Category = d.names.bytes(v[0].ByteArray()) },
		"language":   func(r *reel.Reel, v []parquet.Value) { r.Language = d.names.bytes(v[0].ByteArray()) },
		"region":     func(r *reel.Reel, v []parquet.Value) { r.Region = d.names.bytes(v[0].ByteArray()) },
		"caption":    func(r *reel.Reel, v []parquet.Value) { r.Caption = strings.Clone(string(v[0].ByteArray())) },
		"duration":   func(r *reel.Reel, v []parquet.Value) { r.Duration = v[0].Float() },
		"uploaded":   func(r *reel.Reel, v []parquet.Value) { r.Uploaded = v[0].Int64() },
		"age_rating": func(r *reel.Reel, v []parquet.Value) { r.AgeRating = uint8(v[0].Int32()) },
		"video":      func(r *reel.Reel, v []parquet.Value) { r.Video = floats(v) },
		"audio":      func(r *reel.Reel, v []parquet.Value) { r.Audio = floats(v) },
		"text":       func(r *reel.Reel, v []parquet.Value) { r.Text = floats(v) },
	}
	for _, path := range schema.Columns() {
		set := setters[path[0]]
		if set == nil {
			set = func(*reel.Reel, []parquet.Value) {}
		}
		d.set = append(d.set, set)
	}
	return d
}

func (d *reelDecoder) group(ctx context.Context, group parquet.RowGroup, rows []parquet.Row, reels []reel.Reel) ([]reel.Reel, error) {
	rr := group.Rows()
	defer rr.Close()
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := rr.ReadRows(rows)
		for _, row := range rows[:n] {
			var r reel.Reel
			row.Range(func(column int, values []parquet.Value) bool {
				d.set[column](&r, values)
				return true
			})
			reels = append(reels, r)
		}
		if err == io.EOF {
			return reels, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read reels: row %d: %w: %w", len(reels)+1, ErrDamaged, err)
		}
	}
}

// floats copies a list column's values; an empty or null list is nil.
func floats(values []parquet.Value) []float32 {
	if len(values) == 0 || len(values) == 1 && values[0].IsNull() {
		return nil
	}
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = v.Float()
	}
	return out
}
