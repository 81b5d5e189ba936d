package handlers

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"imdesk/auth"
)

// TestNumbers: what moderators did is counted by source, time, kind, rule and operator, and a reversal is counted for whom it concerns.
func TestNumbers(t *testing.T) {
	t.Parallel()
	h := queueRoom(t, time.Millisecond)
	h.carryOut()
	b, m := h.as(auth.Lead), h.as(auth.Moderator)
	b.get(numbersURL).is(200).has("Cases by source", "No verdicts in these days")
	h.flag("2", "bob", "hi there", 20) // stays open
	id := h.flag("3", "cy", "加V信 hx88291", 90)
	h.advance(10 * time.Minute)
	m.post(caseURL(id, "decide"), url.Values{"macro": {"recall_mute"}}).is(303)
	v, _ := h.settled(id)
	page := b.get(numbersURL + "?days=7").is(200)
	page.has("2 came", "1 wait now", "1 decided", "3 in force by verdicts", "contact 1 0 0%", "op_moderator 1 0 0%", "up to 15 minutes 1", "Cases by source: 2 in 7 days")
	page.marked(`href="/queue/numbers/csv?days=7"`)
	b.part(numbersURL + "?days=90").is(200).has("2 came")
	m.post(verdictURL(v.ID, "/reverse"), url.Values{}).is(303)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		page = b.get(numbersURL)
		if strings.Contains(page.text(), "op_moderator 1 1 100%") && strings.Contains(page.text(), "contact 1 1 100%") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the reversal is not counted: %s", page.text())
		}
	}
	csv := b.get(numbersURL + "/csv?days=30").is(200).body
	for _, want := range []string{"opened,rule,2", "time,900,1", "by,op_moderator,1", "rule,contact,1", "reversed_by,op_moderator,1", "reversed_rule,contact,1", "sanction,mute,1"} {
		if !strings.Contains(csv, want) {
			t.Errorf("%q is not in\n%s", want, csv)
		}
	}
	b.get(numbersURL + "?app=study").is(200).has("No verdicts in these days")
	b.get(numbersURL + "?days=9999999").is(200).has("in 30 days")
	m.get(numbersURL).is(403)
}
