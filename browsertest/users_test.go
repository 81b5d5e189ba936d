package browsertest

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"imdesk/imclient"

	"github.com/chromedp/chromedp/kb"
)

const users = "/apps/demo/users"

func userPath(id string, parts ...string) string {
	return users + "/" + url.PathEscape(id) + strings.Join(append([]string{""}, parts...), "/")
}

// knows reports how the service says that a user and another stand to each other.
func (c *console) knows(t testing.TB, user, other string) imclient.Relation {
	t.Helper()
	list, _, err := c.im.Friends.Check(imclient.Fresh(context.Background()), user, []string{other})
	if err != nil || len(list) != 1 {
		t.Fatalf("%s and %s: %v %v", user, other, list, err)
	}
	return list[0]
}

// Accounts are imported from what is pasted, looked at before and told of one by one after.
func TestImportUsers(t *testing.T) {
	c := demo(t)
	c.must(t, "im_open_login_svc/account_import", map[string]any{"UserID": "bt_here"})
	p := c.as(t, "lead", how{})
	p.visit(users).fill(`[name="check"]`, "bt_here bt_new1").clickText("Check").see("1 there, 1 without an account")
	if at := p.at(); !strings.Contains(at, "check=bt_here") {
		t.Errorf("the address is %s", at)
	}
	p.clickText("Import the missing one").wait(`document.querySelector("#text")?.value === "bt_new1"`)
	p.fill("#text", "bt_new1, Neu <b>\nbt_here\nbt_new2").clickText("Look what will happen").see("Neu <b> (bt_new1) gets an account", "bt_here is skipped")
	p.clickText("Import 2 users").see("2 made, 1 skipped, 0 failed", "Made 2 accounts")
	u, err := c.im.Users.Get(imclient.Fresh(context.Background()), "bt_new1")
	if err != nil || u.Nick != "Neu <b>" {
		t.Errorf("made %+v, %v", u, err)
	}
}

// A profile is changed in the sheet, with a preview that follows what is typed, and undone by one key.
func TestEditProfile(t *testing.T) {
	c := demo(t)
	c.must(t, "im_open_login_svc/account_import", map[string]any{"UserID": "bt_edit", "Nick": "Before"})
	p := c.as(t, "lead", how{})
	p.visit(userPath("bt_edit")).clickText("Edit profile").sheet().fill(`#profile-nick`, "After 之后").see("“Before” becomes “After 之后”")
	p.press(kb.Enter, ctrl).noSheet().toast("Changed the profile").wait(`document.querySelector("h1").innerText === "After 之后"`)
	p.press("z").toast("Undone").wait(`document.querySelector("h1").innerText === "Before"`)
}

// The parts of a user's page are loaded as they come into view, and each has its acts.
func TestFriendsBlocksAndConversations(t *testing.T) {
	c := demo(t)
	for _, u := range []string{"bt_me:Me", "bt_pal:Pal", "bt_foe:Foe"} {
		id, nick, _ := strings.Cut(u, ":")
		c.must(t, "im_open_login_svc/account_import", map[string]any{"UserID": id, "Nick": nick})
	}
	c.must(t, "openim/sendmsg", map[string]any{
		"From_Account": "bt_pal", "To_Account": "bt_me", "MsgRandom": 7, "MsgBody": []any{map[string]any{"MsgType": "TIMTextElem", "MsgContent": map[string]any{"Text": "hello"}}},
	})
	p := c.as(t, "lead", how{})
	p.visit(userPath("bt_me"))
	parts(p)
	p.see("1 unread in direct chats", "No friends", "Nobody is blocked")
	if at := p.at(); !strings.HasSuffix(at, userPath("bt_me")) {
		t.Errorf("the address moved to %s", at)
	}

	p.visit(userPath("bt_me", "friends")).clickText("Add friends").sheet().fill(`[name="ids"]`, "bt_pal").see("Pal becomes a friend, or is asked first")
	p.fill("#sheet-remark", "室友").press(kb.Enter, ctrl).noSheet().toast("Pal: friend added, or asked").see("室友", "Both")
	if r := c.knows(t, "bt_me", "bt_pal"); !r.Has || !r.Had {
		t.Errorf("they stand %+v", r)
	}
	p.visit(userPath("bt_me", "blocks")).clickText("Block somebody").sheet().fill(`[name="ids"]`, "bt_pal bt_foe").see("Pal is blocked, and a friend no longer", "Foe is blocked")
	p.press(kb.Enter, ctrl).noSheet().toast("Blocked 2 users").see("bt_foe")
	if r := c.knows(t, "bt_me", "bt_pal"); r.Has || r.Had {
		t.Errorf("blocked, they stand %+v", r)
	}
	p.press("z").toast("Undone").see("Nobody is blocked")
	if r := c.knows(t, "bt_me", "bt_pal"); !r.Has || !r.Had {
		t.Errorf("undone, they stand %+v", r)
	}
	p.fill(`[name="check"]`, "bt_foe nobody_at_all").clickText("Look").see("Not blocked", "No such user")

	p.visit(userPath("bt_me", "contacts")).click(`[href*="contacts/remove"]`).sheet().see("The conversation with bt_pal leaves the list")
	p.fill("#words", "asked for it").press(kb.Enter, ctrl).noSheet().toast("Removed the conversation").see("No conversations")
}

// One part that the service does not answer for says so, and the others stand; trying again mends it.
func TestOnePartFailsAlone(t *testing.T) {
	c := alone(t)
	for _, u := range []string{"bt_me", "bt_pal:Pal", "bt_foe:Foe"} {
		id, nick, _ := strings.Cut(u, ":")
		c.must(t, "im_open_login_svc/account_import", map[string]any{"UserID": id, "Nick": nick})
	}
	c.must(t, "sns/friend_add", map[string]any{"From_Account": "bt_me", "ForceAddFlags": 1, "AddFriendItem": []any{map[string]any{"To_Account": "bt_pal", "GroupName": "Band"}}})
	c.must(t, "sns/black_list_add", map[string]any{"From_Account": "bt_me", "To_Account": []string{"bt_foe"}})
	p := c.as(t, "lead", how{})
	c.fault(t, `{"command": "sns/friend_get", "status": 502}`)
	p.visit(userPath("bt_me"))
	parts(p)
	p.see("does not answer", "No conversations", "Band", "Foe").lacks("On whose list")
	if n := p.count(".part-failed"); n != 1 {
		t.Errorf("%d parts failed", n)
	}
	p.axe("one part failed")
	c.mend(t)
	p.clickText("Try again").see("On whose list", "Pal")
	if at := p.at(); !strings.HasSuffix(at, userPath("bt_me")) {
		t.Errorf("the address moved to %s", at)
	}
}

// An account is deleted only by who typed its id, having read what goes with it.
func TestDeleteUser(t *testing.T) {
	c := demo(t)
	c.must(t, "im_open_login_svc/account_import", map[string]any{"UserID": "bt_gone", "Nick": "Gone"})
	p := c.as(t, "owner", how{})
	p.visit(userPath("bt_gone")).click(`[popovertarget="user-more"]`).clickText("Delete the account").sheet().see("What this destroys", "Friends")
	if got := p.focus(); !strings.HasPrefix(got, "Cancel") {
		t.Errorf("the focus is on %q", got)
	}
	p.allow("status of 422")
	p.fill("#confirm", "bt_gon").fill("#words", "asked for it").press(kb.Enter, ctrl).see("Type bt_gone.")
	p.fill("#confirm", "bt_gone").press(kb.Enter, ctrl).noSheet().toast("Deleted Gone")
	p.allow("status of 404")
	p.visitStatus(userPath("bt_gone"), 404)
}
