package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"imdesk/cases"
	"imdesk/imclient"
	"imdesk/store"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The twelve tasks, and what each may cost in keys. `go test -v -run TestTask ./browsertest` prints keys and times.

// kept waits until the console has been told of a message, and returns it.
func (c *console) kept(t testing.TB, group, key string) store.Archived {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(15 * time.Millisecond) {
		found, err := c.db.Archive.Get(context.Background(), store.Conversation{App: "demo", Group: group}, []string{key})
		if err != nil {
			t.Fatal(err)
		}
		if m, is := found[key]; is {
			return m
		}
	}
	t.Fatalf("the console was not told of message %s of %s", key, group)
	return store.Archived{}
}

// chat says one line after the other, by turns, and returns their keys once the console knows them all.
func (c *console) chat(t testing.TB, group string, people []string, lines ...string) (keys []string) {
	t.Helper()
	for i, line := range lines {
		keys = append(keys, c.say(t, group, people[i%len(people)], line))
	}
	for _, key := range keys {
		c.kept(t, group, key)
	}
	return keys
}

// flag has a colleague put messages into the queue, and returns their cases.
func (c *console) flag(t testing.TB, group string, keys ...string) (list []int64) {
	t.Helper()
	queueAlone(t)
	p := c.as(t, "support", how{}).visit(groupPath(group, "messages"))
	for _, key := range keys {
		form := url.Values{"m": {key + "::" + c.kept(t, group, key).Sender}}.Encode()
		status := eval[int](p, `fetch(`+quote(groupPath(group, "messages/flag"))+`, {method: "POST", body: new URLSearchParams(`+quote(form)+`)}).then(r => r.status)`)
		k, err := c.db.Cases.Open(context.Background(), store.Conversation{App: "demo", Group: group}, key, "")
		if err != nil {
			t.Fatalf("flag message %s: status %d: %v", key, status, err)
		}
		list = append(list, k.ID)
	}
	return list
}

// queueTurn is whose turn in the queue it is. The next card of one test can be a case of another one, which it would hold by looking at it.
var queueTurn struct {
	sync.Mutex
	holder atomic.Pointer[string]
}

// queueAlone waits until no other test that flags something runs, and keeps others waiting until this one ends.
func queueAlone(t testing.TB) {
	name := t.Name()
	if held := queueTurn.holder.Load(); held != nil && *held == name {
		return
	}
	queueTurn.Lock()
	queueTurn.holder.Store(&name)
	t.Cleanup(func() {
		queueTurn.holder.Store(nil)
		queueTurn.Unlock()
	})
}

// queueAt is the queue of what colleagues flagged, at a case.
func queueAt(id int64) string { return fmt.Sprintf("/queue?source=operator&case=%d", id) }

// showsCase waits until a case is shown.
func (p *tab) showsCase(id int64) *tab {
	p.t.Helper()
	return p.wait(fmt.Sprintf(`document.querySelector(".case-view")?.dataset.look === "/queue/cases/%d/look"`, id))
}

// showsOther waits until another case is shown than one.
func (p *tab) showsOther(id int64) *tab {
	p.t.Helper()
	return p.wait(fmt.Sprintf(`document.querySelector(".case-view[data-look]:not([data-look='/queue/cases/%d/look'])")`, id))
}

// clockCard has the page measure how long it takes from the next key to the frame that shows another case.
func (p *tab) clockCard() {
	p.t.Helper()
	p.run(`(window.cardTime = new Promise((done) => {
		const shown = () => document.querySelector(".case-view")?.dataset.look;
		const before = shown();
		let pressed = 0;
		addEventListener("keydown", (e) => (pressed ||= e.timeStamp), {capture: true});
		new MutationObserver((_, seen) => {
			if (shown() === before) return;
			seen.disconnect();
			const channel = new MessageChannel(); // after the frame
			requestAnimationFrame(() => channel.port2.postMessage(0));
			channel.port1.onmessage = () => done(performance.now() - pressed);
		}).observe(document.body, {childList: true, subtree: true});
	}))`)
}

// cardTime is what clockCard measured.
func (p *tab) cardTime() time.Duration {
	p.t.Helper()
	return time.Duration(eval[float64](p, `window.cardTime`) * float64(time.Millisecond))
}

// ended waits until a case's verdict is over, and returns it.
func (c *console) ended(t testing.TB, id int64) (store.Verdict, cases.Body) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		k, err := c.db.Cases.Get(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := c.db.Cases.Verdict(context.Background(), k.Verdict); err == nil && !v.Ended.IsZero() {
			return v, cases.ReadBody(v)
		}
	}
	t.Fatalf("the verdict on case %d was not carried out", id)
	return store.Verdict{}, cases.Body{}
}

// Task 1: what was said around a flagged message stands on the card, in groups and in live rooms.
func TestTaskSeeAround(t *testing.T) {
	c := demo(t)
	var lines []string
	for i := range 45 {
		lines = append(lines, fmt.Sprintf("line %d of the talk", i+1))
	}
	g := c.group(t, "Task 1", "bt_olga:Olga", "bt_ann:Ann", "bt_bob:Bob")
	room := "bt-live-task-1"
	c.must(t, "group_open_http_svc/create_group", map[string]any{"Type": "AVChatRoom", "Name": "Task 1 live", "GroupId": room, "Owner_Account": "bt_olga"})
	p := c.as(t, "moderator", how{})
	for name, group := range map[string]string{"a group": g, "a live room": room} {
		keys := c.chat(t, group, []string{"bt_ann", "bt_bob"}, lines...)
		id := c.flag(t, group, keys[22])[0]
		p.visit(queueAt(id))
		task := p.task("see a flagged message of "+name+" with what was said around it", 0)
		p.see("line 3 of the talk", "line 23 of the talk", "line 43 of the talk")
		task.done()
		around := eval[[]int](p, `(all => { const at = all.findIndex(e => e.matches("[data-focus]")); return [at, all.length - at - 1] })([...document.querySelectorAll(".context .msg")])`)
		if around[0] != 20 || around[1] != 20 {
			t.Errorf("%s: %d before and %d after", name, around[0], around[1])
		}
		if seen := eval[bool](p, `(() => { const r = document.querySelector(".context [data-focus]").getBoundingClientRect(); return r.top > 48 && r.bottom < innerHeight - 48 })()`); !seen {
			t.Errorf("%s: the message is not in view", name)
		}
	}
}

// Tasks 2, 3 and 4: one key carries a verdict, and the next card is there. The service does what the verdict says, and the page
// says what the service then is like.
func TestTaskVerdicts(t *testing.T) {
	t.Parallel()
	c := demo(t)
	g := c.group(t, "Task 4", "bt_olga:Olga", "bt_ann:Ann", "bt_bob:Bob", "bt_cat:Cat")
	keys := c.chat(t, g, []string{"bt_ann", "bt_bob", "bt_cat", "bt_olga"}, "a harmless line", "a line to take back", "a line that costs a day", "the last line")
	list := c.flag(t, g, keys...)
	setup := cases.Defaults()
	for i, m := range setup.Macros {
		if m.ID == "recall_mute" {
			setup.Macros[i].Note = "as agreed on Monday"
		}
	}
	body, err := json.Marshal(setup)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.db.Policies.Set(t.Context(), store.Policy{Key: cases.PolicyQueue, Body: body, ChangedAt: time.Now()}); err != nil {
		t.Fatal(err)
	}

	p := c.as(t, "moderator", how{})
	for i, name := range []string{"harmless: dismiss, next", "recall, next", "recall, mute 24 h, note, close, next"} {
		p.visit(queueAt(list[i])).showsCase(list[i]).clockCard()
		task := p.task(name, 1)
		p.press([]string{"e", "r", "m"}[i]).showsOther(list[i])
		task.note("in the browser %s", p.cardTime().Round(time.Millisecond))
		task.done()
	}
	p.see("Not sent yet", "Undo")
	if got := c.state(t, g, keys[1]); got == imclient.MessageRecalled {
		t.Error("it is recalled while it can be taken back")
	}

	v, b := c.ended(t, list[2])
	began := time.Now()
	p.wait(`document.querySelector("#queue-last").innerText.includes("Applied")`)
	t.Logf("sent after %s, carried out and read back in %s, seen %s later", v.Due.Sub(v.Made).Round(time.Millisecond), v.Ended.Sub(v.Due).Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	for _, step := range b.Steps {
		if step.State != cases.StepApplied {
			t.Errorf("%s is %q", step.Do, step.State)
		}
	}
	c.wantMuted(t, g, "bt_cat", day)
	c.ended(t, list[1])
	for i, want := range []bool{false, true, true, false} {
		if got := c.state(t, g, keys[i]) == imclient.MessageRecalled; got != want {
			t.Errorf("message %d: recalled is %v at the service", i+1, got)
		}
	}
	p.visit(fmt.Sprintf("/queue?which=decided&case=%d", list[2])).see("Applied", "Recall the message in force", "Mute for 1 day", "as agreed on Monday", "Reverse")
}

// A verdict is taken back by one key for eight seconds, also from another tab when the first one is gone, and nothing was sent.
func TestTaskUndo(t *testing.T) {
	t.Parallel()
	c := demo(t)
	g := c.group(t, "Task 4 undo", "bt_olga:Olga", "bt_ann:Ann", "bt_bob:Bob")
	keys := c.chat(t, g, []string{"bt_ann", "bt_bob"}, "not meant so", "the other line")
	list := c.flag(t, g, keys...)
	first := c.as(t, "lead", how{}).visit(queueAt(list[0])).showsCase(list[0])
	first.press("m").showsOther(list[0])
	if err := chromedp.Cancel(first.ctx); err != nil {
		t.Fatal(err)
	}
	p := c.as(t, "lead", how{}).visit("/queue").see("Not sent yet")
	task := p.task("take a verdict back from another tab", 1)
	p.press("z").toast("nothing was sent")
	task.done()
	p.showsCase(list[0])
	k, err := c.db.Cases.Get(t.Context(), list[0])
	if err != nil || k.State == store.CaseDecided {
		t.Errorf("the case is %q: %v", k.State, err)
	}
	if c.state(t, g, keys[0]) == imclient.MessageRecalled || c.muted(t, g, "bt_ann") != 0 {
		t.Error("something was done")
	}
	c.wantAudit(t, g)
}

// Task 5: who somebody is stands on the card; everything is one key away.
func TestTaskWho(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Task 5", "bt_olga:Olga", "bt_five:Five")
	keys := c.chat(t, g, []string{"bt_five"}, "words of last time", "words of now")
	list := c.flag(t, g, keys[1])
	p := c.as(t, "moderator", how{}).visit(queueAt(list[0]))
	task := p.task("who is this, in short", 0)
	p.see("Five", "Strikes", "0.0 of 3", "Other cases", "Groups", "Task 5", "Joined", "Earlier decisions", "Recent words", "words of last time")
	task.done()
	task = p.task("who is this, everything", 1)
	p.press("o").wait(`location.pathname === "/apps/demo/users/bt_five"`)
	task.done()
}

// Task 6: every message with a phrase, in all groups and live rooms, of seven days.
func TestTaskPhrase(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Task 6", "bt_olga:Olga", "bt_ann:Ann")
	room := "bt-live-task-6"
	c.must(t, "group_open_http_svc/create_group", map[string]any{"Type": "AVChatRoom", "Name": "Task 6 live", "GroupId": room, "Owner_Account": "bt_olga"})
	for _, group := range []string{g, room} {
		c.chat(t, group, []string{"bt_ann"}, "wombat tickets at half the price", "tickets for a wombat, half the price")
	}
	p := c.as(t, "moderator", how{}).visit("/search")
	task := p.task("every message with a phrase", 2)
	p.press("/").types(`"wombat tickets at half" after:`+time.Now().AddDate(0, 0, -7).Format(time.DateOnly)).press(kb.Enter).see("2 messages", "Task 6 live")
	task.done()
}

// Task 7: an early end of a mute takes Ctrl-K, the id, Enter and u.
func TestTaskUnmute(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Task 7", "bt_olga:Olga", "bt_seven:Seven")
	c.must(t, "group_open_http_svc/forbid_send_msg", map[string]any{"GroupId": g, "Members_Account": []string{"bt_seven"}, "MuteTime": 3600})
	p := c.as(t, "support", how{}).visit("/").see("Overview")
	task := p.task("lift a mute early", 3)
	p.press("k", ctrl).types("bt_seven").press(kb.Enter)
	p.see("Seven", "Task 7", "Lift the mute").press("u").toast("Seven may speak again")
	task.done()
	c.wantMuted(t, g, "bt_seven", 0)
}

// Task 8: thirty known spammers leave with two keys after the paste, and a preview.
func TestTaskKickThirty(t *testing.T) {
	c := demo(t)
	people := []string{"bt_olga:Olga"}
	var ids []string
	for i := range 30 {
		ids = append(ids, fmt.Sprintf("bt_spam%02d", i))
		people = append(people, ids[i]+":Spammer")
	}
	g := c.group(t, "Task 8", append(people, "bt_ann:Ann")...)
	p := c.as(t, "lead", how{}).visit(groupPath(g, "members")).see("Kick by ID").clickText("Kick by ID").sheet()
	p.run(`document.querySelector('#sheet [name="paste"]').focus()`)
	p.paste(strings.Join(ids, "\n") + "\nbt_olga")
	task := p.task("remove 30 known spammers", 2)
	p.press(kb.Tab) // out of the field: the preview
	p.see("31 IDs read", "Olga is skipped", "Kick 30 members")
	p.press(kb.Enter, ctrl).see("Remove 31 members", "Take back")
	task.done()
	p.wait(`document.querySelector("#job").innerText.includes("30 done · 1 left alone")`)
	for _, id := range ids {
		if c.member(t, g, id) != nil {
			t.Errorf("%s is still a member", id)
		}
	}
	if c.member(t, g, "bt_ann") == nil || c.member(t, g, "bt_olga") == nil {
		t.Error("Ann or Olga is gone")
	}
}

// Task 10: a case goes to a certain senior with a reason.
func TestTaskHandOver(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Task 10", "bt_olga:Olga", "bt_ann:Ann")
	keys := c.chat(t, g, []string{"bt_ann"}, "a hard one", "another one")
	list := c.flag(t, g, keys...)
	c.operator(t, "lead", "lead")
	p := c.as(t, "moderator", how{}).visit(queueAt(list[0])).showsCase(list[0])
	task := p.task("hand a case to a certain senior with a reason", 2)
	p.press("a").sheet()
	digit := eval[string](p, `[...document.querySelectorAll("#sheet [data-digit]")].find(e => e.innerText.trim().startsWith("lead")).dataset.digit`)
	p.press(digit).noSheet().toast("Handed case")
	task.done()
	k, err := c.db.Cases.Get(t.Context(), list[0])
	if err != nil || k.AssignedName != "lead" || k.Why == "" {
		t.Errorf("it is with %q, because %q: %v", k.AssignedName, k.Why, err)
	}
	c.as(t, "lead", how{}).visit(fmt.Sprintf("/queue?which=mine&case=%d", list[0])).showsCase(list[0]).see("Handed to you", k.Why)
}

// Two browsers on one queue: each sees who else is there within a moment, and a case is decided once.
func TestTwoBrowsers(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Two browsers", "bt_olga:Olga", "bt_ann:Ann")
	keys := c.chat(t, g, []string{"bt_ann"}, "for two", "for one", "left over")
	list := c.flag(t, g, keys...)
	a := c.as(t, "moderator", how{}).visit(queueAt(list[0])).showsCase(list[0])
	b := c.as(t, "lead", how{}).visit(queueAt(list[1])).showsCase(list[1])
	at := func(id int64, who string) string {
		return fmt.Sprintf(`document.querySelector("#queue-list .case[href*='case=%d']")?.innerText.includes(%s)`, id, quote(who))
	}
	a.wait(at(list[1], "lead"))
	b.wait(at(list[0], "moderator"))

	// One moves to what the other has.
	began := time.Now()
	b.press("k").showsCase(list[0])
	a.wait(`document.querySelector("#case-presence").innerText.includes("lead")`)
	t.Logf("who else is looking: seen after %s", time.Since(began).Round(time.Millisecond))
	b.see("moderator has this case", "Take over")
	b.press("r") // not while a colleague has it
	if k, err := c.db.Cases.Get(t.Context(), list[0]); err != nil || k.State == store.CaseDecided {
		t.Fatalf("case %d: %q, %v", list[0], k.State, err)
	}
	b.press("t").wait(`!document.querySelector("#case-presence").innerText.includes("has this case")`)
	a.see("lead has this case")
	b.press("e").showsOther(list[0])
	a.see("lead decided this case")
	a.allow("status of 409")
	a.press("r").wait(`document.querySelector("#notice").innerText.trim()`)
	k, err := c.db.Cases.Get(t.Context(), list[0])
	if err != nil || k.DecidedName != "lead" {
		t.Errorf("decided by %q: %v", k.DecidedName, err)
	}
	if v, err := c.db.Cases.Verdict(t.Context(), k.Verdict); err != nil || v.Macro != "none" {
		t.Errorf("the verdict is %q: %v", v.Macro, err)
	}
	if strings.Contains(a.read(), "Not sent yet") {
		t.Error("a second verdict was taken")
	}
}
