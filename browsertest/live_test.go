package browsertest

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/static"

	"github.com/chromedp/chromedp/kb"
)

// watchGroup opens the live view of one group and waits until it is connected.
func (p *tab) watchGroup(group string) *tab {
	p.t.Helper()
	return p.visit("/live?pane=" + url.QueryEscape("in:"+group)).connected()
}

func (p *tab) connected() *tab {
	p.t.Helper()
	return p.wait(`document.querySelector("[data-watch-state=connected]")`)
}

// lines are the texts of the first pane.
func (p *tab) lines() []string {
	p.t.Helper()
	return eval[[]string](p, `[...document.querySelectorAll("#pane-0 .tick .x")].map(e => e.innerText.trim())`)
}

// wantLines waits for the last line, and fails the test unless all of them are there, once each and in their order.
func (p *tab) wantLines(want ...string) {
	p.t.Helper()
	p.wait(`[...document.querySelectorAll("#pane-0 .tick .x")].some(e => e.innerText.trim() === ` + quote(want[len(want)-1]) + `)`)
	if got := p.lines(); !slices.Equal(got, want) {
		p.t.Errorf("the lines are %q, want %q", got, want)
	}
}

// state is what became of a message at the service.
func (c *console) state(t testing.TB, group, seq string) imclient.MessageState {
	t.Helper()
	page, err := c.im.Messages.History(imclient.Fresh(context.Background()), imclient.HistoryOptions{Conversation: imclient.Conversation{Group: group}})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range page.Messages {
		if m.Seq == seq {
			return m.State
		}
	}
	t.Fatalf("the service has no message %s", seq)
	return 0
}

// Everything that is done about a line is done by a key, and on the line that one is at, however fast the key comes.
func TestLiveActs(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Live acts", "bt_olga:Olga", "bt_ann:Ann", "bt_bob:Bob", "bt_cat:Cat")
	p := c.as(t, "moderator", how{}).watchGroup(g)
	var seqs []string
	for _, m := range [][2]string{{"bt_cat", "first of Cat"}, {"bt_ann", "second of Ann"}, {"bt_bob", "third of Bob"}, {"bt_ann", "fourth of Ann"}} {
		seqs = append(seqs, c.say(t, g, m[0], m[1]))
	}
	p.wantLines("first of Cat", "second of Ann", "third of Bob", "fourth of Ann")
	p.press("k").wait(`document.querySelector("#rail").innerText.includes("fourth of Ann")`)

	task := p.task("recall from the live view", 2)
	p.press("k").press("r").toast("Recalled")
	task.done()
	p.wait(`[...document.querySelectorAll("#pane-0 .tick")].at(2).innerText.includes("Recalled")`)
	for i, want := range []imclient.MessageState{0, 0, imclient.MessageRecalled, 0} {
		if got := c.state(t, g, seqs[i]); (got == imclient.MessageRecalled) != (want == imclient.MessageRecalled) {
			t.Errorf("message %d is %v at the service", i+1, got)
		}
	}

	task = p.task("mute from the live view", 3)
	p.press("k").press("m").sheet().see("Ann is muted until").press(kb.Enter, ctrl).toast("Muted Ann")
	task.done()
	c.wantMuted(t, g, "bt_ann", day)

	task = p.task("kick from the live view", 3)
	p.press("k").press("K").sheet().see("Cat").press(kb.Enter, ctrl).toast("Cat")
	task.done()
	if c.member(t, g, "bt_cat") != nil {
		t.Error("Cat is still a member")
	}

	task = p.task("to the queue from the live view", 2)
	p.press("j").press("q").toast("Put 1 message into the queue")
	task.done()
	list, err := c.db.Cases.List(context.Background(), store.CaseFilter{Apps: []string{"demo"}, Sender: "bt_ann", Now: time.Now()}, 0, 10)
	if err != nil || len(list) != 1 || list[0].Text != "second of Ann" || list[0].Place.Group != g {
		t.Errorf("the queue has %+v: %v", list, err)
	}

	// To the message in its group.
	p.press("j").press("j").press(kb.Enter).wait(`location.pathname === ` + quote(groupPath(g, "messages")) + ` && document.querySelector("[data-here]")`)
	if got := eval[string](p, `document.querySelector("[data-here]").innerText`); !strings.Contains(got, "fourth of Ann") {
		t.Errorf("it leads to %q", got)
	}
}

// Nothing is lost and nothing comes twice: paused, asleep, and without a network for a while. A page has one stream.
func TestLiveKeepsUp(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Live keeps up", "bt_olga:Olga", "bt_ann:Ann")
	w := c.wire(t)
	p := c.wired(t, w, "viewer").watchGroup(g)
	p.allow("ERR_")           // of the network
	p.allow("htmx:sse:error") // likewise
	var said []string
	say := func(n int) {
		t.Helper()
		for range n {
			said = append(said, fmt.Sprintf("message %d", len(said)+1))
			c.say(t, g, "bt_ann", said[len(said)-1])
		}
	}
	say(2)
	p.wantLines(said...)
	if n := w.requests("/live/stream"); n != 1 {
		t.Errorf("the page opened %d streams", n)
	}

	p.press(" ").wait(`document.querySelector("[data-watch-said]").innerText === "Paused"`)
	shown := slices.Clone(said)
	say(3)
	p.wait(`document.querySelector("[data-watch-count]").innerText === "3 new"`)
	p.wantLines(shown...)
	p.press(" ").wantLines(said...)
	if p.has("[data-watch-new]") {
		t.Error("something still waits")
	}

	// Asleep: what is sent gets lost, no end ever comes, and the clock is a minute on at once.
	w.sleep("/live/stream")
	say(3)
	p.run(`(now => { Date.now = () => now() + 60_000 })(Date.now)`)
	p.wantLines(said...)
	if n := w.requests("/live/stream"); n != 2 {
		t.Errorf("after a sleep there were %d streams", n)
	}

	w.cut()
	p.wait(`document.querySelector("[data-watch-state=lost]")`)
	say(3)
	w.mend()
	p.connected().wantLines(said...)
}

// The pages of a group follow by themselves. Each has one stream, also where its script comes late, as over a slow network.
func TestGroupPagesFollow(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Follows", "bt_olga:Olga", "bt_ann:Ann", "bt_bob:Bob")
	c.say(t, g, "bt_ann", "said before")
	w := c.wire(t)
	w.delay(map[string]time.Duration{static.URL("app.js"): 200 * time.Millisecond, "/stream": 600 * time.Millisecond})
	messages := c.wired(t, w, "viewer").visit(groupPath(g, "messages")).see("said before")
	w.delay(nil)
	muted := c.wired(t, w, "viewer").visit(groupPath(g, "muted")).see("Nobody is muted")
	members := c.wired(t, w, "viewer").visit(groupPath(g, "members")).see("Bob")

	c.say(t, g, "bt_bob", "said just now")
	messages.see("said just now")
	c.as(t, "moderator", how{}).visit(groupPath(g, "members/mute") + "?users=bt_ann").click(`.sheet-page footer [type="submit"]`).toast("Muted Ann")
	muted.wait(`document.querySelector(` + quote(row("bt_ann")) + `)`)
	c.must(t, "group_open_http_svc/delete_group_member", map[string]any{"GroupId": g, "MemberToDel_Account": []string{"bt_bob"}})
	members.wait(`!document.querySelector(` + quote(row("bt_bob")) + `)`)
	if n := w.requests("/stream"); n != 3 {
		t.Errorf("three pages opened %d streams", n)
	}
}
