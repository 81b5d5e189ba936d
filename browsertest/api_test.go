package browsertest

import (
	"context"
	"strings"
	"testing"

	"imdesk/store"

	"github.com/chromedp/chromedp/kb"
)

const (
	apiInfo    = "/apps/demo/api/group_open_http_svc/get_group_info"
	apiDestroy = "/apps/demo/api/group_open_http_svc/destroy_group"
)

// apiState is how the newest call by hand is recorded, with its command.
func (c *console) apiState(t testing.TB) string {
	t.Helper()
	list, err := c.db.Audit.List(context.Background(), store.AuditFilter{Action: "api.call"}, 0, 1)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d calls by hand, %v", len(list), err)
	}
	return string(list[0].State) + " " + string(list[0].Detail)
}

// The JSON follows the fields until it is edited, and Ctrl Enter sends it from anywhere in the form.
func TestAPIRead(t *testing.T) {
	c := demo(t)
	g := c.group(t, "By hand", "bt_olga:Olga")
	p := c.as(t, "owner", how{})
	p.visit("/apps/demo/api").press("/").types("get_group_info").press(kb.Enter).wait(`document.querySelectorAll("[data-row]").length === 1`)
	p.clickText("get_group_info").see("Reads what is known of groups", "Nothing sent yet")
	p.fill("#f-GroupIdList", g).wait(`document.querySelector("#api-body").value.includes(` + quote(g) + `)`)
	if got := eval[string](p, `document.activeElement.id`); got != "f-GroupIdList" {
		t.Errorf("the focus went to %q", got)
	}
	p.press(kb.Enter, ctrl).see("Accepted", `"Name": "By hand"`, "HTTP 200 OK")
	if got := eval[string](p, `document.querySelector("#say").textContent`); got != "Accepted" {
		t.Errorf("screen readers hear %q", got)
	}
	if state := c.apiState(t); !strings.HasPrefix(state, "ok") || !strings.Contains(state, "get_group_info") {
		t.Errorf("recorded: %s", state)
	}

	// JSON that is edited wins, whatever is filled in afterwards.
	p.fill("#api-body", `{"GroupIdList": ["nosuch"], "Odd": 1}`)
	p.fill("#f-GroupIdList", g+"x").see("Edited by hand")
	p.run(`document.querySelector("#api-body").focus()`)
	p.press(kb.Enter, ctrl).see("1 item refused", "nosuch")
	p.clickText("Use the fields instead").wait(`document.querySelector("#api-body").value.includes(` + quote(g+"x") + `)`)

	// What is wrong stands beside it, with line and column; nothing is lost.
	p.allow("status of 422")
	p.fill("#api-body", "{\n  \"GroupIdList\": [\"a\",]\n}").press(kb.Enter, ctrl).see("Line 2, column 23")
	if got := eval[string](p, `document.activeElement.value`); got != "{\n  \"GroupIdList\": [\"a\",]\n}" {
		t.Errorf("the focus is on %q", got)
	}
}

// A write opens the sheet; what ends something for good wants the command's name.
func TestAPIWrite(t *testing.T) {
	c := demo(t)
	g := c.group(t, "To be dismissed", "bt_olga:Olga", "bt_ann:Ann")
	p := c.as(t, "owner", how{})
	p.visit(apiDestroy).fill("#f-GroupId", g).press(kb.Enter).sheet().see("Send destroy_group", "This cannot be undone", "Type destroy_group")
	if got := p.focus(); !strings.HasPrefix(got, "Cancel") {
		t.Errorf("the focus is on %q", got)
	}
	p.press(kb.Escape).noSheet()
	if got := eval[string](p, `document.querySelector("#f-GroupId").value`); got != g {
		t.Errorf("the field has %q", got)
	}
	p.allow("status of 422")
	p.click(`#api-request .btn[data-variant="primary"]`).sheet()
	p.fill("#ask-name", "destroy").press(kb.Enter).see("This is not destroy_group.")
	if c.member(t, g, "bt_ann") == nil {
		t.Fatal("the group was dismissed")
	}
	p.fill("#ask-name", "destroy_group").press(kb.Enter).noSheet().see("Accepted")
	if state := c.apiState(t); !strings.HasPrefix(state, "ok") || !strings.Contains(state, `"body":{"GroupId":"`+g+`"}`) {
		t.Errorf("recorded: %s", state)
	}
	p.visitStatus(groupPath(g, "messages"), 404)
}

func TestAPIWithoutScripts(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Plain API", "bt_olga:Olga")
	p := c.as(t, "owner", how{noScript: true})
	p.visit(apiInfo).fill("#f-GroupIdList", g).clickText("Make it from the fields")
	p.wait(`document.querySelector("#api-body").value.includes(` + quote(g) + `)`).see("Nothing sent yet")
	p.click(`#api-request .btn[data-variant="primary"]`).see("Accepted", "Plain API")
	p.visit(apiDestroy).fill("#f-GroupId", g).click(`#api-request .btn[data-variant="primary"]`).see("Type destroy_group to send it")
	p.fill("#ask-name", "destroy_group").clickText("Send to").see("Accepted")
	if got := eval[string](p, `document.querySelector("#f-GroupId").value`); got != g {
		t.Errorf("the field has %q", got)
	}
	p.visitStatus(groupPath(g, "messages"), 404)
}

// On a phone the answer stands below the form and comes into view.
func TestAPIOnAPhone(t *testing.T) {
	c := demo(t)
	p := c.as(t, "owner", phone)
	p.visit("/apps/demo/api").fits()
	p.visit("/apps/demo/api/openim/sendmsg").fits()
	p.visit(apiInfo).fill("#f-GroupIdList", "@TGS#2C5SZEAEF").click(`#api-request .btn[data-variant="primary"]`).see("Accepted").fits()
	p.wait(`(() => { const top = document.querySelector("#api-answer-title").getBoundingClientRect().top; return top > 0 && top < innerHeight })()`)
}
