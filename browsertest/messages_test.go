package browsertest

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"imdesk/imclient"
	"imdesk/internal/testtools"

	"github.com/chromedp/chromedp/kb"
)

// A room of 1,109 messages, from a real log.
func TestOlderMessagesByScrolling(t *testing.T) {
	c := demo(t)
	log := filepath.Join(testtools.Data(t), "chat", "irc", "2013-05-07.txt")
	if said := c.command(t, "", "import", "--app", "demo", "--format", "irc", log); !strings.Contains(said, "1109 messages imported") {
		t.Fatalf("import: %s", said)
	}
	p := c.as(t, "viewer", how{})
	p.visit(groupPath("irc-2013-05-07", "messages")).see("Up to date")
	const scroller = `document.querySelector(".transcript").closest("[data-from-end]")`
	const shown = `[...document.querySelectorAll(".transcript .msg")]`
	if end := eval[bool](p, `(() => { const s = `+scroller+`; return s.scrollHeight - s.scrollTop - s.clientHeight < 2 })()`); !end {
		t.Error("the page does not begin at the newest message")
	}
	seqs := func() []int {
		return eval[[]int](p, shown+`.map(m => Number(m.dataset.row))`)
	}
	for page := range 4 {
		before := seqs()
		// What is read stays where it is when older messages come in above.
		mark := eval[string](p, `(() => { `+scroller+`.scrollTop = 150; return `+shown+`.find(m => m.getBoundingClientRect().top > 250).id })()`)
		top := eval[float64](p, `document.getElementById(`+quote(mark)+`).getBoundingClientRect().top`)
		p.wait(shown + fmt.Sprintf(`.length > %d && !document.querySelector("[aria-busy=true]")`, len(before)))
		if now := eval[float64](p, `document.getElementById(`+quote(mark)+`).getBoundingClientRect().top`); now-top > 2 || top-now > 2 {
			t.Errorf("page %d: the message jumped by %.0f px", page, now-top)
		}
		after := seqs()
		if !slices.IsSorted(after) || len(slices.Compact(after)) != len(after) {
			t.Errorf("page %d: out of order or twice: %v", page, after)
		}
		if after[len(after)-1] != before[len(before)-1] || after[0] >= before[0] {
			t.Errorf("page %d: from %d to %d, was %d to %d", page, after[0], after[len(after)-1], before[0], before[len(before)-1])
		}
	}
}

func TestGoToMessage(t *testing.T) {
	c := demo(t)
	p := c.as(t, "viewer", how{})
	const room = "@TGS#2C5SZEAEF"
	p.visit(groupPath(room, "messages")).see("Up to date")
	newest := eval[int](p, `Number([...document.querySelectorAll(".transcript .msg")].at(-1).dataset.row)`)
	want := newest - 500
	p.clickText("Go to").fill("#goto-seq", fmt.Sprint(want)).press(kb.Enter)
	p.wait(fmt.Sprintf(`location.search === "?seq=%d" && document.querySelector("[data-here]")`, want))
	at := eval[int](p, `Number(document.querySelector("[data-here]").dataset.row ?? document.querySelector("[data-here]").id.match(/\d+$/)[0])`)
	if at != want {
		t.Errorf("went to %d, not %d", at, want)
	}
	if seen := eval[bool](p, `(() => { const r = document.querySelector("[data-here]").getBoundingClientRect(); return r.top > 100 && r.bottom < innerHeight })()`); !seen {
		t.Error("the message is not in view")
	}
	// Newer ones follow below, up to the newest.
	p.wait(`[...document.querySelectorAll(".transcript .msg")].some(m => Number(m.dataset.row) > ` + fmt.Sprint(want) + `)`)
	p.clickText("Seq").clickText("To the newest").see("Up to date")

	// By time: what is shown first was said at that minute or is next to it.
	when := eval[string](p, `document.querySelector(".transcript .msg time").dateTime.slice(0, 16)`)
	p.clickText("Go to").wait(`document.querySelector("#goto-at").checkVisibility()`)
	p.run(`document.querySelector("#goto-at").value = ` + quote(when))
	p.click(`[form="to-time"][type="submit"]`).wait(`location.search.startsWith("?at=") && document.querySelector("[data-here]")`)
	if got := eval[string](p, `document.querySelector("[data-here] time").dateTime.slice(0, 16)`); got < when {
		t.Errorf("went to %s, not %s", got, when)
	}

	// What is not there any more is said, and its neighbours are shown.
	p.visit(groupPath(room, "messages") + "?seq=12").see("Message 12 is not there any more.")
	p.visit(groupPath(room, "messages") + "?at=nonsense").see("The time in the address makes no sense.")
}

// Each kind of message is drawn as what it is. The demo says all of them; the filter finds them.
func TestEveryKindOfMessage(t *testing.T) {
	c := demo(t)
	p := c.as(t, "moderator", how{})
	rooms := []string{"@TGS#2C5SZEAEF", "@TGS#2PH0T0WLK", "@TGS#3QK7ZWAE5", "@TGS#2LF4YBAEP", "qa", "@TGS#0MODDESK1", "@TGS#0VIPCARE1"}
	for _, kind := range []struct{ name, selector string }{
		{"text", ".msg p.text"},
		{"face", ".msg .element-line"},
		{"location", `.msg .attach a[href*="openstreetmap"]`},
		{"custom", ".msg details.payload"},
		{"image", ".msg figure.media img"},
		{"sound", ".msg audio"},
		{"video", ".msg video"},
		{"file", ".msg a.attach"},
		{"merged", ".msg details.merged"},
		{"tip", ".transcript .sys"},
		{"recalled", ".msg .recalled"},
	} {
		found := false
		for _, room := range rooms {
			if found = p.visit(groupPath(room, "messages") + "?type=" + kind.name).lookBack(kind.selector); found {
				break
			}
		}
		if !found {
			t.Errorf("no %s is drawn", kind.name)
			continue
		}
		if kind.name == "image" {
			p.run(`document.querySelector(".msg figure.media img").scrollIntoView()`)
			p.wait(`document.querySelector(".msg figure.media img").complete && document.querySelector(".msg figure.media img").naturalWidth > 0`)
		}
		if kind.name == "recalled" {
			p.clickText("Show what was said")
		}
	}
	// Places where messages were, but are no more.
	p.visit(groupPath("free_gigs", "messages"))
	if p.count(".transcript .gap") == 0 {
		for range 5 {
			if p.count(".transcript .gap") > 0 {
				break
			}
			n := p.count(".transcript .msg")
			// The page goes to its end once it is there: whoever wants what is above scrolls again.
			p.wait(fmt.Sprintf(`(e => { e.scrollTop = e.scrollTop > 0 ? 0 : 1; return document.querySelectorAll(".transcript .msg").length > %d })(document.querySelector("[data-from-end]"))`, n))
		}
	}
	p.see("missing here")
}

// lookBack looks further back in a conversation until something is there.
func (p *tab) lookBack(selector string) bool {
	p.t.Helper()
	for range 8 {
		if p.count(selector) > 0 {
			return true
		}
		if !p.has("[data-more] a[data-before]") {
			return false
		}
		link := eval[string](p, `document.querySelector("[data-more] a[data-before]").href`)
		p.click("[data-more] a[data-before]").wait(`document.querySelector("[data-more] a[data-before]")?.href !== ` + quote(link))
	}
	return p.count(selector) > 0
}

func TestSelectMessages(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Selection", "bt_olga:Olga", "bt_ann:Ann", "bt_bob:Bob")
	var seqs []string
	for i := range 6 {
		seqs = append(seqs, c.say(t, g, []string{"bt_ann", "bt_bob"}[i%2], fmt.Sprintf("line %d", i+1)))
	}
	p := c.as(t, "moderator", how{})
	p.visit(groupPath(g, "messages")).see("line 6")
	p.goTo(seqs[0])
	p.wait(`document.querySelector("#rail").innerText.includes("Ann")`) // who said it
	p.press("x").press("j").press("j").press("x").press("k")
	if got := p.focus(); got != "row "+seqs[1] {
		t.Errorf("focus on %q", got)
	}
	if got := p.selected(); got != seqs[0]+" "+seqs[2] {
		t.Errorf("selected %q", got)
	}
	p.see("2 messages selected")
	p.wait(`document.querySelector("#rail").innerText.includes("Bob")`)
	p.press(kb.ArrowDown, shift).press(kb.ArrowDown, shift)
	if got := p.selected(); got != strings.Join([]string{seqs[0], seqs[1], seqs[2], seqs[3]}, " ") {
		t.Errorf("selected %q", got)
	}
	p.press("y").toast("Copied 4 IDs")
	p.press(kb.Escape)
	if got := p.selected(); got != "" {
		t.Errorf("Esc leaves %q selected", got)
	}
	// The senders of what is selected, to be muted: the same sheet as for members.
	p.goTo(seqs[0]).press("x").press("j").press("x").press("m").sheet().see("Mute 2 members", "Ann is muted until", "Bob is muted until")
	p.press(kb.Escape).noSheet()
}

func TestRecallSeveral(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Recalls", "bt_olga:Olga", "bt_ann:Ann", "bt_bob:Bob")
	var seqs []string
	for i := range 5 {
		seqs = append(seqs, c.say(t, g, []string{"bt_ann", "bt_bob"}[i%2], fmt.Sprintf("spam %d", i+1)))
	}
	p := c.as(t, "moderator", how{})
	p.visit(groupPath(g, "messages")).see("spam 5").goTo(seqs[1])
	task := p.task("recall three messages", 4)
	p.press("x").press(kb.ArrowDown, shift).press(kb.ArrowDown, shift).press("r")
	p.toast("Recalled 3 messages").toast("This cannot be undone")
	for _, i := range []int{1, 2, 3} {
		p.wait(`document.querySelector(` + quote(row(seqs[i])) + `).innerText.includes("Recalled by moderator")`)
	}
	p.see("spam 1", "spam 5")
	task.done()
	if got := p.selected(); got != "" {
		t.Errorf("%q is still selected", got)
	}
	page, err := c.im.Messages.History(t.Context(), imclient.HistoryOptions{Conversation: imclient.Conversation{Group: g}})
	if err != nil {
		t.Fatal(err)
	}
	recalled := map[string]bool{}
	for _, m := range page.Messages {
		recalled[m.Seq] = m.State == imclient.MessageRecalled
	}
	for i, seq := range seqs {
		if want := i >= 1 && i <= 3; recalled[seq] != want {
			t.Errorf("message %d: recalled is %v at the service", i+1, recalled[seq])
		}
	}
	c.wantAudit(t, g, "message.recall ok")
	p.clickText("Show").see("Recalled 3 messages", "moderator")

	// More than ten ask first.
	for i := range 12 {
		c.say(t, g, "bt_ann", fmt.Sprintf("flood %d", i+1))
	}
	q := c.as(t, "lead", how{}).visit(groupPath(g, "messages")).see("flood 12")
	q.press("j").press("a", ctrl).press("r").sheet().see("Recall 14 messages", "3 are recalled already")
	if got := q.focus(); !strings.HasPrefix(got, "Cancel") {
		t.Errorf("focus on %q, not on Cancel", got)
	}
	q.press(kb.Enter, ctrl).noSheet().toast("Recalled 14 messages")
	q.lacks("flood 1", "spam 1")
}
