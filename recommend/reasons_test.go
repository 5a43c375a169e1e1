package recommend

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/reel"
)

// story is what the log tells of one user, read without the engine's help.
type story struct {
	follows map[reel.CreatorID]bool
	recent  []reel.Interaction
}

func storyOf(user reel.UserID) story {
	s := story{follows: map[reel.CreatorID]bool{}}
	for _, it := range tiny().Interactions {
		if it.User != user {
			continue
		}
		s.recent = append(s.recent, it)
		if it.Signals.Has(reel.Followed) {
			s.follows[it.Creator] = true
		}
	}
	s.recent = s.recent[max(0, len(s.recent)-reel.HistoryLen):]
	return s
}

func (s story) enjoyed(like func(reel.Interaction) bool) int {
	n := 0
	for _, it := range s.recent {
		if it.Positive() && like(it) {
			n++
		}
	}
	return n
}

// claims are the reasons that a reel may be given, by their wording.
var claims = map[string]*regexp.Regexp{
	"follows":  regexp.MustCompile(`^from creator (\d+), whom you follow$`),
	"creator":  regexp.MustCompile(`^from creator (\d+), of whom you lately enjoyed (\d+) reels?$`),
	"similar":  regexp.MustCompile(`^close to reel (\d+), which you lately enjoyed \(similarity (\d\.\d\d)\)$`),
	"category": regexp.MustCompile(`^you lately enjoyed (\d+) reels? about (.+)$`),
	"together": regexp.MustCompile(`^enjoyed together with what you lately enjoyed$`),
	"trending": regexp.MustCompile(`^trending$`),
	"new":      regexp.MustCompile(`^new: uploaded (\d+) (minute|hour|day)s? ago$`),
	"expected": regexp.MustCompile(`^expected: (\d+) % watched, (\d+\.\d) % chance of a like$`),
}

// claimed finds which claim a reason makes, and its parts.
func claimed(reason string) (string, []string) {
	for name, pattern := range claims {
		if m := pattern.FindStringSubmatch(reason); m != nil {
			return name, m[1:]
		}
	}
	return "", nil
}

func TestReasonsAreTrue(t *testing.T) {
	r, reels := fitted(t), reelByID()
	enjoyedByAnyone, fans := map[reel.ReelID]bool{}, map[reel.ReelID][]reel.UserID{}
	for _, it := range tiny().Interactions {
		if it.Positive() {
			enjoyedByAnyone[it.Reel] = true
			fans[it.Reel] = append(fans[it.Reel], it.User)
		}
	}
	_, now := tiny().Window()
	made := map[string]int{}
	for _, user := range append(users(tiny().Interactions), stranger) {
		of := storyOf(user)
		for _, item := range slate(t, r, Request{User: user, K: 20}).Items {
			given := map[string]bool{}
			for _, reason := range item.Reasons {
				name, parts := claimed(reason)
				given[name] = true
				made[name]++
				if fault := doubt(name, parts, item, of, reels[item.Reel], now); fault != "" {
					t.Errorf("user %d, reel %d: %q, but %s", user, item.Reel, reason, fault)
				}
				if name == "trending" && !enjoyedByAnyone[item.Reel] {
					t.Errorf("reel %d is called trending, and nobody enjoyed it", item.Reel)
				}
			}
			if given["together"] && of.enjoyed(func(it reel.Interaction) bool { return share(fans[it.Reel], fans[item.Reel]) }) == 0 {
				t.Errorf("user %d enjoyed nothing that anybody enjoyed together with reel %d", user, item.Reel)
			}
			if of.follows[item.Creator] != given["follows"] {
				t.Errorf("user %d follows creator %d: %t; reasons %q", user, item.Creator, of.follows[item.Creator], item.Reasons)
			}
		}
	}
	for name := range claims {
		if made[name] == 0 && !testing.Short() {
			t.Errorf("no reel of any slate claims %q: the test shows nothing of it", name)
		}
	}
}

// share tells whether a user is in both lists.
func share(a, b []reel.UserID) bool {
	return slices.ContainsFunc(a, func(user reel.UserID) bool { return slices.Contains(b, user) })
}

// doubt says what is wrong with a claim; empty where it is true.
func doubt(name string, parts []string, item Item, of story, r *reel.Reel, now int64) string {
	has := func(source string) bool { return slices.Contains(item.Sources, source) }
	switch name {
	case "follows":
		if !of.follows[item.Creator] || parts[0] != fmt.Sprint(item.Creator) {
			return fmt.Sprintf("they follow %v", of.follows)
		}
	case "creator":
		n := of.enjoyed(func(it reel.Interaction) bool { return it.Creator == item.Creator })
		if of.follows[item.Creator] || parts[0] != fmt.Sprint(item.Creator) || parts[1] != fmt.Sprint(n) {
			return fmt.Sprintf("they enjoyed %d reels of %d", n, item.Creator)
		}
	case "category":
		reels := reelByID()
		n := of.enjoyed(func(it reel.Interaction) bool { return reels[it.Reel].Category == item.Category })
		if parts[1] != item.Category || parts[0] != fmt.Sprint(n) {
			return fmt.Sprintf("they enjoyed %d reels about %q", n, item.Category)
		}
	case "similar":
		n := of.enjoyed(func(it reel.Interaction) bool { return fmt.Sprint(it.Reel) == parts[0] })
		if !has("similar") || n == 0 || parts[1] > "1.00" {
			return fmt.Sprintf("it was found by %v, they enjoyed that reel %d times, and no cosine is above 1", item.Sources, n)
		}
	case "together":
		if !has("cowatched") {
			return fmt.Sprintf("it was found by %v", item.Sources)
		}
	case "trending":
		if !has("trending") {
			return fmt.Sprintf("it was found by %v", item.Sources)
		}
	case "new":
		if age := now - r.Uploaded; !has("fresh") || age > int64(3600*brief().Retrieve.FreshHours) {
			return fmt.Sprintf("it was found by %v and is %d s old", item.Sources, age)
		}
	case "expected":
		want := fmt.Sprintf("[%.0f %.1f]", 100*item.Predictions[reel.HeadWatch], 100*item.Predictions[reel.HeadLike])
		if fmt.Sprint(parts) != want {
			return "the heads say " + want
		}
	default:
		return "no such claim is known"
	}
	return ""
}

func TestAgesAreSaidAsAPersonWould(t *testing.T) {
	for _, c := range []struct {
		seconds int64
		want    string
	}{{0, "0 minutes"}, {90, "1 minute"}, {7199, "119 minutes"}, {7200, "2 hours"}, {47*3600 + 59, "47 hours"}, {48 * 3600, "2 days"}, {30 * 86400, "30 days"}} {
		if got := age(c.seconds); got != c.want {
			t.Errorf("%d s: %q, want %q", c.seconds, got, c.want)
		}
	}
}
