package handlers

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/store"
)

const directPage = "/apps/demo/direct"

// talk is a console with two users who have said n things to each other in turn, one a minute.
func talk(t testing.TB, n int) *harness {
	h := newHarness(t)
	h.newUsers("ann:Ann", "bob:Bob", "cy:Cy")
	start := h.now().Add(-time.Duration(n) * time.Minute)
	for i := range n {
		from, to := "ann", "bob"
		if i%2 == 1 {
			from, to = to, from
		}
		h.tellAt(from, to, fmt.Sprintf("word %d", i+1), start.Add(time.Duration(i)*time.Minute))
	}
	return h
}

// tellAt imports a direct message.
func (h *harness) tellAt(from, to, what string, at time.Time) {
	h.t.Helper()
	h.must("openim/importmsg", map[string]any{
		"SyncFromOldSystem": 5, "From_Account": from, "To_Account": to, "MsgRandom": h.made.Add(1), "MsgTimeStamp": at.Unix(), "MsgBody": text(what),
	})
}

// tell says something in a direct chat and returns it as forms name it.
func (h *harness) tell(from, to, what string, extensible bool) messageRef {
	h.t.Helper()
	sent, err := h.app.IM.Messages.Send(context.Background(), imclient.Conversation{User: from, Peer: to}, imclient.Draft{
		Body: []imclient.Element{imclient.Text{Text: what}}, Extensible: extensible,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.advance(time.Second)
	return messageRef{sent.Seq, sent.ID, from}
}

// opened gives the browser leave to read the chat of ann and bob.
func (b *browser) opened(users ...string) *browser {
	b.t.Helper()
	if users == nil {
		users = []string{"ann", "bob"}
	}
	b.post(directPage+"/open", url.Values{"user": {users[0]}, "peer": {users[1]}, "reason": {"report 17"}}).is(http.StatusSeeOther)
	return b
}

// words are what was said on a page, in its order.
func (a *answer) said() []string {
	var list []string
	for _, m := range regexp.MustCompile(`word \d+`).FindAllString(a.body, -1) {
		if len(list) == 0 || list[len(list)-1] != m {
			list = append(list, m)
		}
	}
	return list
}

func wordsUpTo(first, last int) []string {
	var list []string
	for n := first; n <= last; n++ {
		list = append(list, fmt.Sprintf("word %d", n))
	}
	return list
}

// TestDirectNeedsAReason: without one the service is not asked for anything, whoever asks and whatever for.
func TestDirectNeedsAReason(t *testing.T) {
	t.Parallel()
	h := talk(t, 3)
	h.newGroup("Public", "g1", "A group", "ann")
	ref := h.tell("ann", "bob", "private", true).String()
	b := h.as(auth.Owner)
	before, entries := h.im.Calls(""), h.state()["audit entries"]
	quiet := func(what string) {
		t.Helper()
		if n := h.im.Calls("") - before; n != 0 {
			t.Fatalf("%s: %d calls: %v", what, n, h.calls())
		}
	}
	const pair = "?user=ann&peer=bob"
	b.get(directPage+pair).is(200).has("Why do you open this chat?", "15 minutes", "ann", "bob").lacks("word 1", "word 3", "private")
	quiet("the page")
	b.part(directPage + pair + "&from=1.1.1")
	b.get(directPage + pair + "&seq=1.1.1&q=x")
	quiet("parts of it")
	for _, sheet := range []string{"recall", "edit", "extensions", "read", "hide", "send"} {
		a := b.get(directPage + "/" + sheet + pair + "&m=" + url.QueryEscape(ref)).is(http.StatusSeeOther)
		if a.location() != directPage+pair {
			t.Errorf("%s leads to %s", sheet, a.location())
		}
		a = b.post(directPage+"/"+sheet, url.Values{
			"user": {"ann"}, "peer": {"bob"}, "m": {ref}, "for": {"ann"}, "reason": {"x"}, "text": {"x"}, "from": {"user"}, "confirmed": {"ann"}, "clear": {"1"},
		}).is(http.StatusConflict).has("The time to read this chat is over.", "Nothing was changed")
		if !strings.Contains(a.body, html.EscapeString(directPage+pair)) {
			t.Errorf("%s: nothing leads to where it is opened", sheet)
		}
		if !strings.Contains(a.body, `name="text" value="x"`) || !strings.Contains(a.body, `action="`+directPage+"/"+sheet+`"`) {
			t.Errorf("%s: what was typed is lost", sheet)
		}
		quiet(sheet)
	}
	// A reason that is none.
	for _, reason := range []string{"", "  \n", strings.Repeat("x", 1001), "a\x00b"} {
		b.post(directPage+"/open", url.Values{"user": {"ann"}, "peer": {"bob"}, "reason": {reason}}).is(http.StatusUnprocessableEntity).has("Why do you open")
	}
	if n := h.state()["audit entries"] - entries; n != 0 {
		t.Errorf("%d entries", n)
	}
	quiet("a reason that is none")

	// With one, it is recorded before anything is read, and then the chat is there.
	a := b.post(directPage+"/open", url.Values{"user": {"ann"}, "peer": {"bob"}, "reason": {"report 17"}, "to": {directPage + pair + "&q=word"}}).is(http.StatusSeeOther)
	quiet("the reason itself")
	if a.location() != directPage+pair+"&q=word" {
		t.Errorf("leads to %s", a.location())
	}
	b.get(directPage+pair).is(200).has("Ann", "Bob", "word 1", "word 3", "private", "report 17", "Open to you,", "Give a reason again")
	b.get(directPage+"?user=bob&peer=ann").is(200).has("word 1", "As Bob sees it")
	e, err := h.store.Audit.List(context.Background(), store.AuditFilter{App: testApp, User: "bob", Action: "direct.view"}, 0, 5)
	if err != nil || len(e) != 1 || e[0].Reason != "report 17" || e[0].State != store.AuditOK || !slices.Equal(e[0].Users, []string{"ann", "bob"}) {
		t.Errorf("recorded %+v %v", e, err)
	}

	// It is for this chat, this operator and this quarter of an hour.
	for name, a := range map[string]*answer{
		"another chat": b.get(directPage + "?user=ann&peer=cy"), "another operator": h.as(auth.Lead).get(directPage + pair),
	} {
		a.is(200).has("Why do you open this chat?").lacks("word 1")
		if t.Failed() {
			t.Fatal(name)
		}
	}
	h.advance(permitTime - time.Minute)
	b.get(directPage + pair).is(200).has("word 1")
	b.post(directPage+"/open", url.Values{"user": {"bob"}, "peer": {"ann"}, "reason": {"still report 17"}}).is(http.StatusSeeOther)
	h.advance(2 * time.Minute)
	b.get(directPage+pair).is(200).has("word 1", "still report 17")
	h.advance(permitTime)
	before = h.im.Calls("")
	b.get(directPage + pair).is(200).has("Why do you open this chat?").lacks("word 1")
	quiet("after its time")
}

// What is not in the log as done gives no leave: an entry that has no outcome, or of another app.
func TestPermitIsTheEntry(t *testing.T) {
	t.Parallel()
	h := talk(t, 1)
	b := h.as(auth.Support)
	for name, change := range map[string]func(*store.AuditEntry){
		"another app":   func(e *store.AuditEntry) { e.App = "other" },
		"another verb":  func(e *store.AuditEntry) { e.Action = "direct.send" },
		"three of them": func(e *store.AuditEntry) { e.Users = append(e.Users, "cy") },
		"one alone":     func(e *store.AuditEntry) { e.Users = e.Users[:1] },
		"unfinished":    nil,
	} {
		e := store.AuditEntry{At: h.now(), OperatorID: h.operator(auth.Support), App: testApp, Action: "direct.view", Users: []string{"ann", "bob"}, Reason: "x"}
		if change != nil {
			change(&e)
		}
		id, err := h.store.Audit.Begin(context.Background(), e)
		check(t, err)
		if change != nil {
			check(t, h.store.Audit.Finish(context.Background(), id, store.AuditOutcome{At: h.now(), State: store.AuditOK}))
		}
		b.get(directPage + "?user=ann&peer=bob").is(200).has("Why do you open this chat?")
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestDirectFind(t *testing.T) {
	t.Parallel()
	h := talk(t, 1)
	b := h.as(auth.Support)
	b.get(directPage).is(200).has("User ID of the other one", "You have opened none yet.")
	b.opened()
	h.as(auth.Lead).opened("ann", "cy")
	b.get(directPage).is(200).has("Ann", "Bob", "report 17").lacks("Cy")
	for query, want := range map[string]string{
		"?user=ann&peer=": "This is needed.", "?user=&peer=": "This is needed.", "?peer=ann": "This is needed.",
		"?user=ann&peer=ann": "A direct chat needs two different users.", "?user=ann&peer=" + strings.Repeat("x", 3000): "bytes are too long",
		"?user=ann&peer=%00": "cannot be an ID", "?user=ann&peer=%ff": "cannot be an ID", "?user=a%0Ab&peer=x": "cannot be an ID",
	} {
		b.get(directPage + query).is(http.StatusNotFound).has(want)
		b.get(directPage + "/open" + query).is(http.StatusNotFound).has(want)
	}
	hostile := url.Values{"user": {`"><script>`}, "peer": {"' OR 1=1 --/../#?"}}
	b.get(directPage + "?" + hostile.Encode()).is(200).has("Why do you open this chat?")
	b.opened(hostile.Get("user"), hostile.Get("peer"))
	a := b.get(directPage + "?" + hostile.Encode())
	if a.status >= 500 {
		t.Errorf("status %d", a.status)
	}
	if strings.Contains(a.body, "<script>\"") {
		t.Error("an id is markup")
	}
}

// TestDirectBothWays reads a whole chat towards the past and back.
func TestDirectBothWays(t *testing.T) {
	t.Parallel()
	const n = 95
	h := talk(t, n)
	begun := h.now() // the talk ends about now; a slow machine comes to the end of this test minutes of the talk later
	b := h.as(auth.Support).opened()
	all := wordsUpTo(1, n)
	for name, open := range map[string]func(string) *answer{"links": b.get, "scrolling": b.part} {
		page := b.get(directPage + "?user=ann&peer=bob").is(200).has("Up to date")
		got := page.said()
		at := page.more("Older messages")
		for range 20 {
			if at == "" {
				break
			}
			a := open(at).is(200)
			got = append(a.said(), got...)
			at = a.more("Older messages")
		}
		if !slices.Equal(got, all) {
			t.Fatalf("%s, towards the past: %v", name, got)
		}
	}
	// To a time, and on towards now.
	when := begun.Add(-(n - 20) * time.Minute).In(h.server.Zone)
	a := b.get(directPage + "?user=ann&peer=bob&at=" + url.QueryEscape(when.Format(atLayout))).is(200).lacks("Up to date")
	got := a.said()
	for range 20 {
		at := a.more("Newer messages")
		if at == "" {
			break
		}
		a = b.part(at).is(200)
		got = append(got, a.said()...)
	}
	if last := got[len(got)-1]; last != "word 95" || !slices.Contains(got, "word 20") || len(got) != n-slices.Index(all, got[0]) {
		t.Errorf("from a time on: %v", got)
	}
	// A span, whichever end comes first.
	minute := func(n int) string {
		return url.QueryEscape(begun.Add(-time.Duration(95-n) * time.Minute).In(h.server.Zone).Format(atLayout))
	}
	for _, span := range []string{"&since=" + minute(11) + "&until=" + minute(20), "&since=" + minute(20) + "&until=" + minute(11)} {
		a = b.get(directPage + "?user=ann&peer=bob" + span).is(200)
		got := a.said()
		if len(got) < 9 || len(got) > 11 || slices.Contains(got, "word 8") || slices.Contains(got, "word 24") {
			t.Errorf("a span of ten minutes: %v", got)
		}
		if a.more("Older messages") != "" || a.more("Newer messages") != "" {
			t.Error("something leads out of the span")
		}
	}
	a = b.get(directPage + "?user=ann&peer=bob&until=" + minute(60)).is(200)
	got = a.said()
	if last := got[len(got)-1]; len(got) < messagesWanted || last != "word 60" && last != "word 61" || a.more("Older messages") == "" {
		t.Errorf("up to a time: %v", got)
	}
	if older := b.part(a.more("Older messages")).said(); !slices.Equal(append(older, got...), wordsUpTo(1, len(older)+len(got))) {
		t.Errorf("older than that: %v", older)
	}
	b.get(directPage + "?user=ann&peer=bob&since=2001-01-01T00:00&until=2001-01-02T00:00").is(200).has("Nothing was said in this span.")
	b.get(directPage+"?user=ann&peer=bob&since=nonsense").is(200).has("The time in the address makes no sense.", "word 95")
	b.get(directPage + "?user=ann&peer=bob&q=word+33").is(200).has("1 of 95 messages matches.").lacks("word 34")
	for _, wrong := range []string{"0", "abc", "<1.1.1", "1.2.3.4", strings.Repeat("9", 3000)} {
		for _, name := range []string{"seq", "from", "after"} {
			if a := b.get(directPage + "?user=ann&peer=bob&" + name + "=" + url.QueryEscape(wrong)); a.status != 200 {
				t.Errorf("%s=%.20s: status %d", name, wrong, a.status)
			}
		}
	}
	h.newUsers("dot:Dot")
	b.opened("dot", "bob").get(directPage + "?user=dot&peer=bob").is(200).has("Nothing is kept of this chat.")
}

// inChat reads a message of the chat of ann and bob as the service has it now.
func (h *harness) inChat(user, peer string, ref messageRef) (imclient.Message, bool) {
	h.t.Helper()
	page, err := h.app.IM.Messages.History(imclient.Fresh(context.Background()), imclient.HistoryOptions{
		Conversation: imclient.Conversation{User: user, Peer: peer}, From: ref.seq, Limit: 1,
	})
	check(h.t, err)
	if len(page.Messages) == 1 && page.Messages[0].ID == ref.id {
		return page.Messages[0], true
	}
	return imclient.Message{}, false
}

func TestDirectActs(t *testing.T) {
	t.Parallel()
	h := talk(t, 2)
	first, second := h.tell("ann", "bob", "one", true), h.tell("bob", "ann", "two", false)
	b := h.as(auth.Lead).opened()
	pair := func(pairs ...string) url.Values {
		return with(nil, append([]string{"user", "ann", "peer", "bob"}, pairs...)...)
	}
	const page = directPage + "?user=ann&peer=bob"

	// Recall by its key: the row comes back as it is now.
	a := b.postPart(directPage+"/recall", page, pair("m", first.String())).is(200).has("Recalled 1 message", "Recalled by op_lead")
	if m, _ := h.inChat("ann", "bob", first); m.State != imclient.MessageRecalled || !strings.Contains(a.body, `hx-target="[id=&#34;seq-`+first.seq) {
		t.Errorf("recalled: %v\n%s", m, a.body)
	}
	b.get(page).is(200).has("Recalled by op_lead")
	b.get(directPage+"/recall?user=ann&peer=bob&m="+url.QueryEscape(second.String())).is(200).has("They disappear for both.", "1 message of Bob")

	// Edit: the sheet shows what it says; without a reason it comes back as it was typed.
	edit := directPage + "/edit"
	b.get(edit+"?user=ann&peer=bob&m="+url.QueryEscape(second.String())).is(200).has("It says now", "two", "overwritten", "This cannot be undone")
	b.post(edit, pair("m", second.String(), "text", "three", "seen", "two")).is(http.StatusUnprocessableEntity).has("This is needed.", "three")
	b.post(edit, pair("m", second.String(), "text", "three", "seen", "something else", "reason", "x")).is(http.StatusUnprocessableEntity).has("Somebody changed this meanwhile.", "three")
	b.post(edit, pair("m", second.String(), "text", strings.Repeat("长", 4001), "seen", "two", "reason", "x")).is(http.StatusUnprocessableEntity).has("bytes are too long")
	a = b.post(edit, pair("m", second.String(), "text", "three", "seen", "two", "reason", "a name", "back", page)).is(http.StatusSeeOther)
	if m, _ := h.inChat("ann", "bob", second); plainText(m.Body) != "three" || a.location() != page {
		t.Errorf("it says %q; back to %s", plainText(m.Body), a.location())
	}
	b.get(page).has("Changed the message", "three")

	// Mark as read for one of the two.
	b.get(directPage+"/read?user=ann&peer=bob").is(200).has("Ann has read what Bob wrote", "Unread now: 2")
	b.post(directPage+"/read", pair("for", "bob", "back", page)).is(http.StatusSeeOther)
	b.get(page).has("Marked as read for Bob")
	for user, want := range map[string]int{"ann": 2, "bob": 0} {
		n, err := h.app.IM.Contacts.UnreadFrom(context.Background(), imclient.Conversation{User: user, Peer: map[string]string{"ann": "bob", "bob": "ann"}[user]})
		if err != nil || n != want {
			t.Errorf("%s has %d unread, want %d: %v", user, n, want, err)
		}
	}
	b.post(directPage+"/read", pair("for", "cy")).is(http.StatusBadRequest)

	// Delete on one side.
	b.get(directPage+"/hide?user=ann&peer=bob&m="+url.QueryEscape(second.String())).is(200).has("Delete 1 message on one side", "Bob keeps them")
	b.post(directPage+"/hide", pair("m", second.String(), "for", "ann")).is(http.StatusUnprocessableEntity)
	b.post(directPage+"/hide", pair("m", second.String(), "for", "ann", "reason", "x")).is(http.StatusSeeOther)
	if _, there := h.inChat("ann", "bob", second); there {
		t.Error("it is there")
	}
	if _, there := h.inChat("bob", "ann", second); !there {
		t.Error("it is gone for both")
	}

	// Wrong selections.
	for _, sheet := range []string{"edit", "extensions", "recall", "hide"} {
		b.get(directPage + "/" + sheet + "?user=ann&peer=bob").is(http.StatusBadRequest).has("Nothing is selected.")
		b.get(directPage + "/" + sheet + "?user=ann&peer=bob&m=nonsense").is(http.StatusBadRequest)
	}
	for _, sheet := range []string{"edit", "extensions"} {
		q := "?user=ann&peer=bob&m=" + url.QueryEscape(first.String())
		b.get(directPage + "/" + sheet + q + "&m=" + url.QueryEscape(second.String())).is(http.StatusBadRequest).has("Choose one message for this.")
		b.get(directPage + "/" + sheet + directMessage[:strings.Index(directMessage, "olga")] + "bob&m=1763700000.1.1:1_1_1763700000.ann:ann").is(http.StatusBadRequest).has("not there any more")
	}
}

func TestDirectRights(t *testing.T) {
	t.Parallel()
	h := talk(t, 1)
	ref := h.tell("ann", "bob", "x", true).String()
	for role, may := range map[auth.Role]string{auth.Viewer: "", auth.Support: "open", auth.Moderator: "open recall", auth.Lead: "open recall edit extensions read hide send"} {
		b := h.as(role)
		if role == auth.Viewer {
			b.get(directPage).is(http.StatusForbidden)
			b.get("/").lacks("Direct chats")
			continue
		}
		b.opened()
		b.get("/").has("Direct chats")
		for _, sheet := range []string{"open", "recall", "edit", "extensions", "read", "hide", "send"} {
			a := b.get(directPage + "/" + sheet + "?user=ann&peer=bob&m=" + url.QueryEscape(ref))
			if want := slices.Contains(strings.Fields(may), sheet); (a.status == 200) != want || !want && a.status != http.StatusForbidden {
				t.Errorf("%s %s: status %d", role, sheet, a.status)
			}
		}
	}
}

func TestSendDirect(t *testing.T) {
	t.Parallel()
	h := talk(t, 1)
	b := h.as(auth.Lead).opened()
	const page = directPage + "?user=ann&peer=bob"
	pair := func(pairs ...string) url.Values {
		return with(nil, append([]string{"user", "ann", "peer", "bob", "back", page}, pairs...)...)
	}
	b.get(directPage+"/send?user=ann&peer=bob").is(200).has("The app’s administrator to Ann", "Bob to Ann", "Block lists", "Quietly", "Not to the sender’s devices").lacks("Mention everybody")
	b.post(directPage+"/send", pair("from", "user", "text", "")).is(http.StatusUnprocessableEntity).has("This is needed.")
	b.post(directPage+"/send", pair("from", "user", "text", "in her name")).is(http.StatusUnprocessableEntity).has("This is needed.", "in her name")

	// In her name it is shown first, and then sent once.
	form := pair("from", "user", "text", "in her name", "reason", "she asked us to", "key", "k1", "receipts", "1")
	before := h.im.Calls("openim/sendmsg")
	a := b.post(directPage+"/send", form).is(200).has("Send in the name of Ann?", "So it will stand there, to Bob", "in her name", "Send as Ann", "With read receipts")
	if h.im.Calls("openim/sendmsg") != before {
		t.Fatal("sent before it was confirmed")
	}
	for _, field := range []string{`name="text" value="in her name"`, `name="reason" value="she asked us to"`, `name="confirmed" value="ann"`, `name="receipts" value="1"`, `name="key" value="k1"`} {
		if !strings.Contains(a.body, field) {
			t.Errorf("the question lacks %s", field)
		}
	}
	form.Set("confirmed", "ann")
	for range 2 {
		b.post(directPage+"/send", form).is(http.StatusSeeOther)
	}
	if n := h.im.Calls("openim/sendmsg") - before; n != 1 {
		t.Errorf("sent %d times", n)
	}
	b.get(page).is(200).has("Sent to Bob", "in her name")
	// A confirmation of another name is none.
	form = pair("from", "peer", "text", "in his name", "reason", "x", "confirmed", "ann")
	b.post(directPage+"/send", form).is(200).has("Send in the name of Bob?")

	b.post(directPage+"/send", pair("from", "admin-peer", "text", "from above")).is(http.StatusSeeOther)
	b.get(page).lacks("from above")
	history, err := h.app.IM.Messages.History(context.Background(), imclient.HistoryOptions{Conversation: imclient.Conversation{User: "bob", Peer: testAdmin}})
	if err != nil || len(history.Messages) != 1 {
		t.Errorf("%v %v", history, err)
	}
	h.im.SetFault(emulator.Fault{Command: "openim/sendmsg", ErrorCode: 20003})
	b.post(directPage+"/send", pair("from", "admin-user", "text", "x")).is(http.StatusSeeOther)
	b.get(page).has("Nothing was changed")
}

// TestDirectFailures: a service that fails shows what failed, and what needs no service stands.
func TestDirectFailures(t *testing.T) {
	t.Parallel()
	h := talk(t, 2)
	b := h.as(auth.Lead).opened()
	h.im.SetFault(emulator.Fault{Command: "profile/portrait_get", ErrorCode: 40006})
	b.get(directPage+"?user=ann&peer=bob").is(200).has("word 1", "Names and roles could not be had.")
	h.im.ClearFaults()
	h.im.SetFault(emulator.Fault{Command: "openim/admin_getroammsg", ErrorCode: 91000})
	b.get(directPage+"?user=ann&peer=bob").is(http.StatusBadGateway).has("Open to you,", "report 17").lacks("word 1")
	h.im.ClearFaults()
	b.get(directPage + "?user=ann&peer=bob").is(200).has("word 1")
}

// TestDirectInTheLog: who opened whose chat, when and why, is with both users; the why is for those who may open one.
func TestDirectInTheLog(t *testing.T) {
	t.Parallel()
	h := talk(t, 1)
	h.as(auth.Support).opened()
	lead, viewer := h.as(auth.Lead), h.as(auth.Viewer)
	log := lead.get("/audit?action=direct.view").is(200).has("Opened a direct chat", "op_support", "Ann", "Bob", "Direct chat")
	if !strings.Contains(log.body, html.EscapeString(directPage+"?user=ann&peer=bob")) {
		t.Error("the entry does not lead to the chat")
	}
	lead.get("/audit?action=direct.send").lacks("Opened a direct chat, ").has("No entry matches")
	list, err := h.store.Audit.List(context.Background(), store.AuditFilter{App: testApp, Action: string(actions.VerbViewDirect)}, 0, 1)
	check(t, err)
	entry := fmt.Sprint(list[0].ID)
	for _, user := range []string{"ann", "bob"} {
		lead.get("/apps/demo/users/"+user+"/activity?open="+entry).is(200).has("Opened a direct chat", "report 17")
		viewer.get("/apps/demo/users/"+user+"/activity?open="+entry).is(200).has("Opened a direct chat", "Only those who may open direct chats see more.").lacks("report 17")
	}
	lead.get("/apps/demo/actions/"+entry).is(200).has("report 17", "This cannot be undone")
	viewer.get("/apps/demo/actions/" + entry).is(http.StatusForbidden).lacks("report 17")

	// What was written in a chat is for those who read the log.
	ref := h.tell("ann", "bob", "old words", false)
	lead.opened()
	lead.post(directPage+"/edit", url.Values{"user": {"ann"}, "peer": {"bob"}, "m": {ref.String()}, "text": {"new words"}, "reason": {"x"}}).is(http.StatusSeeOther)
	list, err = h.store.Audit.List(context.Background(), store.AuditFilter{App: testApp, Action: string(actions.VerbEditDirect)}, 0, 1)
	check(t, err)
	entry = fmt.Sprint(list[0].ID)
	lead.get("/apps/demo/actions/"+entry).is(200).has("new words", "Changed a direct message").lacks("old words")
	h.as(auth.Support).get("/apps/demo/actions/" + entry).is(200).lacks("new words")
}
