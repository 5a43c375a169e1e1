package dataset

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// readParquet reads a Parquet file by the names of its columns, whatever their
// number types. A content vector is a list of numbers, or bytes that hold
// little-endian float32.
func readParquet(ctx context.Context, in *input, t *table, emit func(*record)) (err error) {
	file, err := in.parquet()
	if err != nil {
		return err
	}
	columns, err := bindParquet(in, t, file.Schema())
	if err != nil {
		return err
	}
	p := &parquetReader{in: in, columns: columns, rec: t.newRecord(), emit: emit}
	if total := file.NumRows(); total > 0 {
		p.bytesPerRow = float64(file.Size()) / float64(total)
	}
	for _, group := range file.RowGroups() {
		if intact, err := p.group(ctx, group); err != nil || !intact {
			return err
		}
	}
	return nil
}

// parquet opens the file, or says what is wrong with it.
func (in *input) parquet() (file *parquet.File, err error) {
	defer catchDamage(&err, in.name)
	info, err := in.file.Stat()
	if err != nil {
		return nil, err
	}
	head := make([]byte, 4)
	if _, err := in.file.ReadAt(head, 0); err != nil || string(head) != "PAR1" {
		return nil, fmt.Errorf("%s is not a Parquet file: it does not start with PAR1; text is imported with the formats %s and %s", in.name, CSV, JSONL)
	}
	file, err = openParquet(in.file, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: the Parquet file is truncated or damaged: %w", in.name, err)
	}
	return file, nil
}

// parquetColumn reads one leaf column of the file into a column of the table.
type parquetColumn struct {
	column   int // of the table; -1: not read
	modality int // of a vector column; -1: a single value
	divisor  int64
	isTime   bool
}

// bindParquet matches the file's columns with the table's.
func bindParquet(in *input, t *table, schema *parquet.Schema) ([]parquetColumn, error) {
	var found []string
	var bound []parquetColumn
	for _, path := range schema.Columns() {
		column := t.index(path[0])
		if !slices.Contains(found, path[0]) {
			found = append(found, path[0])
		}
		b := parquetColumn{column: column, modality: -1}
		if column >= 0 {
			var err error
			if b, err = bindColumn(t, column, schema, path); err != nil {
				return nil, fmt.Errorf("%s: column %s: %w", in.name, path[0], err)
			}
		}
		bound = append(bound, b)
	}
	has := func(column int) bool {
		return slices.ContainsFunc(bound, func(b parquetColumn) bool { return b.column == column })
	}
	if err := t.check(in.name, has, found, "rename the columns; their order is free"); err != nil {
		return nil, err
	}
	var ignored []int
	for _, name := range found {
		ignored = append(ignored, t.index(name))
	}
	in.noteIgnored(found, ignored)
	return bound, nil
}

func bindColumn(t *table, column int, schema *parquet.Schema, path []string) (parquetColumn, error) {
	b := parquetColumn{column: column, modality: -1}
	leaf, ok := schema.Lookup(path...)
	if !ok {
		return b, fmt.Errorf("cannot be found in its own schema")
	}
	if t == reelTable && column >= colVideo {
		b.modality = column - colVideo
		return b, nil
	}
	if len(path) > 1 || leaf.MaxRepetitionLevel > 0 {
		return b, fmt.Errorf("holds lists or groups; a single value is wanted")
	}
	kind := leaf.Node.Type().LogicalType()
	if kind == nil {
		return b, nil
	}
	switch k := kind.Value.(type) {
	case *format.DecimalType:
		return b, fmt.Errorf("is of type DECIMAL; write it as an integer or a floating-point number")
	case *format.TimestampType:
		b.isTime = true
		switch k.Unit.Value.(type) {
		case *format.MilliSeconds:
			b.divisor = 1_000
		case *format.MicroSeconds:
			b.divisor = 1_000_000
		default:
			b.divisor = 1_000_000_000
		}
	}
	return b, nil
}

// parquetReader walks the rows of a file.
type parquetReader struct {
	in          *input
	columns     []parquetColumn // by leaf column of the file
	rec         *record
	emit        func(*record)
	row         int64
	bytesPerRow float64
	scratch     []byte // the text of the current row's cells
}

// group reads one row group. It is intact unless it is damaged in the middle,
// which is reported.
func (p *parquetReader) group(ctx context.Context, group parquet.RowGroup) (intact bool, err error) {
	defer func() {
		if r := recover(); r != nil { // see catchDamage
			p.in.broken(p.row, reasonDamaged)
			intact, err = false, nil
		}
	}()
	rr := group.Rows()
	defer rr.Close()
	rows := make([]parquet.Row, reelsPerRead)
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		n, err := rr.ReadRows(rows)
		for _, row := range rows[:n] {
			p.read(row)
		}
		p.in.imp.advance(int64(p.bytesPerRow * float64(n)))
		switch {
		case err == io.EOF:
			return true, nil
		case err != nil:
			p.in.broken(p.row, reasonDamaged)
			return false, nil
		}
	}
}

func (p *parquetReader) read(row parquet.Row) {
	p.row++
	p.rec.reset(p.row)
	p.scratch = p.scratch[:0]
	row.Range(func(leaf int, values []parquet.Value) bool {
		b := p.columns[leaf]
		switch {
		case b.column < 0 || len(values) == 0 || len(values) == 1 && values[0].IsNull():
		case b.modality >= 0:
			p.rec.vectors[b.modality] = vectorOf(values)
		default:
			start := len(p.scratch)
			p.scratch = appendCell(p.scratch, values[0], b)
			p.rec.cells[b.column] = p.scratch[start:len(p.scratch):len(p.scratch)]
		}
		return true
	})
	p.emit(p.rec)
}

// appendCell writes a value as the text that the same cell of a CSV would hold.
func appendCell(dst []byte, v parquet.Value, b parquetColumn) []byte {
	switch v.Kind() {
	case parquet.Boolean:
		if v.Boolean() {
			return append(dst, '1')
		}
		return append(dst, '0')
	case parquet.Int32:
		return strconv.AppendInt(dst, int64(v.Int32()), 10)
	case parquet.Int64:
		if b.isTime {
			return strconv.AppendInt(dst, floorDiv(v.Int64(), b.divisor), 10)
		}
		return strconv.AppendInt(dst, v.Int64(), 10)
	case parquet.Float:
		return appendFloat(dst, float64(v.Float()), 32)
	case parquet.Double:
		return appendFloat(dst, v.Double(), 64)
	}
	return append(dst, bytes.ToValidUTF8(v.ByteArray(), []byte("\uFFFD"))...)
}

// appendFloat writes whole numbers that a float holds exactly without an
// exponent, so that ids and flags that a tool stored as floats are read.
func appendFloat(dst []byte, v float64, bits int) []byte {
	const exact = 1 << 53
	if v == math.Trunc(v) && math.Abs(v) < exact {
		return strconv.AppendInt(dst, int64(v), 10)
	}
	return strconv.AppendFloat(dst, v, 'g', -1, bits)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// vectorOf copies a list of numbers or unpacks bytes of float32. What is
// neither gives an empty vector, which no modality accepts.
func vectorOf(values []parquet.Value) []float32 {
	switch values[0].Kind() {
	case parquet.ByteArray, parquet.FixedLenByteArray:
		b := values[0].ByteArray()
		v := make([]float32, len(b)/4)
		for i := range v {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
		return v
	case parquet.Float, parquet.Double:
		v := make([]float32, len(values))
		for i := range v {
			if values[i].Kind() == parquet.Double {
				v[i] = float32(values[i].Double())
			} else {
				v[i] = values[i].Float()
			}
			if values[i].IsNull() {
				return []float32{}
			}
		}
		return v
	}
	return []float32{}
}
