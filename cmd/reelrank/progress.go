package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// bar shows how far a long piece of work is, on the console's error stream.
// Where that is not a terminal it shows nothing: the results are printed
// either way.
type bar struct {
	out     io.Writer // nil off a terminal
	what    string
	options []progressbar.Option
	bar     *progressbar.ProgressBar
}

// newBar names the work; the bar appears with the first report.
func newBar(c *console, what string, options ...progressbar.Option) *bar {
	b := &bar{what: what, options: options}
	if isTerminal(c.err) {
		b.out = c.err
	}
	return b
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// report tells how much of the work is done.
func (b *bar) report(done, total int) { b.report64(int64(done), int64(total)) }

func (b *bar) report64(done, total int64) {
	if b.out == nil {
		return
	}
	if b.bar == nil {
		b.bar = progressbar.NewOptions64(total, append([]progressbar.Option{
			progressbar.OptionSetWriter(b.out), progressbar.OptionSetDescription(b.what),
			progressbar.OptionSetWidth(30), progressbar.OptionThrottle(100 * time.Millisecond),
			progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true), progressbar.OptionShowCount(),
		}, b.options...)...)
	}
	b.bar.ChangeMax64(total)
	_ = b.bar.Set64(done) // a bar that cannot be drawn is no reason to stop
}

// describe changes the bar's text.
func (b *bar) describe(format string, args ...any) {
	if b.bar != nil {
		b.bar.Describe(fmt.Sprintf(format, args...))
	}
}

// done removes the bar; a later report starts a new one.
func (b *bar) done() {
	if b.bar != nil {
		_ = b.bar.Finish()
		b.bar = nil
	}
}
