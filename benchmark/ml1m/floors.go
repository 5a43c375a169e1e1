package ml1m

// popular scores by the number of events.
func popular(sequences [][]int32, items int) Score {
	counts := make([]float32, items)
	for _, s := range sequences {
		for _, i := range s {
			counts[i]++
		}
	}
	return func(scores []float32, _ []int32) { copy(scores, counts) }
}

// markov scores by how often an item came right after the last one, ties by
// popularity.
func markov(sequences [][]int32, items int) Score {
	next, events := make([]float32, items*items), 0
	for _, s := range sequences {
		for i := 1; i < len(s); i++ {
			next[int(s[i-1])*items+int(s[i])]++
		}
		events += len(s)
	}
	backoff := popular(sequences, items)
	return func(scores []float32, history []int32) {
		backoff(scores, history)
		after := next[int(history[len(history)-1])*items:][:items]
		for i := range scores {
			scores[i] = after[i] + scores[i]/float32(events)
		}
	}
}
