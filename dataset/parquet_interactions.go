package dataset

import (
	"context"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"github.com/reelrank/reelrank/reel"
)

// interactionRow is one row of interactions.parquet. Its columns are those of
// the import schema, so a dataset's file can itself be imported.
type interactionRow struct {
	User          int64   `parquet:"user_id,delta"`
	Reel          int64   `parquet:"reel_id,delta"`
	Creator       int64   `parquet:"creator_id,delta"`
	WatchTime     float32 `parquet:"watch_time"`
	Liked         bool    `parquet:"liked"`
	Shared        bool    `parquet:"shared"`
	Followed      bool    `parquet:"followed"`
	Comment       bool    `parquet:"comment"`
	Save          bool    `parquet:"save"`
	Skip          bool    `parquet:"skip"`
	NotInterested bool    `parquet:"not_interested"`
	Duration      float32 `parquet:"duration"`
	Timestamp     int64   `parquet:"timestamp,delta"`
	Observed      int32   `parquet:"observed,delta"`
	Device        string  `parquet:"device,dict"`
	Place         string  `parquet:"place,dict"`
	Session       int64   `parquet:"session,delta"`
	Position      int64   `parquet:"position,delta"`
}

// batchRows is how many rows pass between memory and a Parquet file at once.
const batchRows = 1024

// WriteInteractions writes the interactions as a Parquet file to w.
func WriteInteractions(ctx context.Context, w io.Writer, its []reel.Interaction) error {
	pw := parquet.NewGenericWriter[interactionRow](w, parquet.Compression(&parquet.Zstd))
	rows := make([]interactionRow, 0, batchRows)
	for len(its) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(batchRows, len(its))
		rows = rows[:0]
		for i := range its[:n] {
			rows = append(rows, rowOf(&its[i]))
		}
		if _, err := pw.Write(rows); err != nil {
			return fmt.Errorf("write interactions: %w", err)
		}
		its = its[n:]
	}
	if err := pw.Close(); err != nil {
		return fmt.Errorf("write interactions: %w", err)
	}
	return nil
}

// ReadInteractions reads what WriteInteractions wrote: size bytes of r. It
// returns an error, never a panic, for a file that is damaged or holds other
// columns; it does not validate the rows.
func ReadInteractions(ctx context.Context, r io.ReaderAt, size int64) (its []reel.Interaction, err error) {
	defer catchDamage(&err, "interactions")
	file, err := openOwn[interactionRow](r, size)
	if err != nil {
		return nil, fmt.Errorf("read interactions: %w", err)
	}
	pr := parquet.NewGenericReader[interactionRow](file)
	defer pr.Close()
	its = make([]reel.Interaction, 0, file.NumRows())
	rows := make([]interactionRow, batchRows)
	names := interner{}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := pr.Read(rows)
		for i := range rows[:n] {
			its = append(its, rows[i].interaction(names))
		}
		if err == io.EOF {
			return its, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read interactions: row %d: %w", len(its)+1, err)
		}
	}
}

func rowOf(it *reel.Interaction) interactionRow {
	return interactionRow{
		User: int64(it.User), Reel: int64(it.Reel), Creator: int64(it.Creator),
		WatchTime: float32(it.Watch), Duration: it.Duration, Timestamp: it.Time,
		Liked: it.Signals.Has(reel.Liked), Shared: it.Signals.Has(reel.Shared), Followed: it.Signals.Has(reel.Followed),
		Comment: it.Signals.Has(reel.Commented), Save: it.Signals.Has(reel.Saved),
		Skip: it.Signals.Has(reel.Skipped), NotInterested: it.Signals.Has(reel.NotInterested),
		Observed: int32(it.Observed),
		Device:   it.Context.Device, Place: it.Context.Place, Session: it.Context.Session, Position: int64(it.Context.Position),
	}
}

func (row *interactionRow) interaction(names interner) reel.Interaction {
	it := reel.Interaction{
		User: reel.UserID(row.User), Reel: reel.ReelID(row.Reel), Creator: reel.CreatorID(row.Creator),
		Time: row.Timestamp, Watch: reel.WatchTime(row.WatchTime), Duration: row.Duration,
		Observed: reel.Signals(row.Observed),
		Context: reel.Context{
			Device: names.string(row.Device), Place: names.string(row.Place),
			Session: row.Session, Position: int(row.Position),
		},
	}
	for _, f := range [...]struct {
		set bool
		bit reel.Signals
	}{
		{row.Liked, reel.Liked}, {row.Shared, reel.Shared}, {row.Followed, reel.Followed}, {row.Comment, reel.Commented},
		{row.Save, reel.Saved}, {row.Skip, reel.Skipped}, {row.NotInterested, reel.NotInterested},
	} {
		if f.set {
			it.Signals |= f.bit
		}
	}
	return it
}
