package browsertest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

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
