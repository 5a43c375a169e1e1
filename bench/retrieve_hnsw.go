package bench

import (
	"bufio"
	"context"
	_ "embed" // the harness
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
	"unsafe"
)

// HNSW is hnswlib on the same queries: C++ with float32 vectors, M 16 and
// efConstruction 200, built on two threads.
type HNSW struct {
	BuildSeconds float64     `json:"build_seconds"`
	Points       []HNSWPoint `json:"points"`
}

// HNSWPoint is hnswlib's speed at a recall.
type HNSWPoint struct {
	Queries string  `json:"queries"`
	K       int     `json:"k"`
	Wanted  float64 `json:"wanted_recall"`
	Recall  float64 `json:"recall"`
	Ef      int     `json:"ef"`
	Speed
}

//go:embed testdata/hnsw.cpp
var hnswSource []byte

// errNoHNSW says what hnswlib cannot be measured for.
var errNoHNSW = errors.New("hnswlib needs g++ and its header hnswlib/hnswlib.h")

// hnswProcess is the harness at work.
type hnswProcess struct {
	folder  string
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	built   float64
}

// startHNSW compiles and starts the harness where it can.
func (m *retrieval) startHNSW(ctx context.Context) error {
	if !m.HNSW {
		return nil
	}
	m.say("building hnswlib's index, or reading it")
	p, err := newHNSW(ctx, m)
	switch {
	case errors.Is(err, errNoHNSW):
		m.result.HNSWMissing = err.Error()
		return nil
	case err != nil:
		return err
	}
	m.hnsw, m.result.HNSW = p, &HNSW{BuildSeconds: p.built}
	return nil
}

func (m *retrieval) stopHNSW() {
	if m.hnsw == nil {
		return
	}
	m.hnsw.in.Close()
	_ = m.hnsw.command.Wait() // it has nothing more to say
	os.RemoveAll(m.hnsw.folder)
	m.hnsw = nil
}

func newHNSW(ctx context.Context, m *retrieval) (p *hnswProcess, err error) {
	folder, err := os.MkdirTemp("", "reelrank-hnsw")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(folder)
		}
	}()
	program, err := compileHNSW(ctx, folder)
	if err != nil {
		return nil, err
	}
	vectors, queries := filepath.Join(folder, "vectors"), filepath.Join(folder, "queries")
	index := m.HNSWFile
	if index == "" {
		index = filepath.Join(folder, "index")
	}
	if _, err := os.Stat(index); err != nil {
		if err := writeFloats(vectors, m.vectors); err != nil {
			return nil, err
		}
	}
	var all []float32
	for _, kind := range m.kinds {
		all = append(all, kind.queries...)
	}
	if err := writeFloats(queries, all); err != nil {
		return nil, err
	}
	p = &hnswProcess{folder: folder, command: exec.CommandContext(ctx, program, vectors, fmt.Sprint(m.Reels), fmt.Sprint(m.Dim), index, queries)}
	p.command.Stderr = os.Stderr
	if p.in, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReaderSize(out, 1<<20)
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	if _, err := fmt.Fscanln(p.out, &p.built); err != nil {
		_ = p.command.Wait()
		return nil, fmt.Errorf("bench: hnswlib did not build its index: %w", err)
	}
	os.Remove(vectors)
	return p, nil
}

// compileHNSW returns the compiled harness, or errNoHNSW.
func compileHNSW(ctx context.Context, folder string) (string, error) {
	source, program := filepath.Join(folder, "hnsw.cpp"), filepath.Join(folder, "hnsw")
	if err := os.WriteFile(source, hnswSource, 0o600); err != nil {
		return "", err
	}
	compiler, err := exec.LookPath("g++")
	if err != nil {
		return "", errNoHNSW
	}
	if exec.CommandContext(ctx, compiler, "-include", "hnswlib/hnswlib.h", "-fsyntax-only", "-x", "c++", os.DevNull).Run() != nil {
		return "", errNoHNSW
	}
	out, err := exec.CommandContext(ctx, compiler, "-O3", "-march=native", "-DNDEBUG", "-pthread", "-o", program, source).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("bench: compile the harness of hnswlib: %w\n%s", err, out)
	}
	return program, nil
}

// writeFloats writes the numbers as they lie in memory: the harness runs on
// the same machine.
func writeFloats(path string, x []float32) error {
	return os.WriteFile(path, unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x)), 0o600)
}

// ask searches for a kind's queries and returns the recall and the speed.
func (p *hnswProcess) ask(m *retrieval, kind asked, k, ef int) (recall float64, s Speed, err error) {
	number := 0
	for i := range m.kinds {
		if m.kinds[i].name == kind.name {
			number = i
		}
	}
	if _, err := fmt.Fprintln(p.in, ef, k, number, len(m.kinds)); err != nil {
		return 0, s, fmt.Errorf("bench: hnswlib: %w", err)
	}
	found, wanted := 0, 0
	for _, truth := range kind.truth {
		in := make(map[string]bool, k)
		for _, reel := range truth[:min(k, len(truth))] {
			in[fmt.Sprint(reel)] = true
		}
		line, err := p.out.ReadString('\n')
		if err != nil {
			return 0, s, fmt.Errorf("bench: hnswlib: %w", err)
		}
		for reel := range strings.FieldsSeq(line) {
			if in[reel] {
				found++
			}
		}
		wanted += len(in)
	}
	var p50, p99 int64
	if _, err := fmt.Fscanln(p.out, &s.QPS, &p50, &p99); err != nil {
		return 0, s, fmt.Errorf("bench: hnswlib: %w", err)
	}
	s.P50, s.P99 = time.Duration(p50), time.Duration(p99)
	return float64(found) / float64(max(wanted, 1)), s, nil
}

// rival is hnswlib at the least ef with a recall; nothing where it is absent.
type rival struct {
	m     *retrieval
	kind  asked
	point HNSWPoint
}

// rival finds the least ef, to a twentieth.
func (m *retrieval) rival(kind asked, k int, wanted float64) (*rival, error) {
	if m.hnsw == nil {
		return nil, nil
	}
	const largest = 20_000
	low, high := k, k
	for { // low is too little, or k itself
		recall, _, err := m.hnsw.ask(m, kind, k, high)
		if err != nil {
			return nil, err
		}
		if recall >= wanted || high >= largest {
			break
		}
		low, high = high, 2*high
	}
	for high-low > max(low/20, 1) {
		middle := (low + high) / 2
		recall, _, err := m.hnsw.ask(m, kind, k, middle)
		if err != nil {
			return nil, err
		}
		if recall >= wanted {
			high = middle
		} else {
			low = middle
		}
	}
	return &rival{m, kind, HNSWPoint{Queries: kind.name, K: k, Wanted: wanted, Ef: high}}, nil
}

// time asks all queries once more.
func (r *rival) time() error {
	if r == nil {
		return nil
	}
	recall, speed, err := r.m.hnsw.ask(r.m, r.kind, r.point.K, r.point.Ef)
	if err != nil {
		return err
	}
	r.point.Recall = recall
	r.point.Speed.better(speed)
	return nil
}

// String says how fast the rival is, after what was said of ours.
func (r *rival) String() string {
	if r == nil {
		return ""
	}
	return fmt.Sprintf("; hnswlib: %.0f at %.4f with ef %d", r.point.QPS, r.point.Recall, r.point.Ef)
}

// add keeps a rival's point, if there is one and it reached the recall.
func (h *HNSW) add(r *rival) {
	if h != nil && r != nil && r.point.Recall >= r.point.Wanted {
		h.Points = append(h.Points, r.point)
	}
}
