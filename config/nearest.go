package config

// nearest returns the candidate that a slip of the pen would turn into word:
// the first with the fewest edits, if these are few for its length.
func nearest(word string, candidates []string) string {
	best, name := 1+len(word)/5, ""
	for _, c := range candidates {
		if d := edits(word, c); d < best || d == best && name == "" {
			best, name = d, c
		}
	}
	return name
}

// edits is the Levenshtein distance in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
