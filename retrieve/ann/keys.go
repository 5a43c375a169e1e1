package ann

import "math"

// key orders a score and a number by one comparison of whole numbers: the
// score's bits, turned so that they have its order, above the number's, turned
// so that of two equal scores the lower number is larger.
type key uint64

func keyOf(score float32, number int32) key {
	bits := math.Float32bits(score)
	bits ^= uint32(int32(bits)>>31) | 1<<31
	return key(bits)<<32 | key(^uint32(number))
}

// low is the number.
func (k key) low() int32 { return int32(^uint32(k)) }

// score is the score.
func (k key) score() float32 {
	bits := uint32(k >> 32)
	if bits&(1<<31) != 0 {
		return math.Float32frombits(bits &^ (1 << 31))
	}
	return math.Float32frombits(^bits)
}

// selectLargest moves the n largest keys to the front, in no order.
func selectLargest(keys []key, n int) {
	if n <= 0 || n >= len(keys) {
		return
	}
	for lo, hi := 0, len(keys)-1; lo < hi; {
		pivot := medianOfThree(keys[lo], keys[(lo+hi)/2], keys[hi])
		i, j := lo, hi
		for i <= j {
			for keys[i] > pivot {
				i++
			}
			for keys[j] < pivot {
				j--
			}
			if i <= j {
				keys[i], keys[j] = keys[j], keys[i]
				i++
				j--
			}
		}
		switch {
		case n-1 <= j:
			hi = j
		case n-1 >= i:
			lo = i
		default:
			return
		}
	}
}

func medianOfThree(a, b, c key) key { return max(min(a, b), min(max(a, b), c)) }

// grow returns a slice of n elements, in x's memory where that is enough.
func grow[T any](x []T, n int) []T {
	if cap(x) < n {
		return make([]T, n, n+n/4)
	}
	return x[:n]
}
