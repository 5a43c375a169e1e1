package catalog

import "sync"

// UnknownLabel is the dense index of the empty category, language and region,
// whether or not a reel has it.
const UnknownLabel int32 = 0

// labels number the different values of a field in the order in which they
// come. One goroutine adds, any number read.
type labels struct {
	mu     sync.RWMutex
	names  []string // by number
	number map[string]int32
}

// newLabels numbers the unknown label.
func newLabels() labels {
	return labels{names: []string{""}, number: map[string]int32{"": UnknownLabel}}
}

// intern returns the number of a label, the next one for a new label.
func (l *labels) intern(name string) int32 {
	if k, ok := l.find(name); ok {
		return k
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	k := int32(len(l.names))
	l.names = append(l.names, name)
	l.number[name] = k
	return k
}

func (l *labels) find(name string) (int32, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	k, ok := l.number[name]
	return k, ok
}

func (l *labels) name(k int32) string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.names[k]
}

func (l *labels) len() int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.names)
}
