package dataset

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// input is one file while it is being read.
type input struct {
	name    string // as the caller spelt it; goes into the reports
	file    *os.File
	index   int32 // of its FileReport
	imp     *importer
	gzipped bool
}

// open starts to read a file and gives it a line in the report.
func (imp *importer) open(path string) (*input, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder: name its files (only the formats %s and %s take a folder)", path, KuaiRand, MovieLens)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	imp.report.Files = append(imp.report.Files, FileReport{File: path})
	return &input{name: path, file: f, index: int32(len(imp.report.Files) - 1), imp: imp}, nil
}

func (in *input) close() { in.file.Close() }

func (in *input) report() *FileReport { return &in.imp.report.Files[in.index] }

// reject counts a row as read and rejected.
func (in *input) reject(line int64, field string, value []byte, reason string) {
	in.report().Rows++
	in.report().Rejected++
	in.imp.rejects.add(Reject{File: in.name, Line: line, Field: field, Value: excerpt(value), Reason: reason})
}

// broken reports that the file cannot be read beyond a line. What was read
// before it is kept.
func (in *input) broken(after int64, reason string) {
	in.reject(after+1, "", nil, reason)
	in.imp.note("%s: %s after line %d; the rows before are kept", in.name, reason, after)
}

// note adds a line for a person to the report.
func (imp *importer) note(format string, args ...any) {
	imp.report.Notes = append(imp.report.Notes, fmt.Sprintf(format, args...))
}

// progressReader tells how many bytes of all files have been read.
type progressReader struct {
	r   io.Reader
	imp *importer
}

func (p progressReader) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.imp.advance(int64(n))
	return n, err
}

// Reasons that concern a line or the end of a file.
const (
	reasonLong     = "the line is longer than 1 MiB"
	reasonUTF8     = "not UTF-8 text"
	reasonGzipEnd  = "the gzip stream is cut off"
	reasonGzipBad  = "the gzip stream is damaged"
	reasonDamaged  = "the file is damaged"
	maxLine        = 1 << 20 // bytes; a reel with its three vectors as text takes about 25 KB
	inputBufferLen = 64 << 10
)

// text opens the file as lines of text: gzip is unpacked, a byte-order mark
// dropped. Files of a kind that cannot be text are refused with a word on what
// they are.
func (in *input) text() (*lines, error) {
	raw := bufio.NewReaderSize(progressReader{in.file, in.imp}, inputBufferLen)
	head, _ := raw.Peek(4)
	if bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		in.gzipped = true
		unpacked, err := gzip.NewReader(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", in.name, reasonGzipBad, err)
		}
		raw = bufio.NewReaderSize(unpacked, inputBufferLen)
		head, _ = raw.Peek(4)
	}
	switch {
	case bytes.HasPrefix(head, []byte("PAR1")):
		return nil, fmt.Errorf("%s is a Parquet file: import it with the format %s", in.name, Parquet)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return nil, fmt.Errorf("%s is a zip archive: unpack it first", in.name)
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return nil, fmt.Errorf("%s is UTF-16 text: save it as UTF-8", in.name)
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		raw.Discard(3)
	}
	return &lines{r: raw}, nil
}

// stopped handles the error that ended the reading of lines. The end of the
// file is fine; a broken gzip stream is reported; anything else is returned.
func (in *input) stopped(err error, after int64) error {
	switch {
	case err == io.EOF:
		return nil
	case in.gzipped && errors.Is(err, io.ErrUnexpectedEOF):
		in.broken(after, reasonGzipEnd)
		return nil
	case in.gzipped && isCorrupt(err):
		in.broken(after, reasonGzipBad)
		return nil
	}
	return fmt.Errorf("%s: after line %d: %w", in.name, after, err)
}

func isCorrupt(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) || errors.As(err, &corrupt)
}

// line is one physical line without its end.
type line struct {
	text    []byte
	number  int64 // from 1
	tooLong bool  // text is only its start
}

// lines reads a text line by line, whatever its line ends, and never holds
// more than maxLine bytes of one.
type lines struct {
	r      *bufio.Reader
	number int64
	buf    []byte
	err    error // what ended the text; every later call returns it again
}

// next returns the following line, valid until the next call. A last line that
// a broken stream cut short is dropped.
func (l *lines) next() (line, error) {
	if l.err != nil {
		return line{}, l.err
	}
	l.buf = l.buf[:0]
	out := line{number: l.number + 1}
	for {
		part, err := l.r.ReadSlice('\n')
		if room := maxLine - len(l.buf); len(part) > room {
			part, out.tooLong = part[:room], true
		}
		switch {
		case err == nil && len(l.buf) == 0:
			out.text = part // the common case needs no copy
		case err == nil, err == bufio.ErrBufferFull, err == io.EOF:
			l.buf = append(l.buf, part...)
			out.text = l.buf
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && len(out.text) == 0, err != nil && err != io.EOF:
			l.err = err
			return line{}, err
		}
		l.number++
		out.text = bytes.TrimSuffix(bytes.TrimSuffix(out.text, []byte("\n")), []byte("\r"))
		return out, nil
	}
}

// every tells a loop over rows when to look at its context.
func every(ctx context.Context, n int64) error {
	if n%1024 != 0 {
		return nil
	}
	return ctx.Err()
}
