package reelrank_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// module is the import path of the root package.
const module = "github.com/reelrank/reelrank"

// house lists the packages from the top down. A package imports only packages
// of lower floors, so those that share a floor never import each other.
// Tests are free to reach wherever they need to.
var house = [][]string{
	{"."}, // the module's own page
	{"cmd/reelrank"},
	{"benchmark/ml1m", "benchmark/kuairand", "benchmark/seedworld", "benchmark/coldstart"},
	{"benchmark"},
	{"bench"},
	{"server"},
	{"learn"},
	{"live"},
	{"recommend"},
	{"retrieve/indextest"},
	{"retrieve", "rank", "rerank"},
	{"retrieve/weaviate"},
	{"retrieve/weaviate/local"},
	{"retrieve/ann"},
	{"retrieve/ann/cluster", "retrieve/ann/code"},
	{"train"},
	{"evaluate"},
	{"model"},
	{"model/bundle"},
	{"nn"},
	{"nn/kernel"},
	{"dataset"},
	{"feature"},
	{"feature/pipeline"},
	{"simulate"},
	{"catalog/cowatch"},
	{"catalog"},
	{"catalog/column", "catalog/snapshot"},
	{"store/embedded"},
	{"store/storetest"},
	{"store"},
	{"config"},
	{"reel"},
}

// apart lists what a package must not import although it lies below.
var apart = []struct {
	from      string
	never     []string
	reach     bool // also not by way of another package
	rationale string
}{
	{"server", []string{"model", "model/bundle", "nn", "nn/kernel", "store"}, false, "the server speaks HTTP and decides nothing: it asks package recommend"},
	{"benchmark", []string{"server", "live", "learn", "store"}, false, "a benchmark measures quality from raw files: it serves nothing and keeps no store"},
	{"model", []string{"store"}, true, "a model knows nothing of stores"},
	{"store", []string{"model", "model/bundle"}, true, "stores know nothing of models"},
}

// grabBags are names that say nothing of what a package is about.
var grabBags = []string{"util", "utils", "common", "helper", "helpers", "misc", "shared"}

// goPackage is what the rules read of `go list -json`.
type goPackage struct {
	ImportPath string
	Name       string
	Doc        string
	Imports    []string
	CgoFiles   []string
}

// room is the package's path within the module; "." for the root.
func (p goPackage) room() string {
	if p.ImportPath == module {
		return "."
	}
	return strings.TrimPrefix(p.ImportPath, module+"/")
}

// generator tells whether the package is a program that writes code of the one
// beside it. Nothing can import it and no binary holds it, so it has no floor.
func (p goPackage) generator() bool {
	return p.Name == "main" && slices.Contains(strings.Split(p.room(), "/"), "internal")
}

// neighbours are the imported packages of the module, by room.
func (p goPackage) neighbours() []string {
	var rooms []string
	for _, path := range p.Imports {
		if path == module || strings.HasPrefix(path, module+"/") {
			rooms = append(rooms, goPackage{ImportPath: path}.room())
		}
	}
	return rooms
}

func TestImportsPointDownTheHouse(t *testing.T) {
	for _, fault := range faults(listPackages(t)) {
		t.Error(fault)
	}
}

// faults names every breach of the rules, one message each.
func faults(all []goPackage) []string {
	var found []string
	rooms := map[string]goPackage{}
	for _, p := range all {
		rooms[p.room()] = p
	}
	for _, p := range all {
		found = append(found, faultsOfPackage(p)...)
		found = append(found, faultsOfOrder(p)...)
		found = append(found, faultsOfDistance(p, rooms)...)
	}
	return found
}

// faultsOfPackage checks what holds for a package by itself.
func faultsOfPackage(p goPackage) []string {
	var found []string
	room := p.room()
	if p.Doc == "" {
		found = append(found, fmt.Sprintf("%s has no package comment: say in its doc.go what it holds and what it promises", room))
	}
	for _, name := range strings.Split(room, "/") {
		if slices.Contains(grabBags, name) {
			found = append(found, fmt.Sprintf("%s is named %q: name a package after what it is about", room, name))
		}
	}
	if len(p.CgoFiles) > 0 {
		found = append(found, fmt.Sprintf("%s uses cgo in %s: the binary must build with Go alone", room, strings.Join(p.CgoFiles, ", ")))
	}
	return found
}

// faultsOfOrder checks that imports lead to lower floors.
func faultsOfOrder(p goPackage) []string {
	if p.generator() {
		return nil
	}
	var found []string
	room := p.room()
	from := floor(room)
	if from < 0 {
		found = append(found, fmt.Sprintf("%s has no floor: give it its place in the list of architecture_test.go", room))
	}
	for _, to := range p.neighbours() {
		switch at := floor(to); {
		case at < 0 || from < 0: // the missing floor is reported where it belongs
		case at == from:
			found = append(found, fmt.Sprintf("%s imports %s: packages of one floor (%s) never import each other; what they share belongs in a lower one", room, to, strings.Join(house[at], ", ")))
		case at < from:
			found = append(found, fmt.Sprintf("%s imports %s, which lies above it: imports point down the list of architecture_test.go", room, to))
		}
	}
	if room == "reel" {
		for _, path := range p.Imports {
			if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
				found = append(found, fmt.Sprintf("reel imports %s: the words of the domain need only the standard library", path))
			}
		}
	}
	return found
}

// faultsOfDistance checks the packages that stay apart.
func faultsOfDistance(p goPackage, rooms map[string]goPackage) []string {
	var found []string
	for _, rule := range apart {
		if !within(p.room(), rule.from) {
			continue
		}
		reached, how := p.neighbours(), ""
		if rule.reach {
			reached, how = reachable(p, rooms), ", directly or by way of another package"
		}
		for _, to := range reached {
			if slices.ContainsFunc(rule.never, func(never string) bool { return within(to, never) }) {
				found = append(found, fmt.Sprintf("%s imports %s%s: %s", p.room(), to, how, rule.rationale))
			}
		}
	}
	return found
}

// floor is the place of a room in the house, 0 at the top; -1 if it has none.
func floor(room string) int {
	return slices.IndexFunc(house, func(rooms []string) bool { return slices.Contains(rooms, room) })
}

// within tells whether a room is the given one or lies in its folder.
func within(room, folder string) bool {
	return room == folder || strings.HasPrefix(room, folder+"/")
}

// reachable lists the rooms that p imports, directly or not, in the order met.
func reachable(p goPackage, rooms map[string]goPackage) []string {
	var met []string
	next := p.neighbours()
	for len(next) > 0 {
		room := next[0]
		next = next[1:]
		if !slices.Contains(met, room) {
			met = append(met, room)
			next = append(next, rooms[room].neighbours()...)
		}
	}
	return met
}

// listPackages asks the go command for the module's packages.
func listPackages(t *testing.T) []goPackage {
	t.Helper()
	readFolders(t)
	var stderr bytes.Buffer
	cmd := exec.Command("go", "list", "-json=ImportPath,Name,Doc,Imports,CgoFiles", "./...")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		all = append(all, p)
	}
	if len(all) < len(house)/2 {
		t.Fatalf("go list found %d packages, far fewer than the house has", len(all))
	}
	return all
}

// readFolders reads the folders of the module itself, since the go command
// sees only what the test's own process reads: without it a changed import
// elsewhere would be answered from the cache of test results.
func readFolders(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); path != "." && (name == "testdata" || strings.ContainsAny(name[:1], "._")) {
			return fs.SkipDir
		}
		_, err = os.ReadDir(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryRuleFindsItsBreach(t *testing.T) {
	for _, c := range []struct {
		name     string
		packages []goPackage
		want     []string // parts of the messages, one each; none: the packages are in order
	}{
		{"in order", []goPackage{at("server", "recommend", "reel"), at("recommend", "model", "retrieve", "rank"), at("retrieve", "retrieve/ann")}, nil},
		{"upwards", []goPackage{at("model", "train")}, []string{"model imports train, which lies above it"}},
		{"to the root", []goPackage{{ImportPath: module + "/catalog", Doc: "d", Imports: []string{module}}}, []string{"catalog imports ., which lies above it"}},
		{"between stages", []goPackage{at("rank", "retrieve"), at("rerank", "rank")}, []string{"rank imports retrieve: packages of one floor", "rerank imports rank: packages of one floor"}},
		{"server to the network", []goPackage{at("server", "nn/kernel")}, []string{"server imports nn/kernel: the server"}},
		{"server to a store", []goPackage{at("server", "store")}, []string{"server imports store"}},
		{"model to a store by a detour", []goPackage{at("model", "feature"), at("feature", "catalog"), at("catalog", "store")}, []string{"model imports store, directly or by way of another package: a model"}},
		{"domain to a library", []goPackage{{ImportPath: module + "/reel", Doc: "d", Imports: []string{"strings", "golang.org/x/text"}}}, []string{"reel imports golang.org/x/text: the words"}},
		{"no place", []goPackage{at("billing")}, []string{"billing has no floor"}},
		{"generator", []goPackage{{ImportPath: module + "/nn/kernel/internal/gen", Name: "main", Doc: "d"}}, nil},
		{"hidden room", []goPackage{{ImportPath: module + "/nn/kernel/internal/tables", Name: "tables", Doc: "d"}}, []string{"nn/kernel/internal/tables has no floor"}},
		{"no comment", []goPackage{{ImportPath: module + "/rank"}}, []string{"rank has no package comment"}},
		{"grab bag", []goPackage{at("server/util")}, []string{`server/util is named "util"`, "server/util has no floor"}},
		{"cgo", []goPackage{{ImportPath: module + "/nn", Doc: "d", CgoFiles: []string{"blas.go"}}}, []string{"nn uses cgo in blas.go"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := faults(c.packages)
			if len(got) != len(c.want) {
				t.Fatalf("found %q, want %d faults", got, len(c.want))
			}
			for i, want := range c.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("fault %d is %q, want it to say %q", i, got[i], want)
				}
			}
		})
	}
}

// at is a documented package of the house with the given imports.
func at(room string, imports ...string) goPackage {
	p := goPackage{ImportPath: module + "/" + room, Doc: "d"}
	for _, to := range imports {
		p.Imports = append(p.Imports, module+"/"+to)
	}
	return p
}
