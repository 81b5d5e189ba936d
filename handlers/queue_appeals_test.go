package handlers

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"imdesk/auth"
)

// TestAppealByProgram: a user's appeal is a case of its own, and not for who decided the first one while a colleague may.
func TestAppealByProgram(t *testing.T) {
	t.Parallel()
	h := queueRoom(t, time.Millisecond)
	h.carryOut()
	token := h.token(auth.Lead, withVerbs(auth.NewToken{}, auth.VerbReport))
	appeal := func(body string, status int) *answer {
		t.Helper()
		return token.ask(post, "/api/v1/apps/demo/appeals", body).is(status)
	}
	appeal(`{"user":"cy","text":"why?"}`, 404)
	appeal(`{"user":"cy","text":" "}`, 400)
	appeal(`{"text":"why?"}`, 400)
	id := h.flag("3", "cy", "加V信 hx88291", 90)
	m := h.as(auth.Moderator)
	m.post(caseURL(id, "decide"), url.Values{"macro": {"recall_mute"}}).is(303)
	h.settled(id)
	appeal(fmt.Sprintf(`{"user":"bob","case":%d,"text":"not mine"}`, id), 404)
	a := appeal(`{"user":"cy","text":"it was a joke"}`, 200)
	if want := fmt.Sprintf(`{"case":%d}`, id+1); a.body != want && a.body != want+"\n" {
		t.Errorf("got %s, want %s", a.body, want)
	}
	m.get("/queue").is(200).has(fmt.Sprintf("Appeal against case %d", id), "it was a joke").marked("You made the verdict that this is against: a colleague decides.")
	m.post(caseURL(id+1, "decide"), url.Values{"macro": {"none"}}).is(400)
	h.as(auth.Lead).post(caseURL(id+1, "decide"), url.Values{"macro": {"none"}}).is(303)
}
