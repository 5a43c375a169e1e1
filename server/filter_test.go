package server

import (
	"context"
	"net/http"
	"reflect"
	"testing"

	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
)

func TestFilterReachesTheEngine(t *testing.T) {
	const filter = `{"languages":["pt","es"],"regions":["BR"],"categories":["dance"],"exclude_categories":["politics"],"viewer_age":16,"blocked_creators":[7,"9007199254740993"]}`
	whole := recommend.Filter{
		Languages: []string{"pt", "es"}, Regions: []string{"BR"}, Categories: []string{"dance"},
		ExcludedCategories: []string{"politics"}, ViewerAge: 16, BlockedCreators: []reel.CreatorID{7, 9_007_199_254_740_993},
	}
	for _, c := range []struct {
		path, body string
		want       recommend.Filter
	}{
		{"/recommend", `{"user_id":1,"filter":` + filter + `}`, whole},
		{"/batch/recommend", `{"requests":[{"user_id":1,"filter":` + filter + `}]}`, whole},
		{"/recommend", `{"user_id":1}`, recommend.Filter{}},
	} {
		var got recommend.Filter
		s := ready()
		s.SetEngine(&fakeEngine{onRecommend: func(_ context.Context, r recommend.Request) error {
			got = r.Filter
			return nil
		}})
		if w := ask(s, "POST", c.path, c.body); w.Code != http.StatusOK {
			t.Errorf("%s %s: status %d: %s", c.path, c.body, w.Code, w.Body)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %s: the filter is %+v, want %+v", c.path, c.body, got, c.want)
		}
	}
}
