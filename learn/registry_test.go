package learn

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reelrank/reelrank/recommend"
)

// added puts the first bundle's model into a registry under a new name. Nobody
// looks at the weights.
func added(t testing.TB, r *Registry) string {
	t.Helper()
	facts, err := recommend.BundleFacts(firstBundle(t))
	if err != nil {
		t.Fatal(err)
	}
	name, err := r.Add(facts.ModelVersion, func(dir string) error { return recommend.CopyModel(firstBundle(t), dir) })
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func promote(t testing.TB, r *Registry, name string) {
	t.Helper()
	if err := r.Promote(Entry{Version: name, Reason: "test"}); err != nil {
		t.Fatal(err)
	}
}

func TestAFirstStartBringsTheBundleIn(t *testing.T) {
	r := registry(t, 3)
	if name, err := r.Current(); name != "" || err != nil {
		t.Fatalf("an empty registry has %q, %v", name, err)
	}
	name, err := r.Adopt(firstBundle(t), "first start")
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.Adopt(firstBundle(t), "started again")
	if err != nil || again != name {
		t.Errorf("the same bundle is %s and then %s, %v", name, again, err)
	}
	versions, err := r.Versions()
	if err != nil || len(versions) != 1 || versions[0].Status != StatusCurrent || versions[0].Reason != "first start" || versions[0].Broken != nil {
		t.Errorf("%+v, %v", versions, err)
	}
	if _, err := os.Stat(filepath.Join(r.Bundle(name), "interactions.parquet")); err == nil {
		t.Error("the data of the bundle was copied too")
	}
	if _, err := recommend.Load(t.Context(), r.Bundle(name)); !errors.Is(err, recommend.ErrNoData) {
		t.Errorf("a model without data loads by itself: %v", err)
	}
}

func TestRollbackGoesBackFromGoodToGood(t *testing.T) {
	r := registry(t, 5)
	one, two, three, four := added(t, r), added(t, r), added(t, r), added(t, r)
	promote(t, r, one)
	promote(t, r, two)
	if err := r.Reject(Entry{Version: three, Reason: "worse"}); err != nil {
		t.Fatal(err)
	}
	promote(t, r, four)
	for _, step := range []struct{ from, to string }{{four, two}, {two, one}} {
		to, err := r.Rollback(step.from, "it was worse")
		if err != nil || to != step.to {
			t.Fatalf("from %s to %s, %v; want %s", step.from, to, err, step.to)
		}
	}
	if _, err := r.Rollback(one, "it was worse"); !errors.Is(err, ErrNothingBefore) {
		t.Errorf("rolled back beyond the first: %v", err)
	}
	if _, err := r.Rollback(two, "late"); !errors.Is(err, ErrNotCurrent) {
		t.Errorf("rolled back what is not current: %v", err)
	}
	got := statuses(t, r)
	for name, want := range map[string]Status{one: StatusCurrent, two: StatusBad, three: StatusRejected, four: StatusBad} {
		if got[name] != want {
			t.Errorf("%s is %s, want %s", name, got[name], want)
		}
	}
	promote(t, r, four) // a person may know better
	if got := statuses(t, r)[four]; got != StatusCurrent {
		t.Errorf("promoted by hand it is %s", got)
	}
}

func TestTheLastGoodVersionsAreKept(t *testing.T) {
	r := registry(t, 2)
	var names []string
	for range 6 {
		names = append(names, added(t, r))
		promote(t, r, names[len(names)-1])
	}
	rejected := []string{added(t, r), added(t, r), added(t, r)}
	for _, name := range rejected {
		if err := r.Reject(Entry{Version: name, Reason: "worse"}); err != nil {
			t.Fatal(err)
		}
	}
	got := statuses(t, r)
	want := map[string]Status{names[5]: StatusCurrent, names[4]: StatusGood, names[3]: StatusGood, rejected[2]: StatusRejected, rejected[1]: StatusRejected}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("kept %v, want %v", got, want)
	}
}

func TestWhatRollbackWouldGoToIsKept(t *testing.T) {
	r := registry(t, 1)
	one, two := added(t, r), added(t, r)
	promote(t, r, one)
	promote(t, r, two)
	promote(t, r, one) // by hand, though it is older
	three := added(t, r)
	promote(t, r, three)
	if got := statuses(t, r); len(got) != 2 || got[one] != StatusGood {
		t.Errorf("kept %v", got)
	}
	if to, err := r.Rollback(three, "test"); err != nil || to != one {
		t.Errorf("back to %s, %v; want %s", to, err, one)
	}
}

func TestAVersionIsFoundByItsNameOrItsModel(t *testing.T) {
	r := registry(t, 5)
	one, two := added(t, r), added(t, r)
	_, model, _ := strings.Cut(one, "-")
	for text, want := range map[string]string{one: one, two: two, model: two} {
		if got, err := r.Find(text); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", text, got, err, want)
		}
	}
	if _, err := r.Find("compact"); !errors.Is(err, ErrNoVersion) {
		t.Errorf("got %v", err)
	}
	if err := r.Promote(Entry{Version: "20250101T000000Z-none"}); err == nil {
		t.Error("what is not there was promoted")
	}
}

func TestAPointerToElsewhereIsRefused(t *testing.T) {
	r := registry(t, 5)
	for _, text := range []string{"../../etc", "/etc", "", "20250101T000000Z-../x", "20250101T000000Z-", "yesterday-x"} {
		if err := os.WriteFile(r.path(currentFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if name, err := r.Current(); err == nil {
			t.Errorf("%q was taken for version %q", text, name)
		}
	}
}

var errKilled = errors.New("killed")

// dying is a file system of a process that is killed at an operation, of which
// half is done: nothing happens afterwards.
type dying struct {
	osFiles
	left int // operations until then
}

func (d *dying) step() (alive, last bool) {
	d.left--
	return d.left > 0, d.left == 0
}

func (d *dying) WriteSynced(path string, content []byte) error {
	alive, last := d.step()
	if alive {
		return d.osFiles.WriteSynced(path, content)
	}
	if last {
		_ = d.osFiles.WriteSynced(path, content[:len(content)/2])
	}
	return errKilled
}

func (d *dying) AppendSynced(path string, content []byte) error {
	alive, last := d.step()
	if alive {
		return d.osFiles.AppendSynced(path, content)
	}
	if last {
		_ = d.osFiles.AppendSynced(path, content[:len(content)/2])
	}
	return errKilled
}

func (d *dying) Rename(from, to string) error {
	if alive, _ := d.step(); alive {
		return d.osFiles.Rename(from, to)
	}
	return errKilled
}

func (d *dying) RemoveAll(path string) error {
	alive, last := d.step()
	if alive {
		return d.osFiles.RemoveAll(path)
	}
	if last {
		_ = os.Remove(filepath.Join(path, "manifest.json"))
	}
	return errKilled
}

func (d *dying) SyncDir(path string) error {
	if alive, _ := d.step(); alive {
		return d.osFiles.SyncDir(path)
	}
	return errKilled
}

// checkSound holds a registry to what it promises after any crash.
func checkSound(t *testing.T, r *Registry, allowed ...string) {
	t.Helper()
	name, err := r.Current()
	if err != nil {
		t.Fatal(err)
	}
	ok := false
	for _, a := range allowed {
		ok = ok || a == name
	}
	if !ok {
		t.Fatalf("current is %q, want one of %q", name, allowed)
	}
	if _, err := recommend.BundleFacts(r.Bundle(name)); err != nil {
		t.Fatalf("current cannot be read: %v", err)
	}
	versions, err := r.Versions()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range versions {
		if v.Broken != nil {
			t.Errorf("%s: %v", v.Name, v.Broken)
		}
	}
}

func TestAProcessKilledAnywhereLeavesAValidCurrent(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing in it runs side by side")
	}
	for _, c := range []struct {
		name string
		do   func(r *Registry, old, next string) error
	}{
		{"promote", func(r *Registry, _, next string) error { return r.Promote(Entry{Version: next, Reason: "test"}) }},
		{"rollback", func(r *Registry, old, _ string) error { _, err := r.Rollback(old, "test"); return err }},
		{"reject", func(r *Registry, _, next string) error { return r.Reject(Entry{Version: next, Reason: "test"}) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			const most = 20
			for k := 1; ; k++ {
				if k == most {
					t.Fatalf("it takes %d operations and more", most)
				}
				r := registry(t, 1)
				var good []string
				for range 3 {
					good = append(good, added(t, r))
					promote(t, r, good[len(good)-1]) // the first is pruned at the end
				}
				second, old := good[1], good[2]
				if err := r.Reject(Entry{Version: added(t, r), Reason: "worse"}); err != nil {
					t.Fatal(err)
				}
				next := added(t, r)
				killed := &dying{left: k}
				r.files = killed
				_ = c.do(r, old, next)
				again := reopened(t, r.dir, 1)
				checkSound(t, again, old, next, second)
				promote(t, again, next)
				checkSound(t, again, next)
				if entries, err := again.History(); err != nil || entries[len(entries)-1].Version != next {
					t.Fatalf("killed at operation %d the history goes on wrong: %+v, %v", k, entries, err)
				}
				if killed.left > 0 {
					return // it came to its end
				}
			}
		})
	}
}

func TestWhatKilledProcessesLeftIsCleared(t *testing.T) {
	r := registry(t, 5)
	one, two := added(t, r), added(t, r)
	promote(t, r, one)
	partial := filepath.Join(r.dir, "."+two+".partial-123")
	young := filepath.Join(r.dir, "."+two+".partial-456")
	for _, step := range []error{
		os.Rename(r.path(one), r.path(gonePrefix+one)), // killed while it was about to put it back
		os.Rename(r.path(two), r.path(gonePrefix+two)),
		os.Mkdir(partial, 0o755), os.Mkdir(young, 0o755),
		os.Chtimes(partial, time.Time{}, time.Now().Add(-2*abandoned)),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	again := reopened(t, r.dir, 5)
	checkSound(t, again, one)
	for path, want := range map[string]bool{partial: false, young: true, r.path(gonePrefix + two): false, r.path(two): false} {
		if exists(path) != want {
			t.Errorf("%s is there: %t, want %t", path, !want, want)
		}
	}
}

func TestAVersionMadeCurrentWhileItIsRemovedIsPutBack(t *testing.T) {
	r := registry(t, 5)
	one, two := added(t, r), added(t, r)
	promote(t, r, one)
	r.files = meanwhile{osFiles{}, func() { _ = osFiles{}.WriteSynced(r.path(currentFile), []byte(two)) }}
	if err := r.remove(two); err != nil {
		t.Fatal(err)
	}
	checkSound(t, r, two)
}

// meanwhile does something after each rename, as another process might.
type meanwhile struct {
	osFiles
	do func()
}

func (m meanwhile) Rename(from, to string) error {
	err := m.osFiles.Rename(from, to)
	m.do()
	return err
}

func TestACopyOfTheRegistryServesTheSameModel(t *testing.T) {
	r := registry(t, 3)
	to := filepath.Join(t.TempDir(), "models")
	if n, err := r.Copy(to); n != 0 || err != nil {
		t.Fatalf("of an empty registry %d versions were copied, %v", n, err)
	}
	first, second := added(t, r), added(t, r)
	promote(t, r, first)
	promote(t, r, second)
	third := added(t, r)
	if err := os.RemoveAll(filepath.Join(r.Bundle(third), "weights.safetensors")); err != nil { // of a process that was killed
		t.Fatal(err)
	}
	if n, err := r.Copy(to); err != nil || n < 2 {
		t.Fatalf("%d versions copied, %v", n, err)
	}
	c, err := OpenRegistry(to, 3)
	if err != nil {
		t.Fatal(err)
	}
	if current, err := c.Current(); current != second || err != nil {
		t.Errorf("the copy serves %q, %v, want %s", current, err, second)
	}
	if back, err := c.Rollback(second, "test"); back != first || err != nil {
		t.Errorf("the copy rolls back to %q, %v, want %s", back, err, first)
	}
	if current, _ := r.Current(); current != second {
		t.Error("the copy and the registry share a file")
	}
}
