package evaluate

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/reelrank/reelrank/reel"
)

var nan = math.NaN()

func TestAUCAgreesWithHandWorkedExamples(t *testing.T) {
	for _, c := range []struct {
		name   string
		scores []float64
		labels []bool
		want   float64
	}{
		{"perfect", []float64{0.1, 0.2, 0.8, 0.9}, []bool{false, false, true, true}, 1},
		{"reversed", []float64{0.9, 0.1}, []bool{false, true}, 0},
		{"3 of 4 pairs", []float64{0.1, 0.4, 0.35, 0.8}, []bool{false, false, true, true}, 0.75},
		{"all tied", []float64{1, 1, 1}, []bool{false, true, true}, 0.5},
		{"one tie of two pairs", []float64{0.5, 0.5, 0.2}, []bool{true, false, false}, 0.75},
		{"positives only", []float64{0.5, 0.6}, []bool{true, true}, nan},
		{"negatives only", []float64{0.5, 0.6}, []bool{false, false}, nan},
		{"no rows", nil, nil, nan},
		{"a score that is not a number", []float64{nan, 0.6}, []bool{false, true}, nan},
	} {
		near(t, c.name, AUC(c.scores, c.labels), c.want)
	}
}

func TestGAUCWeighsUsersByRowsAndSkipsThoseOfOneClass(t *testing.T) {
	users := []reel.UserID{1, 1, 2, 2, 2, 3, 3}
	scores := []float64{0.2, 0.9, 0.9, 0.5, 0.1, 0.3, 0.4}
	labels := []bool{false, true, false, true, false, true, true}
	got := GAUC(users, scores, labels) // user 1: AUC 1 of 2 rows; user 2: 1/2 of 3 rows; user 3: one class
	near(t, "value", got.Value, (2*1+3*0.5)/5.0)
	if got.Users != 2 || got.Skipped != 1 {
		t.Errorf("%d users count and %d are skipped, want 2 and 1", got.Users, got.Skipped)
	}
	near(t, "no user with both classes", GAUC([]reel.UserID{1, 2}, []float64{1, 2}, []bool{true, false}).Value, nan)
	near(t, "a score that is not a number", GAUC([]reel.UserID{1, 1, 2, 2}, []float64{1, nan, 1, 2}, []bool{true, false, false, true}).Value, nan)
}

func TestLogLossIsClipped(t *testing.T) {
	near(t, "two rows", LogLoss([]float64{0.8, 0.4}, []bool{true, false}), -(math.Log(0.8)+math.Log(0.6))/2)
	near(t, "certain and wrong", LogLoss([]float64{0}, []bool{true}), -math.Log(1e-7))
	near(t, "certain and right", LogLoss([]float64{1}, []bool{true}), -math.Log(1-1e-7))
	near(t, "no rows", LogLoss(nil, nil), nan)
	near(t, "constant", constantLogLoss([]bool{true, false, false, false}, ones(4)), -0.25*math.Log(0.25)-0.75*math.Log(0.75))
	near(t, "constant of one class", constantLogLoss([]bool{true}, ones(1)), 0)
	near(t, "constant of no rows", constantLogLoss(nil, nil), nan)
}

func TestECEComparesMeansWithinFifteenBins(t *testing.T) {
	// Bin 0 (0..1/15): predictions .02, .04 and outcomes 0, 1: gap |.03 - .5| of 2 rows.
	// Bin 14 (14/15..1): prediction 1 and outcome 1: no gap.
	near(t, "ECE", ECE([]float64{0.02, 0.04, 1}, []float64{0, 1, 1}), (2*0.47+0)/3)
	near(t, "right on average within a bin", ECE([]float64{0.5, 0.5}, []float64{0, 1}), 0)
	near(t, "no rows", ECE(nil, nil), nan)
	near(t, "not a number", ECE([]float64{nan}, []float64{1}), nan)
	bins := Reliability([]float64{-0.5, 0.02, 1.5}, []float64{0, 1, 1})
	if bins[0].Rows != 2 || bins[14].Rows != 1 {
		t.Errorf("predictions outside 0..1 do not fall into the outer bins: %v", bins)
	}
	near(t, "mean outcome", bins[0].Actual, 0.5)
}

func TestRegressionMetricsAgreeWithHandWorkedExamples(t *testing.T) {
	near(t, "MAE", MAE([]float64{0.5, 1, 0}, []float64{0, 1, 0.25}), 0.25)
	near(t, "MAE of no rows", MAE(nil, nil), nan)
	near(t, "MAE of the median", constantMAE(rank([]float64{0, 1, 0.5}), []float64{0, 1, 0.5}, ones(3)), 1.0/3)
	near(t, "MAE of the median of no rows", constantMAE(rank(nil), nil, nil), nan)

	// Actual 1 < 2 < 3 with predictions .1, .3, .2: pairs (1,2) and (1,3) right, (2,3) wrong.
	near(t, "XAUC", XAUC([]float64{0.1, 0.3, 0.2}, []float64{1, 2, 3}), 2.0/3)
	// Actual 1, 2, 2, 4 and predictions .2, .2, .5, .3: of the five pairs (1,2a) is tied,
	// (1,2b), (1,4) and (2a,4) are right, (2b,4) is wrong; (2a,2b) is none.
	near(t, "XAUC with ties on both sides", XAUC([]float64{0.2, 0.2, 0.5, 0.3}, []float64{1, 2, 2, 4}), 3.5/5)
	near(t, "XAUC of tied predictions", XAUC([]float64{1, 1}, []float64{1, 2}), 0.5)
	near(t, "XAUC leaves out tied outcomes", XAUC([]float64{0.9, 0.1, 1}, []float64{1, 1, 2}), 1)
	near(t, "XAUC of one outcome", XAUC([]float64{0.9, 0.1}, []float64{1, 1}), nan)
	near(t, "XAUC of no rows", XAUC(nil, nil), nan)
	near(t, "XAUC of what is not a number", XAUC([]float64{nan, 1}, []float64{1, 2}), nan)

	near(t, "Spearman of one order", Spearman([]float64{1, 5, 9}, []float64{0.1, 0.2, 10}), 1)
	near(t, "Spearman of opposite orders", Spearman([]float64{3, 2, 1}, []float64{1, 2, 3}), -1)
	// Ranks 1, 2.5, 2.5 against 1, 2, 3: cov 1.5 / sqrt(1.5 * 2).
	near(t, "Spearman with a tie", Spearman([]float64{1, 2, 2}, []float64{1, 2, 3}), 1.5/math.Sqrt(3))
	// Ranks 1, 2.5, 2.5, 4 against 2.5, 1, 2.5, 4, less 2.5 each: -1.5, 0, 0, 1.5 and
	// 0, -1.5, 0, 1.5, so 2.25 / sqrt(4.5 * 4.5).
	near(t, "Spearman with ties on both sides", Spearman([]float64{1, 2, 2, 3}, []float64{5, 4, 5, 6}), 0.5)
	near(t, "Spearman of a constant", Spearman([]float64{1, 1}, []float64{1, 2}), nan)
	near(t, "Spearman of no rows", Spearman(nil, nil), nan)
}

// drawRows draws few distinct values, so that ties are common.
func drawRows(t *rapid.T) (predicted, actual []float64, labels []bool) {
	n := rapid.IntRange(1, 25).Draw(t, "rows")
	for range n {
		predicted = append(predicted, float64(rapid.IntRange(0, 6).Draw(t, "predicted"))/6)
		a := float64(rapid.IntRange(0, 4).Draw(t, "actual")) / 4
		actual, labels = append(actual, a), append(labels, a >= 0.5)
	}
	return predicted, actual, labels
}

func TestAUCAndXAUCEqualTheCountOverAllPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		predicted, actual, labels := drawRows(t)
		var auc, aucPairs, xauc, xaucPairs float64
		for i := range predicted {
			for j := range predicted {
				order := 0.5
				if predicted[i] != predicted[j] {
					order = map[bool]float64{true: 1, false: 0}[predicted[i] > predicted[j]]
				}
				if labels[i] && !labels[j] {
					auc, aucPairs = auc+order, aucPairs+1
				}
				if actual[i] > actual[j] {
					xauc, xaucPairs = xauc+order, xaucPairs+1
				}
			}
		}
		for name, pair := range map[string][2]float64{
			"AUC": {AUC(predicted, labels), auc / aucPairs}, "XAUC": {XAUC(predicted, actual), xauc / xaucPairs},
		} {
			got, want := pair[0], pair[1]
			if math.IsNaN(got) != math.IsNaN(want) || math.Abs(got-want) > 1e-12 {
				t.Errorf("%s = %v, all pairs give %v", name, got, want)
			}
		}
	})
}

func TestHeadMetricsLieWithinTheirRanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		predicted, actual, labels := drawRows(t)
		for name, v := range map[string]float64{
			"AUC": AUC(predicted, labels), "XAUC": XAUC(predicted, actual), "ECE": ECE(predicted, actual),
			"MAE": MAE(predicted, actual), "|Spearman|": math.Abs(Spearman(predicted, actual)),
		} {
			if v < 0 || v > 1+1e-12 {
				t.Errorf("%s = %v, outside 0..1", name, v)
			}
		}
		if ll, best := LogLoss(predicted, labels), constantLogLoss(labels, ones(len(labels))); ll < 0 || best < 0 {
			t.Errorf("log loss %v, of a constant %v: negative", ll, best)
		}
	})
}

func TestWeightsEqualRepeatedRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		predicted, actual, labels := drawRows(t)
		n := len(predicted)
		w := make([]float64, n)
		var p, a []float64
		var l []bool
		for i := range w {
			times := rapid.IntRange(0, 3).Draw(t, "times")
			w[i] = float64(times)
			for range times {
				p, a, l = append(p, predicted[i]), append(a, actual[i]), append(l, labels[i])
			}
		}
		rp, ra := rank(predicted), rank(actual)
		for name, pair := range map[string][2]float64{
			"AUC":          {weightedAUC(rp.order, predicted, labels, w), AUC(p, l)},
			"log loss":     {weightedLogLoss(predicted, labels, w), LogLoss(p, l)},
			"constant":     {constantLogLoss(labels, w), constantLogLoss(l, ones(len(l)))},
			"ECE":          {weightedECE(predicted, actual, w), ECE(p, a)},
			"MAE":          {weightedMAE(predicted, actual, w), MAE(p, a)},
			"constant MAE": {constantMAE(ra, actual, w), constantMAE(rank(a), a, ones(len(a)))},
			"XAUC":         {weightedXAUC(rp, ra, w, make([]float64, rp.distinct+1)), XAUC(p, a)},
			"Spearman":     {weightedSpearman(rp, ra, w, make([]float64, n), make([]float64, n)), Spearman(p, a)},
		} {
			if math.IsNaN(pair[0]) != math.IsNaN(pair[1]) || math.Abs(pair[0]-pair[1]) > 1e-9 {
				t.Errorf("%s: weighted %v, repeated %v", name, pair[0], pair[1])
			}
		}
	})
}

func TestAUCOverAllOrdersOfTheLabelsIsOneHalf(t *testing.T) {
	scores := []float64{0.1, 0.4, 0.4, 0.6, 0.9}
	sum, orders := 0.0, 0.0
	for i := range scores {
		for j := range i {
			labels := make([]bool, len(scores))
			labels[i], labels[j] = true, true
			sum, orders = sum+AUC(scores, labels), orders+1
		}
	}
	near(t, "mean AUC", sum/orders, 0.5)
}

func TestGAUCOfShuffledLabelsIsOneHalfWithinEveryUser(t *testing.T) {
	// Each user's scores lie apart from the others', which lifts AUC where users
	// differ in their rates, but not GAUC.
	var users []reel.UserID
	var scores []float64
	var labels []bool
	rng := rand.New(rand.NewPCG(13, 14))
	for u := range 200 {
		for range 50 {
			users = append(users, reel.UserID(u))
			scores = append(scores, float64(u)+rng.Float64())
			labels = append(labels, rng.Float64() < float64(u+1)/201)
		}
	}
	if auc := AUC(scores, labels); auc < 0.8 {
		t.Errorf("AUC = %v: users with more positives have the higher scores", auc)
	}
	if gauc := GAUC(users, scores, labels).Value; math.Abs(gauc-0.5) > 0.02 { // 3 standard errors
		t.Errorf("GAUC = %v, want one half", gauc)
	}
}

func TestShuffledLabelsGiveAnAUCOfOneHalf(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	n := 20_000
	scores, labels := make([]float64, n), make([]bool, n)
	for i := range scores {
		scores[i], labels[i] = rng.Float64(), rng.Float64() < 0.1
	}
	if auc := AUC(scores, labels); math.Abs(auc-0.5) > 0.02 { // 3 standard errors of 2,000 positives
		t.Errorf("AUC = %v", auc)
	}
}

// headSamples are 40 users' exposures whose watch time and likes follow the
// predictions, with shares never observed and no follow at all.
func headSamples() []HeadSample {
	rng := rand.New(rand.NewPCG(5, 6))
	var samples []HeadSample
	for i := range 800 {
		p := rng.Float64()
		s := HeadSample{
			User: reel.UserID(i % 40), Predicted: reel.Predictions{float32(p), float32(p), 0.5, 0.01},
			Actual: Outcome{Watch: reel.WatchTime(min(1, max(0, p+0.2*rng.NormFloat64()))), Observed: reel.Liked | reel.Followed},
		}
		if i%4 != 0 {
			s.Actual.Observed |= reel.Watched
		}
		if rng.Float64() < p {
			s.Actual.Signals |= reel.Liked
		}
		samples = append(samples, s)
	}
	return samples
}

func TestHeadsMeasureOnlyWhatIsObserved(t *testing.T) {
	rows := Heads(headSamples(), Options{Bootstrap: 100, Seed: 1})
	if len(rows) != reel.NumHeads {
		t.Fatalf("%d rows, want one per head", len(rows))
	}
	watch, like, share, follow := rows[0], rows[1], rows[2], rows[3]
	if watch.Rows != 600 || like.Rows != 800 || share.Rows != 0 {
		t.Errorf("rows: watch %d, like %d, share %d; want 600, 800, 0", watch.Rows, like.Rows, share.Rows)
	}
	if e := share.Metrics[MetricAUC]; e.String() != "n/a" {
		t.Errorf("AUC of a head that nothing observes is %s", e)
	}
	if e := follow.Metrics[MetricAUC]; e.String() != "n/a" || follow.Positives != 0 || follow.GAUCSkipped != 40 {
		t.Errorf("follow without a positive: AUC %s, %d positives, %d users skipped", e, follow.Positives, follow.GAUCSkipped)
	}
	if e := like.Metrics[MetricAUC]; !(e.Lo < e.Value && e.Value < e.Hi) || e.Value < 0.75 {
		t.Errorf("AUC of like is %s", e)
	}
	if e := watch.Metrics[MetricXAUC]; !(e.Lo < e.Value && e.Value < e.Hi) || e.Value < 0.7 {
		t.Errorf("XAUC of watch time is %s", e)
	}
	if mae, constant := watch.Metrics[MetricMAE], watch.Metrics[MetricConstantMAE]; mae.Value >= constant.Value {
		t.Errorf("MAE %s is not below the constant's %s", mae, constant)
	}
	if ece := like.Metrics[MetricECE].Value; ece > 0.1 {
		t.Errorf("ECE of calibrated likes is %v", ece)
	}
}

func TestHeadIntervalsDoNotDependOnTheThreads(t *testing.T) {
	one := Heads(headSamples(), Options{Bootstrap: 100, Seed: 1, Threads: 1})
	four := Heads(headSamples(), Options{Bootstrap: 100, Seed: 1, Threads: 4})
	for h := range one {
		for _, name := range one[h].Names {
			a, b := one[h].Metrics[name], four[h].Metrics[name]
			if a.String() != b.String() {
				t.Errorf("%s of %s: %s with one thread, %s with four", name, one[h].Head, a, b)
			}
		}
		if !reflect.DeepEqual(one[h].Reliability, four[h].Reliability) {
			t.Errorf("reliability of %s differs", one[h].Head)
		}
	}
}

func TestHeadResamplesAreBoundedByTheRows(t *testing.T) {
	for _, c := range []struct{ wanted, rows, want int }{
		{1000, 1000, 200}, {50, 1000, 50}, {1000, 80_000, 125}, {1000, 10_000_000, 100}, {1000, 0, 200},
	} {
		if got := headResamples(c.wanted, c.rows); got != c.want {
			t.Errorf("%d wanted over %d rows: %d, want %d", c.wanted, c.rows, got, c.want)
		}
	}
}

// A head that is not one of the model's is measured by the same definitions.
func TestHeadsOfOthersAreMeasuredAlike(t *testing.T) {
	users := []reel.UserID{1, 1, 2, 2, 2, 3, 3}
	p := []float64{0.2, 0.9, 0.9, 0.5, 0.1, 0.3, 0.4}
	labels := []bool{false, true, false, true, false, true, true}
	row := BinaryHead("click", users, p, labels, Options{Bootstrap: 20, Seed: 1})
	if row.Head != "click" || row.Rows != 7 || row.Positives != 4 || row.Users != 3 || row.GAUCUsers != 2 || row.Resamples != 20 {
		t.Errorf("got %+v", row)
	}
	actual := []float64{0, 1, 0, 1, 0, 1, 1}
	for name, want := range map[string]float64{
		MetricAUC: AUC(p, labels), MetricGAUC: GAUC(users, p, labels).Value, MetricLogLoss: LogLoss(p, labels), MetricECE: ECE(p, actual),
	} {
		near(t, name, row.Metrics[name].Value, want)
	}

	predicted, seconds := []float64{3, 1, 4, 1, 5, 9, 2}, []float64{30, 10, 4, 12, 50, 80, 2}
	row = ValueHead("seconds", users, predicted, seconds, Options{Bootstrap: 20, Seed: 1})
	for name, want := range map[string]float64{MetricMAE: MAE(predicted, seconds), MetricXAUC: XAUC(predicted, seconds), MetricSpearman: Spearman(predicted, seconds)} {
		near(t, name, row.Metrics[name].Value, want)
	}
	if _, is := row.Metrics[MetricECE]; is || row.Reliability != nil {
		t.Error("seconds have a calibration of shares")
	}
}
