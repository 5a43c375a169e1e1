package cluster

// Membership is the vectors of each list, in ascending order.
type Membership struct {
	start   []int32 // of each list in vectors, and its end
	vectors []int32
}

// Members turns the list of each vector into the vectors of each list. A
// vector with a negative list is in none.
func Members(lists []int32, count int) Membership {
	m := Membership{start: make([]int32, count+1)}
	for _, l := range lists {
		if l >= 0 {
			m.start[l+1]++
		}
	}
	for l := range count {
		m.start[l+1] += m.start[l]
	}
	m.vectors = make([]int32, m.start[count])
	next := append([]int32(nil), m.start[:count]...)
	for i, l := range lists {
		if l >= 0 {
			m.vectors[next[l]] = int32(i)
			next[l]++
		}
	}
	return m
}

// Lists is the number of lists.
func (m Membership) Lists() int { return len(m.start) - 1 }

// Of is the vectors of a list.
func (m Membership) Of(list int) []int32 { return m.vectors[m.start[list]:m.start[list+1]] }

// largest is the list with the most vectors.
func (m Membership) largest() int {
	best := 0
	for l := range m.Lists() {
		if len(m.Of(l)) > len(m.Of(best)) {
			best = l
		}
	}
	return best
}
