package server

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestUserIsExported(t *testing.T) {
	s, _ := withStore()
	w := ask(s, "GET", "/users/12/export", "")
	if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got != `{"profile":{},"records":[],"user_id":12}` {
		t.Errorf("%d %s", w.Code, got)
	}
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}
	checkProblem(t, ask(s, "GET", "/users/5000/export", ""), http.StatusNotFound)
}

// TestExportThatFailsIsNotTakenForWhole: the connection breaks off, so that
// the client sees an error and not the end of a document.
func TestExportThatFailsIsNotTakenForWhole(t *testing.T) {
	_, store := withStore()
	store.fail = errors.New("the disk broke")
	r := start(t, store, nil)
	response, err := http.Get(r.url + "/users/12/export")
	if err == nil {
		_, err = io.ReadAll(response.Body)
		response.Body.Close()
	}
	if err == nil {
		t.Error("the client saw a whole answer")
	}
}

func TestErasedUserIsAnsweredWithNothing(t *testing.T) {
	s, _ := withStore()
	if w := ask(s, "DELETE", "/users/12", ""); w.Code != http.StatusNoContent || w.Body.Len() > 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	checkProblem(t, ask(s, "DELETE", "/users/5000", ""), http.StatusNotFound)
}
