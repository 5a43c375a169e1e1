package evaluate

import (
	"cmp"
	"math"
	"slices"

	"github.com/reelrank/reelrank/reel"
)

// AUC is the area under the ROC curve: the chance that a positive row scores
// above a negative one, ties counting half. It is NaN where the labels are of
// one class, and where a score is NaN.
func AUC(scores []float64, labels []bool) float64 {
	return weightedAUC(ascending(scores), scores, labels, ones(len(scores)))
}

// weightedAUC is AUC where row i counts w[i] times. The order lists the rows
// by ascending score; nil stands for scores that cannot be ordered.
func weightedAUC(order []int32, scores []float64, labels []bool, w []float64) float64 {
	var below, positives, area float64 // negatives below the present tie
	for at := 0; at < len(order); {
		end := at
		var tiedPositives, tiedNegatives float64
		for ; end < len(order) && scores[order[end]] == scores[order[at]]; end++ {
			if i := order[end]; labels[i] {
				tiedPositives += w[i]
			} else {
				tiedNegatives += w[i]
			}
		}
		area += tiedPositives * (below + tiedNegatives/2)
		below += tiedNegatives
		positives += tiedPositives
		at = end
	}
	if positives == 0 || below == 0 {
		return math.NaN()
	}
	return area / (positives * below)
}

// GroupedAUC is what GAUC returns.
type GroupedAUC struct {
	Value   float64 // NaN where no user counts
	Users   int     // users with both classes, who count
	Skipped int     // users with one class alone, who cannot
}

// GAUC is the mean of the users' own AUCs, each weighted by the user's rows
// (Zhu et al., "Optimized Cost per Click in Taobao Display Advertising",
// 2017). Users whose labels are of one class are skipped. A score that is NaN
// makes it NaN, as it does AUC.
func GAUC(users []reel.UserID, scores []float64, labels []bool) GroupedAUC {
	dense, n := denseUsers(users)
	groups := userAUCs(dense, n, scores, labels)
	result := GroupedAUC{Value: weightedGAUC(groups, ones(n))}
	for _, g := range groups {
		if math.IsNaN(g.auc) {
			result.Skipped++
		} else {
			result.Users++
		}
	}
	return result
}

// userAUC is the share of one user in GAUC.
type userAUC struct {
	auc    float64 // NaN for a skipped user
	rows   float64
	broken bool // a score is NaN
}

// userAUCs returns the AUC of each dense user 0..n-1.
func userAUCs(users []int32, n int, scores []float64, labels []bool) []userAUC {
	rows := make([][]int32, n)
	for i, u := range users {
		rows[u] = append(rows[u], int32(i))
	}
	groups := make([]userAUC, n)
	for u, own := range rows {
		s, l := make([]float64, len(own)), make([]bool, len(own))
		for at, i := range own {
			s[at], l[at] = scores[i], labels[i]
		}
		groups[u] = userAUC{AUC(s, l), float64(len(own)), slices.ContainsFunc(s, math.IsNaN)}
	}
	return groups
}

// weightedGAUC is GAUC where user u counts w[u] times.
func weightedGAUC(groups []userAUC, w []float64) float64 {
	var sum, rows float64
	for u, g := range groups {
		if math.IsNaN(g.auc) && !g.broken {
			continue
		}
		sum += w[u] * g.rows * g.auc
		rows += w[u] * g.rows
	}
	return sum / rows // 0/0 is NaN, as it should be
}

// denseUsers numbers users 0..n-1 in the order of their first row.
func denseUsers(users []reel.UserID) (dense []int32, n int) {
	index := make(map[reel.UserID]int32)
	dense = make([]int32, len(users))
	for i, user := range users {
		u, ok := index[user]
		if !ok {
			u = int32(len(index))
			index[user] = u
		}
		dense[i] = u
	}
	return dense, len(index)
}

// ascending lists the positions of values by ascending value, ties by
// position; nil if a value is NaN.
func ascending(values []float64) []int32 {
	order := make([]int32, len(values))
	for i, v := range values {
		if math.IsNaN(v) {
			return nil
		}
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(values[a], values[b]), cmp.Compare(a, b))
	})
	return order
}

// ones is n weights of 1.
func ones(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 1
	}
	return w
}
