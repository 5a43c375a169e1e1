package learn

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/recommend"
)

// Status is what a version is good for.
type Status string

// The statuses.
const (
	StatusCurrent  Status = "current"
	StatusGood     Status = "good"     // it was current, and may be so again
	StatusRejected Status = "rejected" // it was learned, and was not better
	StatusBad      Status = "bad"      // it was current, and was rolled back
	StatusUntried  Status = "untried"  // nothing was decided about it: a process ended before
)

// Version is a model of a registry.
type Version struct {
	Name    string
	Model   string // its version, e.g. "default-0123456789ab"
	Created time.Time
	Status  Status
	Reason  string            // for the status; empty where nothing was noted
	Facts   recommend.Facts   // of its bundle
	Quality evaluate.Estimate // ndcg@10, as it was measured last before it came here
	Broken  error             // of a bundle that cannot be read, and has no facts
}

// metric is the headline of a version.
var metric = evaluate.MetricAt(evaluate.MetricNDCG, 10)

// Versions are those of the registry, the newest first.
func (r *Registry) Versions() ([]Version, error) {
	names, err := r.names()
	if err != nil {
		return nil, err
	}
	current, err := r.Current()
	if err != nil {
		return nil, err
	}
	entries, err := r.History()
	if err != nil {
		return nil, err
	}
	versions := make([]Version, len(names))
	for k, name := range names {
		versions[k] = r.version(name, entries)
		if name == current {
			versions[k].Status = StatusCurrent
		}
	}
	return versions, nil
}

func (r *Registry) version(name string, entries []Entry) Version {
	_, model, _ := strings.Cut(name, "-")
	v := Version{Name: name, Model: model, Created: createdOf(name), Status: StatusUntried}
	v.Facts, v.Broken = recommend.BundleFacts(r.path(name))
	v.Quality = estimateOf(v.Facts.Metrics)
	for _, e := range entries {
		if e.Version != name {
			continue
		}
		v.Status, v.Reason = statusAfter[e.Action], e.Reason
		if e.Judged != nil && e.Judged.Metric == metric {
			v.Quality = e.Judged.Own
		}
	}
	return v
}

// estimateOf is the headline among the metrics of a bundle.
func estimateOf(metrics map[string]float64) evaluate.Estimate {
	value, known := metrics[metric]
	if !known {
		value = math.NaN()
	}
	return evaluate.Estimate{Value: value, Lo: math.NaN(), Hi: math.NaN()}
}

// statusAfter is what an action makes of a version, other than the current one.
var statusAfter = map[Action]Status{Promoted: StatusGood, Rejected: StatusRejected, RolledBack: StatusBad}

// names are those of the versions, the newest first.
func (r *Registry) names() ([]string, error) {
	dirs, err := os.ReadDir(r.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("models: %w", err)
	}
	var names []string
	for _, d := range dirs {
		if d.IsDir() && isName(d.Name()) {
			names = append(names, d.Name())
		}
	}
	slices.Reverse(names)
	return names, nil
}

// Find is the newest version of a name, or of a model's version.
func (r *Registry) Find(text string) (string, error) {
	names, err := r.names()
	if err != nil {
		return "", err
	}
	for _, name := range names {
		if _, model, _ := strings.Cut(name, "-"); name == text || model == text {
			return name, nil
		}
	}
	return "", fmt.Errorf("%s: %w", text, ErrNoVersion)
}
