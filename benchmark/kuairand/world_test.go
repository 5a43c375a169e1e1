package kuairand

import (
	"context"
	"math/rand/v2"
	"testing"
)

// world is a small made-up log whose outcomes have something to learn: users
// and videos have their own rates. Several rows share a time.
func world(seed uint64, rows int) *Log {
	rng := rand.New(rand.NewPCG(seed, 0x30a1d))
	l := &Log{Past: map[int32]*Past{}, Videos: map[int32]*Video{}, Users: map[int32]*User{}, labels: map[string]int32{}}
	const users, videos = 40, 60
	var kind [users]float64
	var appeal [videos]float64
	for v := range int32(videos) {
		appeal[v] = rng.NormFloat64()
		l.Videos[v] = &Video{Author: v / 3, Music: v, Kind: hash("Web"), Tags: []int32{v % 7}, Uploaded: -int(v), Duration: 5 + 60*rng.Float64(), Portrait: 1.8}
	}
	for u := range int32(users) {
		kind[u] = rng.NormFloat64()
		user := &User{Numbers: make([]float32, len(userNumbers)), Groups: make([]int32, len(userGroups))}
		user.Groups[0] = u % 3
		user.Labels = append(user.Labels, l.label("active="+string(rune('a'+u%3))))
		l.Users[u] = user
		p := &Past{Last: firstTime - 1, Len: 10}
		for range 10 {
			v := rng.Int32N(videos)
			p.Video = append(p.Video, v)
			p.Long = append(p.Long, rng.NormFloat64() < kind[u]+appeal[v])
			p.Liked = append(p.Liked, rng.IntN(9) == 0)
		}
		if u%5 > 0 { // some have no past
			l.Past[u] = p
		}
	}
	start := 0
	for i := range rows {
		day := i * numDays / rows
		if i > 0 && day != l.Rows[i-1].Day {
			start = i
		}
		u, v := rng.Int32N(users), rng.Int32N(videos)
		e := Exposure{
			User: u, Video: v, Author: v / 3, Tags: []int32{v % 7}, Tab: rng.Int32N(3), Day: day, Hour: (i - start) / 120 % 24,
			Time: firstTime + int64(day)*24*hour + int64((i-start)/2)*60_000, Duration: l.Videos[v].Duration,
		}
		chance := float64(sigmoid(float32(1.5 * (kind[u] + appeal[v]))))
		for s := range e.Is {
			e.Is[s] = rng.Float64() < chance
		}
		e.Play = e.Duration * rng.Float64()
		if e.Is[LongView] {
			e.Play = e.Duration
		}
		l.Rows = append(l.Rows, e)
	}
	return l
}

// firstTime is the start of 25 April 2022, China time, in unix milliseconds.
const (
	firstTime = 1_650_816_000_000
	numDays   = 14
)

func stream(t *testing.T, l *Log) *Features {
	t.Helper()
	f, err := Stream(context.Background(), l, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func quiet(string, int, int) {}
