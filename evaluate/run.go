package evaluate

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/reelrank/reelrank/reel"
)

// ListError says that a recommender broke its contract, which would make its
// numbers meaningless.
type ListError struct {
	Recommender string
	User        reel.UserID
	Place       int // from 1
	Reel        reel.ReelID
	Reason      string
}

func (e *ListError) Error() string {
	return fmt.Sprintf("evaluate: %s, user %d, place %d: reel %d %s", e.Recommender, e.User, e.Place, e.Reel, e.Reason)
}

// Run asks every recommender every case for the longest list of opts.K and
// measures the answers. The cases are one per user, since intervals resample
// users. It stops with a *ListError at the first list that holds what it may
// not, with the recommender's error, or with ctx's.
//
// Cases run in parallel; progress, which may be nil, is called by one
// goroutine at a time with the number of answers so far and in all.
func Run(ctx context.Context, recommenders []Recommender, cases []Case, opts Options, progress func(done, total int)) (*Table, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	if err := checkUnique(recommenders, cases); err != nil {
		return nil, err
	}
	r := newRun(recommenders, cases, opts)
	if err := r.ask(ctx, progress); err != nil {
		return nil, err
	}
	return r.table(), nil
}

// checkUnique refuses two recommenders of one name and two cases of one user.
func checkUnique(recommenders []Recommender, cases []Case) error {
	names := map[string]struct{}{}
	for _, rec := range recommenders {
		if _, twice := names[rec.Name()]; twice {
			return fmt.Errorf("evaluate: two recommenders are named %q: give each its own name", rec.Name())
		}
		names[rec.Name()] = struct{}{}
	}
	users := make(map[reel.UserID]struct{}, len(cases))
	for _, c := range cases {
		if _, twice := users[c.User]; twice {
			return fmt.Errorf("evaluate: two cases of user %d: intervals resample users, so keep one case each", c.User)
		}
		users[c.User] = struct{}{}
	}
	return nil
}

// run is the state of one Run.
type run struct {
	recommenders []Recommender
	cases        []Case
	opts         Options
	distances    *Distances
	answers      [][]answer    // [recommender][case]
	perCase      [][][]float64 // [recommender][per-case metric][case]
}

// answer is one judged list.
type answer struct {
	slate  []int32 // dense indices
	judged judged
}

func newRun(recommenders []Recommender, cases []Case, opts Options) *run {
	r := &run{recommenders: recommenders, cases: cases, opts: opts, distances: NewDistances(opts.Catalog)}
	for range recommenders {
		r.answers = append(r.answers, make([]answer, len(cases)))
		columns := make([][]float64, len(caseMetrics)*len(opts.K))
		for m := range columns {
			columns[m] = make([]float64, len(cases))
		}
		r.perCase = append(r.perCase, columns)
	}
	return r
}

// longest is the length of the lists asked for.
func (r *run) longest() int { return r.opts.K[len(r.opts.K)-1] }

// ask fills answers and perCase.
func (r *run) ask(ctx context.Context, progress func(done, total int)) error {
	errs := make([]error, len(r.cases))
	var failed atomic.Bool
	var mu sync.Mutex
	done, total := 0, len(r.cases)*len(r.recommenders)
	parallel(r.opts.Threads, len(r.cases), func() func(int) {
		return func(c int) {
			for which := range r.recommenders {
				if failed.Load() || ctx.Err() != nil {
					return
				}
				if errs[c] = r.askOne(ctx, which, c); errs[c] != nil {
					failed.Store(true)
					return
				}
				mu.Lock()
				done++
				if progress != nil {
					progress(done, total)
				}
				mu.Unlock()
			}
		}
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (r *run) askOne(ctx context.Context, which, c int) error {
	rec, query := r.recommenders[which], &r.cases[c].Query
	list, err := rec.Recommend(ctx, *query, r.longest())
	if err != nil {
		return fmt.Errorf("evaluate: %s, user %d: %w", rec.Name(), query.User, err)
	}
	slate, err := r.checkList(rec.Name(), query, list)
	if err != nil {
		return err
	}
	r.answers[which][c] = answer{slate, judge(list, r.cases[c].Relevant)}
	r.measure(which, c)
	return nil
}

// checkList returns the dense indices of a list, or a *ListError.
func (r *run) checkList(name string, q *Query, list []reel.ReelID) ([]int32, error) {
	slate := make([]int32, 0, len(list))
	placed := make(map[reel.ReelID]struct{}, len(list))
	for at, id := range list {
		reason := ""
		i, known := r.opts.Catalog.Index(id)
		_, twice := placed[id]
		switch {
		case at >= r.longest():
			reason = fmt.Sprintf("comes after the %d asked for", r.longest())
		case !known:
			reason = "is not in the catalogue"
		case twice:
			reason = "is listed twice"
		case q.Profile.HasSeen(id):
			reason = "was seen by the user before"
		case !Eligible(r.opts.Catalog, q, i):
			reason = fmt.Sprintf("was uploaded at %d, after the query at %d", r.opts.Catalog.Uploaded(i), q.Now)
		}
		if reason != "" {
			return nil, &ListError{name, q.User, at + 1, id, reason}
		}
		placed[id] = struct{}{}
		slate = append(slate, i)
	}
	return slate, nil
}

// measure fills one case's column entries of perCase, in the order of
// caseMetrics for each k.
func (r *run) measure(which, c int) {
	a, cat := r.answers[which][c], r.opts.Catalog
	distances := r.distances.prefixes(a.slate, r.opts.K)
	columns := r.perCase[which]
	for at, k := range r.opts.K {
		top := a.slate[:min(k, len(a.slate))]
		for m, v := range [...]float64{
			a.judged.ndcg(k), a.judged.averagePrecision(k), a.judged.reciprocalRank(k),
			a.judged.precision(k), a.judged.recall(k), a.judged.hitRate(k),
			CreatorDiversity(cat, top), distances[at], NewShare(cat, top, r.cases[c].Now, r.opts.NewWindow),
		} {
			columns[at*len(caseMetrics)+m][c] = v
		}
	}
}
