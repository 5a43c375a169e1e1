package ml1m

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// file holds a line "user item" per event, both from 1, users together and
// each in the order of time.
const file = "ml-1m_sas.txt.gz"

// Data is what everyone watched.
type Data struct {
	Items     int       // numbered from 0
	Sequences [][]int32 // per user, in the order of time
}

// Load reads the sequences.
func Load(dir string) (*Data, error) {
	path := filepath.Join(dir, file)
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("ml1m: %w", err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("ml1m: %s: %w", path, err)
	}
	d, lines := &Data{}, bufio.NewScanner(unzipped)
	for n := 1; lines.Scan(); n++ {
		if err := d.add(lines.Text()); err != nil {
			return nil, fmt.Errorf("ml1m: %s, line %d: %w", path, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("ml1m: %s: %w", path, err)
	}
	return d, d.check()
}

// add takes in one line.
func (d *Data) add(line string) error {
	first, second, _ := strings.Cut(line, " ")
	user, err := strconv.Atoi(first)
	if err != nil {
		return err
	}
	item, err := strconv.Atoi(second)
	if err != nil {
		return err
	}
	switch last := len(d.Sequences); {
	case user == last+1:
		d.Sequences = append(d.Sequences, nil)
	case user != last || user < 1:
		return fmt.Errorf("user %d follows user %d: want users from 1 without gaps, each together", user, last)
	}
	if item < 1 || item > 1<<20 {
		return fmt.Errorf("item %d: want 1 to %d", item, 1<<20)
	}
	d.Items = max(d.Items, item)
	d.Sequences[user-1] = append(d.Sequences[user-1], int32(item-1))
	return nil
}

// held is how many events of everyone are targets: validation's and the test's.
const held = 2

// check tells whether there is something to predict of everyone, and something
// to predict it from.
func (d *Data) check() error {
	for u, s := range d.Sequences {
		if len(s) <= held {
			return fmt.Errorf("ml1m: user %d has %d events: want at least %d", u+1, len(s), held+1)
		}
	}
	return nil
}

// Training is what may be learned from: all but both targets.
func (d *Data) Training() [][]int32 { return d.until(held) }

// Validation asks for the event before the last.
func (d *Data) Validation() []Case { return d.cases(held) }

// Test asks for the last event.
func (d *Data) Test() []Case { return d.cases(1) }

// until are the sequences without their last n events.
func (d *Data) until(n int) [][]int32 {
	all := make([][]int32, len(d.Sequences))
	for u, s := range d.Sequences {
		all[u] = s[: len(s)-n : len(s)-n]
	}
	return all
}

// cases asks for the n-th event from the end, given those before.
func (d *Data) cases(n int) []Case {
	cases := make([]Case, len(d.Sequences))
	for u, history := range d.until(n) {
		cases[u] = Case{History: history, Target: d.Sequences[u][len(history)]}
	}
	return cases
}
