package kernel

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The assembler takes registers 16 to 31 of any width for AVX-512's, and says
// nothing: a function for AVX2 that runs short of registers would crash on the
// processors that it is for.
func TestAVX2FunctionsUseNothingOfAVX512(t *testing.T) {
	files, err := filepath.Glob("*_asm_amd64.s")
	if err != nil || len(files) == 0 {
		t.Fatalf("no assembly: %v", err)
	}
	newer := regexp.MustCompile(`\b(Z\d+|K[0-7]|[XY](1[6-9]|2\d|3[01]))\b|Requires:.*AVX512`)
	functions := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		// What belongs to a function begins at the comment with its signature.
		for _, function := range strings.Split(string(text), "\n// func ")[1:] {
			name, _, _ := strings.Cut(function, "(")
			if !strings.HasSuffix(name, "AVX2") {
				continue
			}
			functions++
			if found := newer.FindString(function); found != "" {
				t.Errorf("%s: %s has %s", file, name, found)
			}
		}
	}
	if functions == 0 {
		t.Error("no function for AVX2 found")
	}
}
