package browsertest

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// directChat makes two users with a chat of a few messages, and returns its address and the last message's key.
func (c *console) directChat(t testing.TB, user, peer string) (address string) {
	t.Helper()
	c.must(t, "im_open_login_svc/account_import", map[string]any{"UserID": user, "Nick": "Dana 小丹"})
	c.must(t, "im_open_login_svc/account_import", map[string]any{"UserID": peer, "Nick": "Piet"})
	start := time.Now().Add(-90 * time.Minute)
	for i, what := range []string{"hello there", "你好，在吗？", "where is the parcel", "call me at 555 0100"} {
		from, to := user, peer
		if i%2 == 1 {
			from, to = to, from
		}
		c.must(t, "openim/importmsg", map[string]any{
			"SyncFromOldSystem": 5, "From_Account": from, "To_Account": to, "MsgSeq": i + 1, "MsgRandom": i + 1, "MsgTimeStamp": start.Add(time.Duration(i) * 20 * time.Minute).Unix(),
			"MsgBody": []any{map[string]any{"MsgType": "TIMTextElem", "MsgContent": map[string]any{"Text": what}}},
		})
	}
	c.must(t, "openim/sendmsg", map[string]any{
		"From_Account": user, "To_Account": peer, "MsgRandom": 77, "SupportMessageExtension": 1,
		"MsgBody": []any{map[string]any{"MsgType": "TIMTextElem", "MsgContent": map[string]any{"Text": "vote: pizza?"}}},
	})
	return "/apps/demo/direct?user=" + user + "&peer=" + peer
}

func TestDirectChat(t *testing.T) {
	c := demo(t)
	at := c.directChat(t, "dc_dana", "dc_piet")
	p := c.named(t, "dc_lead", "lead", how{})
	p.allow("status of 422") // the sheet that comes back with both values

	// A reason first, then the chat.
	p.visit("/apps/demo/direct").fill("#user", "dc_dana").fill("#peer", "dc_piet").press(kb.Enter)
	p.wait(`document.querySelector("#open-reason")`)
	if said := eval[string](p, `document.body.innerText`); strings.Contains(said, "parcel") {
		t.Fatal("the chat is shown without a reason")
	}
	p.fill("#open-reason", "report 4711").click(`#ask-open [type="submit"]`).see("Open to you,").see("where is the parcel").see("report 4711")

	// Edit by its key, with a reason.
	p.goTo(p.saying("555 0100")).press("e").sheet().fill("#edit-text", "call me").fill("#reason", "a telephone number")
	p.press(kb.Enter, ctrl).noSheet().toast("Changed the message").see("call me")
	if said := eval[string](p, `document.querySelector(".transcript").innerText`); strings.Contains(said, "555") {
		t.Error("the number is there still")
	}
	// Recall by its key: one press, the row stays as recalled.
	p.goTo(p.saying("hello there")).press("r").toast("Recalled 1 message").see("Recalled by dc_lead")

	// Extensions: add one; then somebody else changes it while the sheet is open.
	p.goTo(p.saying("pizza")).press("x").clickText("Extensions").sheet().fill("#ext-new-key", "yes").fill("#ext-new-value", "1").press(kb.Enter, ctrl).noSheet().toast("Saved yes")
	ref := eval[string](p, `document.querySelector(`+quote(row(p.saying("pizza"))+" [data-tick]")+`).value`)
	id, err := url.QueryUnescape(strings.Split(ref, ":")[1])
	if err != nil {
		t.Fatal(err)
	}
	key, _, _ := strings.Cut(id, ".")
	p.goTo(p.saying("pizza")).press("x").clickText("Extensions").sheet()
	c.must(t, "openim_msg_ext_http_svc/set_key_values", map[string]any{
		"From_Account": "dc_dana", "To_Account": "dc_piet", "MsgKey": key, "OperateType": 1, "ExtensionList": []any{map[string]any{"Key": "yes", "Value": "5", "Seq": 0}},
	})
	p.fill(`#sheet [name="value"]`, "2").press(kb.Enter, ctrl)
	p.wait(`document.querySelector("#sheet [data-conflict]")`).see("changed by somebody else meanwhile")
	if theirs := eval[string](p, `document.querySelector("#sheet [data-conflict]").innerText`); !strings.Contains(theirs, "5") {
		t.Errorf("their value is not shown: %s", theirs)
	}
	p.click(`#sheet [value="mine"]`).press(kb.Enter, ctrl).noSheet().toast("Saved yes")
	kept, _ := json.Marshal(c.must(t, "openim_msg_ext_http_svc/get_key_values", map[string]any{"From_Account": "dc_dana", "To_Account": "dc_piet", "MsgKey": key}))
	if !strings.Contains(string(kept), `"Value":"2"`) {
		t.Errorf("kept: %s", kept)
	}

	// The same address asks a colleague for a reason of their own.
	other := c.named(t, "dc_support", "support", how{})
	other.visit(at).see("Why do you open this chat?")
	if said := eval[string](other, `document.body.innerText`); strings.Contains(said, "parcel") {
		t.Error("a colleague reads without a reason")
	}
}

// saying is the id of the row of a message that says something.
func (p *tab) saying(what string) string {
	p.t.Helper()
	return eval[string](p, `[...document.querySelectorAll(".transcript .msg")].find(m => m.innerText.includes(`+quote(what)+`)).dataset.row`)
}

func TestDirectChatWithoutScripts(t *testing.T) {
	c := demo(t)
	at := c.directChat(t, "dn_dana", "dn_piet")
	p := c.named(t, "dn_lead", "lead", how{noScript: true})
	p.visit(at).see("Why do you open this chat?").fill("#open-reason", "report 1").click(`#ask-open [type="submit"]`).see("where is the parcel")
	p.click(row(p.saying("hello there")) + " [data-tick]").act("r").see("Recalled 1 message")
	p.click(row(p.saying("pizza"))+" [data-tick]").clickText("Extensions").see("Add a key").fill("#ext-new-key", "k").fill("#ext-new-value", "v").clickText("Save").see("Saved k")
	p.clickText("Send a message").see("Who says it").fill("#send-text", "a word from above").click(`#ask-send [type="submit"]`).see("Sent to")
}

func TestReadersInASheet(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Receipts", "rs_olga:Olga", "rs_ann:Ann", "rs_bob:Bob")
	c.say(t, g, "rs_ann", "read this", map[string]any{"NeedReadReceipt": 1})
	c.must(t, "group_open_http_svc/group_msg_receipt", map[string]any{"GroupId": g, "From_Account": "rs_bob", "MsgSeqList": []any{map[string]any{"MsgSeq": 1}}})
	p := c.as(t, "moderator", how{})
	p.visit(groupPath(g, "messages")).press("jx").click(`[popovertarget="selected-more"]`).clickText("Read by").sheet().see("Have read it 1", "rs_bob")
	p.clickText("Have not").see("rs_olga").sheet()
	if at := p.at(); strings.Contains(at, "/readers") {
		t.Errorf("the sheet has become a page: %s", at)
	}
	p.press(kb.Escape).noSheet()
}
