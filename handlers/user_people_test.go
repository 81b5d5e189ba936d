package handlers

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient"
)

// nick is a user's name as the service has it; "" if there is no such user.
func (h *harness) nick(user string) string {
	h.t.Helper()
	list, _, err := h.app.IM.Users.GetMany(imclient.Fresh(context.Background()), []string{user})
	check(h.t, err)
	if len(list) == 0 {
		return ""
	}
	return list[0].Nick
}

func (h *harness) hasFriend(user, other string) bool {
	h.t.Helper()
	list, _, err := h.app.IM.Friends.Check(imclient.Fresh(context.Background()), user, []string{other})
	check(h.t, err)
	return len(list) == 1 && list[0].Has
}

func (h *harness) remark(user, friend string) string {
	h.t.Helper()
	list, err := h.app.IM.Friends.Get(imclient.Fresh(context.Background()), user, []string{friend})
	check(h.t, err)
	if len(list) == 0 {
		return ""
	}
	return list[0].Remark
}

func (h *harness) hasList(user, name string) bool {
	h.t.Helper()
	list, err := h.app.IM.Friends.Lists(imclient.Fresh(context.Background()), user)
	check(h.t, err)
	return slices.ContainsFunc(list, func(l imclient.FriendList) bool { return l.Name == name })
}

func (h *harness) blocks(user, other string) bool {
	h.t.Helper()
	list, _, err := h.app.IM.Blocks.Check(imclient.Fresh(context.Background()), user, []string{other})
	check(h.t, err)
	return len(list) == 1 && list[0].Has
}

func (h *harness) hasContact(user, peer string) bool {
	h.t.Helper()
	page, err := h.app.IM.Contacts.List(imclient.Fresh(context.Background()), imclient.ContactListOptions{User: user})
	check(h.t, err)
	return slices.ContainsFunc(page.Items, func(c imclient.Contact) bool { return c.Conversation.Peer == peer })
}

// write has one user write to another.
func (h *harness) write(from, to string) {
	h.t.Helper()
	h.must("openim/sendmsg", map[string]any{"From_Account": from, "To_Account": to, "MsgRandom": h.made.Add(1), "MsgBody": text("hello")})
}

// The commands of a user's parts.
const (
	cmdContacts = "recentcontact/get_list"
	cmdMarks    = "recentcontact/search_contact_group"
	cmdUnread   = "openim/get_c2c_unread_msg_num"
	cmdFriends  = "sns/friend_get"
	cmdRelation = "sns/friend_check"
	cmdLists    = "sns/group_get"
	cmdBlocks   = "sns/black_list_get"
	cmdBlocked  = "sns/black_list_check"
)

// newPeople is a harness in which ann knows some.
func newPeople(t *testing.T) *harness {
	t.Helper()
	h := newUser(t)
	h.newUsers(`<b>x:<i>Ex</i> שלום`, "cara:Cara")
	friend := func(user, other string, more map[string]any) {
		item := map[string]any{"To_Account": other}
		for k, v := range more {
			item[k] = v
		}
		h.must("sns/friend_add", map[string]any{"From_Account": user, "ForceAddFlags": 1, "AddFriendItem": []any{item}})
	}
	friend("ann", "bob", map[string]any{"Remark": "<b>老板</b>", "GroupName": "Work", "AddWording": "from g1", "AddSource": "AddSource_Type_QR"})
	h.must("sns/friend_add", map[string]any{"From_Account": "ann", "AddType": "Add_Type_Single", "ForceAddFlags": 1, "AddFriendItem": []any{map[string]any{"To_Account": "<b>x"}}})
	h.must("sns/black_list_add", map[string]any{"From_Account": "ann", "To_Account": []string{"cara"}})
	h.must("sns/black_list_add", map[string]any{"From_Account": "olga", "To_Account": []string{"ann"}})
	h.write("bob", "ann")
	h.write("bob", "ann")
	h.say("g1", "bob", text("hello"))
	return h
}

// Each part stands on a page of its own, and with its first rows on the summary.
func TestUserParts(t *testing.T) {
	t.Parallel()
	h := newPeople(t)
	b := h.as(auth.Viewer)
	b.get(uPage).is(http.StatusOK).marked(`hx-get="/apps/demo/users/ann/contacts?few=1"`, `hx-get="/apps/demo/users/ann/friends?few=1"`, `hx-get="/apps/demo/users/ann/blocks?few=1"`,
		`href="/apps/demo/users/ann/friends"`, `hx-trigger="intersect once"`)
	for _, c := range []struct {
		tab  string
		has  []string
		lead []string
	}{
		{"contacts", []string{"Conversations", "Bob", "Music", "2 unread in direct chats"}, []string{`contacts/remove?peer=bob"`, `/direct?peer=bob&amp;user=ann"`}},
		{
			"friends",
			[]string{"Friends", "Bob", "<b>老板</b>", "Work", "Both", "<i>Ex</i> שלום", "This side only", "Lists of friends", "1 friend"},
			[]string{`friends/add"`, `friends/edit?friend=bob"`, `friends/remove?ids=%3Cb%3Ex"`, `friend-lists/remove?list=Work"`},
		},
		{"blocks", []string{"Blocked by this user", "Cara"}, []string{`blocks/add"`, `blocks/remove?ids=cara"`}},
	} {
		path := uPage + "/" + c.tab
		b.get(path).is(http.StatusOK).has(append(c.has, "Ann 安")...).marked(`data-why="Your role does not allow this."`, `aria-current="page"`)
		few := b.part(path + "?few=1").is(http.StatusOK).has(c.has...)
		if strings.Contains(few.body, "<html") || !strings.Contains(few.body, `id="user-`+c.tab+`"`) {
			t.Errorf("%s on the summary is %.300s", c.tab, few.body)
		}
		h.as(auth.Lead).get(path).is(http.StatusOK).marked(c.lead...)
		for _, id := range []string{"nobody", strings.Repeat("x", 33), "用户", "a\x00b", " "} {
			b.get(userURL(h.app, id, c.tab)).is(http.StatusNotFound)
			b.part(userURL(h.app, id, c.tab)).is(http.StatusNotFound)
		}
		for _, cursor := range []string{"x", "-1", "1.2.3", "9.9.9.9.9", strings.Repeat("9", 400), "' OR 1=1"} {
			b.get(path+"?cursor="+url.QueryEscape(cursor)).is(http.StatusOK).has("That page of the list is gone.", c.has[1])
		}
	}
	b.get(uPage+"/friends").has("from g1", "QR", "the service does not tell of them")
	h.newUsers("lone:Lone")
	for tab, says := range map[string]string{"contacts": "No conversations", "friends": "No friends", "blocks": "Nobody is blocked"} {
		b.get(userURL(h.app, "lone", tab)).is(http.StatusOK).has(says)
	}
}

// What one part cannot read does not keep the others from being shown, nor the rest of the part.
func TestUserPartsOfPartsFailAlone(t *testing.T) {
	t.Parallel()
	h := newPeople(t)
	b := h.as(auth.Lead)
	const silent = "The IM service does not answer."
	for _, c := range []struct {
		command, tab string
		has, lacks   []string
	}{
		{cmdContacts, "contacts", []string{"Conversations", silent}, []string{"Bob"}},
		{cmdUnread, "contacts", []string{"Bob", "Music", "not known", "could not be counted"}, []string{silent}},
		{cmdMarks, "contacts", []string{"Bob", "2 unread", "How conversations are marked could not be read."}, []string{silent}},
		{cmdProfile, "contacts", []string{"bob", "Music", "The names could not be had"}, []string{silent}},
		{cmdFriends, "friends", []string{"Friends " + "Add friends", silent, "Lists of friends", "Work"}, []string{"老板"}},
		{cmdLists, "friends", []string{"老板", "Lists of friends", silent}, []string{"1 friend"}},
		{cmdRelation, "friends", []string{"老板", "not known", "Who is on the lists of both could not be read."}, []string{silent, "Both"}},
		{cmdBlocks, "blocks", []string{silent, "Who has blocked whom"}, []string{"Cara"}},
		{cmdBlocked, "blocks", []string{"Cara", silent}, nil},
	} {
		t.Run(c.command, func(t *testing.T) {
			h.advance(testCache)
			h.im.SetFault(emulator.Fault{Command: c.command, Status: http.StatusBadGateway})
			defer h.im.ClearFaults()
			b := b.in(t)
			b.get(uPage + "/" + c.tab + "?check=olga").is(http.StatusOK).has(c.has...).lacks(c.lacks...)
			b.part(uPage + "/" + c.tab + "?few=1").is(http.StatusOK)
		})
	}
}

func TestWhoHasBlockedWhom(t *testing.T) {
	t.Parallel()
	h := newPeople(t)
	h.must("sns/black_list_add", map[string]any{"From_Account": "bob", "To_Account": []string{"ann"}})
	h.must("sns/black_list_add", map[string]any{"From_Account": "ann", "To_Account": []string{"bob"}})
	b := h.as(auth.Viewer)
	b.get(uPage+"/blocks?check="+url.QueryEscape("olga, cara;bob\nann nobody <b>x")).is(http.StatusOK).has(
		"Has blocked this user", "Blocked by this user", "Each has blocked the other", "Not blocked", "No such user", "<i>Ex</i> שלום")
	var many []string
	for n := range checkedUsers + 1 {
		many = append(many, fmt.Sprint("u", n))
	}
	b.get(uPage+"/blocks?check="+strings.Join(many, "+")).is(http.StatusOK).has("51 at once are too many; at most 50.", "Cara")
	b.get(uPage + "/blocks?check=" + strings.Repeat("x", 40)).is(http.StatusOK).has("Cara")
}

// The sheets do what they say, from the page and without scripts; what is typed comes back if it is refused.
func TestRelationSheets(t *testing.T) {
	t.Parallel()
	h := newPeople(t)
	b := h.as(auth.Lead)
	at := uPage + "/friends"
	part := b.part(uPage + "/friends/add?now=1&paste=1&ids=cara+nobody+ann").is(http.StatusOK)
	part.has("What will happen", "Cara becomes a friend, or is asked first", "nobody is skipped: there is no such user", "Ann 安 is skipped: this is the user himself")

	if to := b.postPart(uPage+"/friends/add", at, with(nil, "ids", "cara", "how", "force", "remark", "C & D", "list", "Band")).location(); to != at {
		t.Errorf("sent to %q", to)
	}
	b.get(at).has("Nothing was changed Cara: The user has blocked the other one.") // the toast says why: cara is on ann's block list
	if h.hasFriend("ann", "cara") {
		t.Error("who is blocked is a friend")
	}
	b.post(uPage+"/blocks/remove", with(nil, "ids", "cara")).is(http.StatusSeeOther)
	b.get(at).has("Cara is blocked no longer", "Undo")
	b.post(uPage+"/friends/add", with(nil, "paste", "1", "ids", "cara olga", "how", "ask", "remark", strings.Repeat("长", 40))).is(http.StatusUnprocessableEntity).
		has("120 bytes are too long; the service takes 96.").marked("cara olga</textarea>")
	b.post(uPage+"/friends/add", with(nil, "ids", "cara", "remark", "C & D", "list", "Band")).is(http.StatusSeeOther)
	if h.remark("ann", "cara") != "C & D" || !h.hasList("ann", "Band") {
		t.Errorf("noted %q", h.remark("ann", "cara"))
	}

	sheet := b.part(uPage + "/friends/edit?friend=bob").is(http.StatusOK)
	sheet.marked(`value="&lt;b&gt;老板&lt;/b&gt;"`, ">Work</textarea>")
	b.post(uPage+"/friends/edit", with(nil, "friend", "bob", "remark", "Boss", "lists", "Work\r\n 家人 \r\n\r\n")).is(http.StatusSeeOther)
	b.get(at).has("Changed what is noted of the friend", "Boss", "家人")
	b.post(uPage+"/friends/edit", with(nil, "friend", "olga", "remark", "x", "lists", "")).is(http.StatusSeeOther)
	b.get(at).has("Nothing was changed", "not a friend")

	b.post(uPage+"/friend-lists/add", with(nil, "list", "Empty", "ids", "")).is(http.StatusSeeOther)
	b.post(uPage+"/friend-lists/add", with(nil, "list", "Band", "ids", "bob\nolga")).is(http.StatusSeeOther)
	b.get(at).has("Changed the list of friends", "Empty 0 friends", "Band 2 friends")
	b.post(uPage+"/friend-lists/remove", with(nil, "list", "Empty")).is(http.StatusSeeOther)
	if h.hasList("ann", "Empty") {
		t.Error("the list is still there")
	}

	b.post(uPage+"/friends/remove", with(nil, "ids", "bob", "way", "both")).is(http.StatusUnprocessableEntity).has("This is needed.")
	b.post(uPage+"/friends/remove", with(nil, "ids", "bob", "way", "one", "words", "asked for it")).is(http.StatusSeeOther)
	if h.hasFriend("ann", "bob") || !h.hasFriend("bob", "ann") {
		t.Error("ann's list alone was to change")
	}
	b.post(uPage+"/blocks/add", with(nil, "ids", "bob")).is(http.StatusSeeOther)
	if !h.blocks("ann", "bob") || h.hasFriend("bob", "ann") {
		t.Error("bob is not blocked, or still has ann")
	}
	b.post(uPage+"/contacts/remove", with(nil, "peer", "bob", "words", "asked for it", "clear", "1")).is(http.StatusSeeOther)
	if h.hasContact("ann", "bob") || !h.hasContact("bob", "ann") {
		t.Error("bob's conversation is on the wrong lists")
	}
	b.post(uPage+"/contacts/remove", with(nil, "group", "g1", "words", "asked for it")).is(http.StatusSeeOther)
	b.get(uPage + "/contacts").lacks("Music")
	for _, path := range []string{"friends/add", "friends/remove", "friends/edit", "friend-lists/add", "friend-lists/remove", "blocks/add", "blocks/remove", "contacts/remove"} {
		b.post(uPage+"/"+path, url.Values{}).is(http.StatusUnprocessableEntity)
		if path == "friend-lists/remove" { // there may be such a list: it is said that there is none
			continue
		}
		b.post(uPage+"/"+path, with(nil, "ids", strings.Repeat("x", 40), "list", strings.Repeat("长", 40), "friend", "\x01", "peer", "\xff")).is(http.StatusUnprocessableEntity)
		h.as(auth.Moderator).post(uPage+"/"+path, url.Values{}).is(http.StatusForbidden)
	}
}

// What somebody else did to a field meanwhile is found, and not overwritten unseen.
func TestEditProfile(t *testing.T) {
	t.Parallel()
	h := newPeople(t)
	b := h.as(auth.Lead)
	sheet := b.part(uPage+"/edit").is(http.StatusOK).has("Profile of Ann 安", "Nickname", "Birthday", "Adds friends", "Friend requests")
	stale := formOf(t, b.part(uPage+"/edit")) // in another tab
	form := formOf(t, sheet)
	form.Set("nick", "Änn <x>")
	form.Set("birthday", "2001-02-03")
	form.Set("gender", "female")
	form.Set("level", "7")
	form.Set("forbidden", "on")
	form.Set("signature", "one\r\ntwo")
	b.part(uPage + "/edit?now=1&" + form.Encode()).is(http.StatusOK).has("“Ann 安” becomes “Änn <x>”")
	b.post(uPage+"/edit", form).is(http.StatusSeeOther)
	b.get(uPage).has("Änn <x>", "2001-02-03", "female", "one", "may not send any", "Changed the profile: 6 fields")

	stale.Set("nick", "Ann the other")
	a := b.post(uPage+"/edit", stale).is(http.StatusUnprocessableEntity).has("Somebody changed this meanwhile. It is now: Änn <x>.")
	a.marked(`value="Ann the other"`)
	if h.nick("ann") != "Änn <x>" {
		t.Error("a colleague's change is lost")
	}
	again := formOf(t, a)
	b.post(uPage+"/edit", again).is(http.StatusSeeOther) // knowing it
	if h.nick("ann") != "Ann the other" {
		t.Errorf("she is called %q", h.nick("ann"))
	}
	for field, wrong := range map[string]string{
		"nick": strings.Repeat("长", 200), "birthday": "yesterday", "level": "seven", "language": "-1", "avatar": "javascript:alert(1)", "location": "a place that is too long",
		"gender": "other", "forbidden": "maybe", "allow": "",
	} {
		f := formOf(t, b.part(uPage+"/edit"))
		f.Set(field, wrong)
		f.Set("seen_"+field, "0")
		b.post(uPage+"/edit", f).is(http.StatusUnprocessableEntity)
	}
	b.post(uPage+"/edit", formOf(t, b.part(uPage+"/edit"))).is(http.StatusUnprocessableEntity).has("Nothing was changed in the form.")
	h.as(auth.Moderator).get(uPage + "/edit").is(http.StatusForbidden)
}

// formOf is what a browser sends of the profile's sheet as it stands.
func formOf(t *testing.T, a *answer) url.Values {
	t.Helper()
	_, v := a.filled("user-edit")
	return v
}

func TestDeleteUser(t *testing.T) {
	t.Parallel()
	h := newPeople(t)
	b := h.as(auth.Owner)
	h.as(auth.Lead).get(uPage + "/delete").is(http.StatusForbidden)
	b.get(uPage+"/delete").is(http.StatusOK).has("What this destroys", "Groups left 2", "Groups without an owner Work", "Friends 2", "Blocked users 1", "type the ID: ann")
	b.post(uPage+"/delete", with(nil, "confirm", "bob", "words", "asked for it")).is(http.StatusUnprocessableEntity).has("Type ann.")
	b.post(uPage+"/delete", with(nil, "confirm", "ann")).is(http.StatusUnprocessableEntity).has("This is needed.")
	if to := b.post(uPage+"/delete", with(nil, "confirm", "ann", "words", "asked for it")).is(http.StatusSeeOther).location(); to != "/apps/demo/users" {
		t.Errorf("sent to %q", to)
	}
	b.get("/apps/demo/users").has("Deleted Ann 安")
	b.get(uPage).is(http.StatusNotFound)
	h.advance(testCache)
	h.im.SetFault(emulator.Fault{Command: cmdFriends, Status: http.StatusBadGateway})
	b.get("/apps/demo/users/bob/delete").is(http.StatusOK).has("Friends could not be read", "Groups left 2")
}

func TestCheckUsers(t *testing.T) {
	t.Parallel()
	h := newPeople(t)
	b := h.as(auth.Lead)
	const page = "/apps/demo/users"
	a := b.get(page + "?check=" + url.QueryEscape("ann, nobody\n<b>x ann")).is(http.StatusOK)
	a.has("2 there, 1 without an account", "Ann 安", "<i>Ex</i> שלום", "nobody", "No account", "Import the missing one")
	a.marked(`href="/apps/demo/user-import?ids=nobody"`)
	h.as(auth.Viewer).get(page + "?check=nobody").has("No account").marked(`data-why="Your role does not allow this."`)
	if part := b.do(get, page+"?check=ann", nil, htmx(page)); !strings.HasPrefix(part.body, `<section class="panel" id="users-check"`) {
		t.Errorf("the part is %.200s", part.body)
	}
	b.get(page + "?check=" + strings.Repeat("u%20v%20w1%20", 3) + many(201)).is(http.StatusOK).has("at once are too many; at most 200.")
	b.get(page + "?check=" + strings.Repeat("x", 40)).is(http.StatusOK)
	h.advance(testCache)
	h.im.SetFault(emulator.Fault{Command: "im_open_login_svc/account_check", Status: http.StatusBadGateway})
	b.get(page+"?check=ann").is(http.StatusOK).has("The IM service does not answer.", "Opened lately")
}

// many are n ids with spaces between them, as a query has them.
func many(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint("many", i)
	}
	return strings.Join(list, "+")
}

func TestImportUsers(t *testing.T) {
	t.Parallel()
	h := newPeople(t)
	b := h.as(auth.Lead)
	const page = "/apps/demo/user-import"
	b.get(page + "?ids=one%0Atwo").is(http.StatusOK).marked("one\ntwo</textarea>")
	list := "ID,nick,avatar\n new1 , \"Neu, <b>\",https://x.example/1.png\r\nann\nnew2\n"
	a := b.post(page, with(nil, "text", list, "preview", "1")).is(http.StatusOK)
	a.has("What will happen", "Neu, <b> (new1) gets an account", "ann is skipped: has an account already", "new2 gets an account", "Import 2 users")
	if h.nick("new1") != "" {
		t.Error("the preview made an account")
	}
	to := b.post(page, with(nil, "text", list)).is(http.StatusSeeOther).location()
	done := b.get(to).is(http.StatusOK).has("2 made, 1 skipped, 0 failed", "new1", "Made 2 accounts")
	if h.nick("new1") != "Neu, <b>" {
		t.Errorf("she is called %q", h.nick("new1"))
	}
	h.as(auth.Moderator).get(to).is(http.StatusForbidden)
	done.lacks("Try the failed ones again")

	for text, says := range map[string]string{
		"": "Choose at least one.", "a\na": "Line 2: “a” stands twice.", "a,b,c,d": "Line 1: more than three fields.", strings.Repeat("x", 33): "Line 1: the ID is too long.",
		"a,b,ftp://x": "is no address of the web", ",b": "Line 1: “” cannot be an ID.", "a\x01": "cannot be an ID", "a," + strings.Repeat("长", 200): "the nickname of “a” is too long",
		"\xff\xfe": "This is no UTF-8 text.", strings.ReplaceAll(many(501), "+", "\n"): "501 at once are too many; at most 500.", strings.Repeat("x", maxImport+1): "too large",
	} {
		b.post(page, with(nil, "text", text)).is(http.StatusUnprocessableEntity).has(says)
	}
	for _, wrong := range []string{"0", "x", "99999", "-1"} {
		b.get(page + "?done=" + wrong).is(http.StatusNotFound)
	}

	// A file takes the place of what is typed, and is looked at first.
	up := b.upload(page, map[string]string{"text": "typed", "reason": "new season"}, "users.csv", "\uFEFFuserid;name\nfile1;Fünf\n")
	up.is(http.StatusOK).has("Fünf (file1) gets an account", "Import 1 user").marked("file1;Fünf", `new season</textarea>`)
	b.upload(page, nil, "big.csv", strings.Repeat("x\n", maxImport/2+1)).is(http.StatusUnprocessableEntity).has("too large")
	b.upload(page, nil, "x.xlsx", "PK\x03\x04\xff\xfe").is(http.StatusUnprocessableEntity).has("no UTF-8")
	if got := b.upload(page, nil, "huge.csv", strings.Repeat("x", maxBody+1)); got.status < 400 || got.status >= 500 {
		t.Errorf("a huge file: %d", got.status)
	}

	h.advance(testCache)
	h.im.SetFault(emulator.Fault{Command: "im_open_login_svc/multiaccount_import", ErrorCode: 70398})
	to = b.post(page, with(nil, "text", "late1\nlate2")).is(http.StatusSeeOther).location()
	b.get(to).has("0 made, 0 skipped, 2 failed", "Try the failed ones again", "70398").marked(`href="/apps/demo/user-import?ids=late1%0Alate2"`)
	h.im.ClearFaults()
	h.advance(testCache)
	h.im.SetFault(emulator.Fault{Status: http.StatusBadGateway})
	b.post(page, with(nil, "text", "late3", "preview", "1")).is(http.StatusOK).has("The IM service does not answer.")
	b.post(page, with(nil, "text", "late3")).is(http.StatusBadGateway).has("Nothing was changed").marked("late3</textarea>")
}

// upload sends a form with a file.
func (b *browser) upload(path string, fields map[string]string, name, content string) *answer {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for k, v := range fields {
		check(b.t, w.WriteField(k, v))
	}
	f, err := w.CreateFormFile("file", name)
	check(b.t, err)
	_, err = f.Write([]byte(content))
	check(b.t, err)
	check(b.t, w.Close())
	r := httptest.NewRequest(post, "http://console.test"+path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Cookie", b.cookie)
	rec := httptest.NewRecorder()
	b.h.handler.ServeHTTP(rec, r)
	return &answer{t: b.t, what: "upload to " + path, status: rec.Code, header: rec.Header(), body: rec.Body.String()}
}

func FuzzReadImport(f *testing.F) {
	for _, text := range []string{"", "a,b,c", "id;nick\na;b", "a\t\"b\"\t", "\"", "a,\"b\nc\"", ",,,", "\uFEFFa"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		users, _ := readImport(text, imclient.Limits{UserID: 32, Nick: 500})
		seen := map[string]bool{}
		for _, u := range users {
			if u.ID == "" || len(u.ID) > 32 || len(u.Nick) > 500 || seen[u.ID] {
				t.Errorf("read %+v", u)
			}
			seen[u.ID] = true
		}
	})
}
