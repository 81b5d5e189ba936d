package browsertest

import (
	"context"
	"errors"
	"net/url"
	"testing"

	"imdesk/imclient"

	"github.com/chromedp/chromedp/kb"
)

// The whole life of a group, as an operator leads it: made, filled, told things, given away, ended.
func TestLifeOfAGroup(t *testing.T) {
	c := demo(t)
	c.group(t, "Just people", "bt_olga:Olga", "bt_ann:Ann", "bt_bob:Bob")
	const id = "@TGS#_bt_life"
	p := c.as(t, "lead", how{})
	p.visit(groups).clickText("New group").sheet()
	p.pick("Community").see("Communities have no counters.")
	p.fill("#form-create-name", "Life 社群").fill("#form-create-id", id).fill("#form-create-owner", "bt_olga")
	p.pick("With topics").press(kb.Enter, ctrl).toast("Created "+id).see("Life 社群", "1 of 100,000 members")

	// Members: one is added, nobody has the other id.
	p.visit(groupPath(id, "members")).clickText("Add members").sheet()
	p.fill("#member-add #paste, #member-add [name=paste]", "bt_ann bt_olga bt_nobody").see("Ann is added to the group", "Olga is skipped: in the group already")
	p.press(kb.Enter, ctrl).noSheet().see("bt_nobody: The service did not add this user.").wait(`document.querySelector(` + quote(row("bt_ann")) + `)`)

	// An attribute is added, changed, taken back, and removed.
	p.visit(groupPath(id, "data")).see("No attributes").clickText("Add attribute").sheet()
	p.fill("#form-attribute-k", "song").fill("#form-attribute-value", "夜曲").press(kb.Enter, ctrl).toast("Changed song").see("夜曲")
	p.click(`[aria-label="Change song"]`).sheet().fill("#form-attribute-value", "Low Tide").press(kb.Enter, ctrl).toast("Changed song").see("Low Tide")
	p.press("z").toast("Undone").see("夜曲")
	p.click(`[aria-label="Remove song"]`).sheet().see("song is removed; it is “夜曲” now").clickText("Remove").toast("Changed song").see("No attributes")

	// A topic, with what is said in it.
	p.visit(groupPath(id, "topics")).see("No topics yet").clickText("New topic").sheet()
	p.fill("#form-topic_create-name", "Tickets").fill("#form-topic_create-id", id+"@TOPIC#_t").press(kb.Enter, ctrl).toast("Created " + id + "@TOPIC#_t")
	c.must(t, "group_open_http_svc/send_group_msg", map[string]any{
		"GroupId": id, "TopicId": id + "@TOPIC#_t", "From_Account": "bt_ann", "Random": 7, "MsgBody": []any{map[string]any{"MsgType": "TIMTextElem", "MsgContent": map[string]any{"Text": "in the topic"}}},
	})
	p.clickText("Tickets").see("in the topic", "Ann").clickText("Topics")
	p.click(`[aria-label="Edit Tickets"], [aria-label="Change Tickets"]`).sheet().fill("#form-topic_edit-name", "门票").press(kb.Enter, ctrl).toast("Changed the topic").see("门票")

	// It is given to Ann, and given back.
	p.visit(groupPath(id, "members") + "?q=bt_ann")
	p.visit(groupPath(id, "transfer")+"?owner="+url.QueryEscape("bt_ann")).see("Ann becomes the owner", "Olga owns it now")
	p.fill("#form-transfer-reason", "Olga asked").press(kb.Enter, ctrl).toast("Ann owns the group now")
	p.press("z").toast("Undone")

	// And it ends, once its name is typed.
	p.visit(groupPath(id, "details")).click(`[popovertarget="group-more"]`).clickText("Dismiss the group").sheet().see("2 members lose the group", "This cannot be undone")
	p.allow("status of 422")
	p.fill("#form-dismiss-confirm", "Life").fill("#form-dismiss-reason", "the end").press(kb.Enter, ctrl).see("Type “Life 社群”, or the ID, just as it is.")
	p.fill("#form-dismiss-confirm", "Life 社群").press(kb.Enter, ctrl).toast("Dismissed Life 社群")
	if _, err := c.im.Groups.Get(imclient.Fresh(context.Background()), id); !errors.Is(err, imclient.ErrNotFound) {
		t.Errorf("the group is still there: %v", err)
	}
	c.wantAudit(t, id, "group.dismiss ok", "undo.group.transfer ok", "group.transfer ok", "topic.edit ok", "topic.create ok", "group.attributes ok",
		"undo.group.attributes ok", "group.attributes ok", "group.attributes ok", "member.add partial", "group.create ok")
}
