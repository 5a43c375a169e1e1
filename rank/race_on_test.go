//go:build race

package rank

const raceDetector = true
