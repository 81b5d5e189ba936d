package handlers

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/volcengine"
	"imdesk/store"

	"golang.org/x/net/html"
)

// Ids that a float would change, or that are as large as they can be.
const (
	volcApp   = 900001
	volcName  = "study"
	volcOwner = "9223372036854775807"
	volcAnn   = "1691070514797524328"
	volcBob   = "1691070514797520002"
	volcAlien = "1691070514797529999" // never registered
)

// newVolcHarness is a harness whose app is one of Volcengine IM, beside one of Tencent's.
func newVolcHarness(t testing.TB, change ...func(*Options)) *harness {
	t.Helper()
	em, err := emulator.New(t.Context(), emulator.Config{Volc: []emulator.VolcengineApp{{AppID: volcApp, AccessKey: "AKTEST", SecretKey: "secret"}}, Seed: "none"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, em.Close()) })
	check(t, em.Start("127.0.0.1:0"))
	im, err := volcengine.New(volcengine.Config{AppID: strconv.Itoa(volcApp), AccessKey: "AKTEST", SecretKey: "secret", Endpoint: em.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(im.Close)
	app := &App{Name: volcName, Title: "Study 自习", IM: im}
	h := newHarness(t, append([]func(*Options){func(o *Options) { fixApp(o, app) }}, change...)...)
	h.app, h.im = app, em
	refused, err := im.Users.Import(context.Background(), []imclient.NewUser{{ID: volcOwner, Nick: "Olga"}, {ID: volcAnn, Nick: "Ann"}, {ID: volcBob, Nick: "Bob"}})
	if err != nil || len(refused) > 0 {
		t.Fatal(refused, err)
	}
	return h
}

// volcGroup makes a group of a type with Ann and Bob in it.
func (h *harness) volcGroup(typ imclient.GroupType, more ...string) string {
	h.t.Helper()
	ctx := context.Background()
	id, _, err := h.app.IM.Groups.Create(ctx, imclient.NewGroup{Type: typ, Name: "Maths 数学", OwnerID: volcOwner})
	if err != nil {
		h.t.Fatal(err)
	}
	users := append([]string{volcAnn, volcBob}, more...)
	if typ == volcengine.TypeLive {
		n, err := strconv.ParseInt(id, 10, 64)
		check(h.t, err)
		for _, u := range users {
			m, err := strconv.ParseInt(u, 10, 64)
			check(h.t, err)
			check(h.t, h.im.VolcEnter(ctx, volcApp, n, m))
		}
		return id
	}
	refused, err := h.app.IM.Members.Add(ctx, id, users, true)
	if err != nil || len(refused) > 0 {
		h.t.Fatal(refused, err)
	}
	return id
}

// volcSay says something and returns what a form names the message by.
func (h *harness) volcSay(group, from, what string) messageRef {
	h.t.Helper()
	said, err := h.app.IM.Messages.Send(context.Background(), imclient.Conversation{Group: group}, imclient.Draft{From: from, Body: []imclient.Element{imclient.Text{Text: what}}})
	if err != nil {
		h.t.Fatal(err)
	}
	return messageRef{seq: said.Seq, id: said.ID, from: from}
}

// volcDeed is something that this vendor alone has, or that has a page first with it.
type volcDeed struct {
	name, action string
	path         string // below the app's address; {group}, {live}
	form         url.Values
	done         func(h *harness, group, live string) bool
}

func volcDeeds(m messageRef) []volcDeed {
	ctx := context.Background()
	marked := func(h *harness, c imclient.Conversation, mark string) bool {
		list, err := h.app.IM.Contacts.Marks(ctx, c.User, []imclient.Conversation{c})
		check(h.t, err)
		return slices.Contains(list[0].Marks, mark)
	}
	inChat := func(h *harness, c imclient.Conversation, what string) bool {
		page, err := h.app.IM.Messages.History(imclient.Fresh(ctx), imclient.HistoryOptions{Conversation: c})
		check(h.t, err)
		return slices.ContainsFunc(page.Messages, func(m imclient.Message) bool { return plainText(m.Body) == what })
	}
	return []volcDeed{
		{"allow", "BatchAddWhitelistParticipant", "/groups/{live}/live/allow", with(nil, "paste", volcAnn), func(h *harness, _, live string) bool {
			page, err := h.app.IM.Rooms.Allowed(ctx, live, "", 0)
			check(h.t, err)
			return len(page.Items) == 1 && page.Items[0].UserID == volcAnn
		}},
		{"room marks", "MarkConversation", "/groups/{live}/live/room-marks", with(nil, "marks", "热门\nnew"), func(h *harness, _, live string) bool {
			marks, err := h.app.IM.Rooms.Marks(ctx, live)
			check(h.t, err)
			return slices.Equal(marks, []string{"new", "热门"})
		}},
		{"marks of people", "BatchUpdateLiveParticipants", "/groups/{live}/live/mark", with(nil, "paste", volcAnn, "marks", "学霸"), func(h *harness, _, live string) bool {
			page, err := h.app.IM.Members.List(imclient.Fresh(ctx), imclient.MemberListOptions{Group: live, Type: volcengine.TypeLive, Mark: "学霸"})
			check(h.t, err)
			return len(page.Items) == 1
		}},
		{"delete", "DeleteConversationMessage", "/groups/{group}/messages/delete", with(nil, "m", m.String(), "for", "all", "reason", "spam"), func(h *harness, group, _ string) bool {
			return !inChat(h, imclient.Conversation{Group: group}, "away")
		}},
		{"mark read", "ModifyParticipantReadIndex", "/groups/{group}/members/mark-read", with(nil, "users", volcBob), func(h *harness, group, _ string) bool {
			list, err := h.app.IM.Attendance.Reading(ctx, group)
			check(h.t, err)
			return slices.ContainsFunc(list, func(p imclient.ReadPosition) bool { return p.UserID == volcBob })
		}},
		{"settings of a conversation", "ModifyConversationSetting", "/users/" + volcAnn + "/contacts/marks", with(nil, "group", "{group}", "was_pinned", "0", "pinned", "1", "was_quiet", "0"), func(h *harness, group, _ string) bool {
			return marked(h, imclient.Conversation{Group: group, User: volcAnn}, imclient.MarkPinned)
		}},
		{"note of a block", "UpdateBlackList", "/users/" + volcAnn + "/blocks/note", with(nil, "other", volcBob, "note_key", "why", "value", "ads"), func(h *harness, _, _ string) bool {
			page, err := h.app.IM.Blocks.List(ctx, volcAnn, "", 0)
			check(h.t, err)
			return len(page.Items) == 1 && len(page.Items[0].Custom) == 1
		}},
		{"to users", "BatchSendMessage", "/send-users", with(nil, "paste", volcBob, "from", volcOwner, "text", "to users", "reason", "x"), func(h *harness, _, _ string) bool {
			return inChat(h, imclient.Conversation{User: volcBob, Peer: volcOwner}, "to users")
		}},
		{"to groups", "BatchSendGroupMessage", "/send-groups", with(nil, "groups", "{group}", "from", volcOwner, "text", "to groups", "reason", "x"), func(h *harness, group, _ string) bool {
			return inChat(h, imclient.Conversation{Group: group}, "to groups")
		}},
		{"broadcast", "UserBroadcast", "/broadcast", with(nil, "to", "tags", "tags", "vip", "text", "hello", "from", volcOwner, "keep", "3600", "confirm", volcName, "reason", "x"), nil},
		{"token", "GetAppToken", "/users/" + volcAnn + "/token", with(nil, "life", "60", "reason", "x"), nil},
	}
}

// What one does through the pages of a Volcengine app is done, and what goes wrong on the way is said.
func TestDeedsOfVolcengine(t *testing.T) {
	for name, fault := range map[string]*emulator.Fault{"nothing": nil, "refused": {ErrorCode: 100013}, "lost": {DropAfter: true}, "not JSON": {BadJSON: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newVolcHarness(t)
			b := h.as(auth.Owner)
			group, live := h.volcGroup(volcengine.TypeGroup), h.volcGroup(volcengine.TypeLive)
			away := h.volcSay(group, volcAnn, "away")
			h.volcSay(group, volcAnn, "stays")
			_, err := h.app.IM.Blocks.Add(context.Background(), volcAnn, []string{volcBob})
			check(t, err)
			in := strings.NewReplacer("{group}", group, "{live}", live)
			for _, d := range volcDeeds(away) {
				h.im.ClearFaults()
				if fault != nil {
					f := *fault
					f.Command = d.action
					h.im.SetFault(f)
				}
				form := url.Values{}
				for k, v := range d.form {
					form.Set(k, in.Replace(v[0]))
				}
				a := b.post("/apps/study"+in.Replace(d.path), form)
				if a.status == http.StatusSeeOther {
					a = b.get(settingsURL)
				}
				h.im.ClearFaults()
				sent := fault == nil || fault.ErrorCode == 0
				text := a.text()
				switch {
				case a.status != http.StatusOK:
					t.Errorf("%s: %d\n%s", d.name, a.status, text)
				case d.done != nil && d.done(h, group, live) != sent:
					t.Errorf("%s: done is %v\n%s", d.name, !sent, text)
				case !sent && !strings.Contains(text, "Nothing was changed"):
					t.Errorf("%s was refused, and it says\n%s", d.name, text)
				case sent && strings.Contains(text, "Nothing was changed"):
					t.Errorf("%s was done, and it says\n%s", d.name, text)
				}
			}
		})
	}
}

// A token is on the page once: not in the database, not on the entry's page, not in a log, and not again.
func TestTokenIsShownOnce(t *testing.T) {
	var log bytes.Buffer
	h := newVolcHarness(t, func(o *Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	b := h.as(auth.Owner)
	page := "/apps/study/users/" + volcAlien + "/token"
	b.get(page).is(http.StatusOK).has("AppToken", "cannot be revoked")
	form := with(nil, "life", "60", "key", "once")
	b.post(page, form).is(http.StatusUnprocessableEntity).has("This is needed")
	form.Set("reason", "looks into a report")
	a := b.post(page, form).is(http.StatusOK).has("shown once")
	_, rest, _ := strings.Cut(a.body, "data-copy=\"")
	token, _, found := strings.Cut(rest, "\"")
	if !found || len(token) < 10 || a.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("token %q, Cache-Control %q", token, a.header.Get("Cache-Control"))
	}
	again := b.post(page, form).is(http.StatusOK).has("shown already")
	list, err := h.store.Audit.List(context.Background(), store.AuditFilter{Action: "user.token"}, 0, 5)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	entry := b.get(entryURL(h.app, list[0].ID)).is(http.StatusOK).has("Made a token", "looks into a report")
	export := b.post("/audit/export", with(nil, "format", "jsonl")).is(http.StatusOK)
	for what, text := range map[string]string{"the second answer": again.body, "the entry": entry.body, "the export": export.body, "the log": log.String()} {
		if strings.Contains(text, token) {
			t.Errorf("%s has the token", what)
		}
	}
}

// Nobody needs an account: an id that was never registered has a page with groups, and the sidebar has what the service has.
func TestUnregisteredUser(t *testing.T) {
	h := newVolcHarness(t)
	b := h.as(auth.Owner)
	h.volcGroup(volcengine.TypeGroup, volcAlien)
	page := "/apps/study/users/" + volcAlien
	a := b.get(page).is(http.StatusOK).has("Not registered", "Maths 数学", volcAlien).lacks("Operations", "Keywords")
	if !strings.Contains(a.body, `href="/apps/study/broadcasts"`) {
		t.Error("broadcasts are not in the sidebar")
	}
	for _, path := range []string{"/contacts", "/friends", "/blocks", "/activity"} {
		b.get(page + path).is(http.StatusOK)
	}
	b.get(page + "/edit").is(http.StatusNotFound)
	b.get("/apps/study/users?check=" + volcAlien).is(http.StatusOK).has("Not registered").marked(`href="` + page + `"`)
	b.get("/apps/study/users/nosuch").is(http.StatusNotFound)
	b.get("/apps/demo/groups").is(http.StatusOK).has("Operations", "Keywords")
	b.get("/palette?q=" + volcAlien + "&at=/apps/study/groups").is(http.StatusOK).has(volcAlien)
}

// Who is in a group, and how far they have read.
func TestAttendance(t *testing.T) {
	h := newVolcHarness(t)
	b := h.as(auth.Owner)
	group, live := h.volcGroup(volcengine.TypeGroup), h.volcGroup(volcengine.TypeLive)
	m := h.volcSay(group, volcAnn, "one")
	for _, id := range []string{group, live} {
		b.get("/apps/study/groups/"+id+"/members/inside?ids="+volcAnn+"+"+volcAlien+"+nosuch").is(http.StatusOK).has("Ann", "In it", "Not in it", volcAlien)
	}
	reading := "/apps/study/groups/" + group + "/members/reading"
	b.get(reading).is(http.StatusOK).has("Nobody has read anything")
	h.do(actions.MarkMemberRead{Group: group, User: volcBob})
	b.get(reading).is(http.StatusOK).has("Bob", "Has read all", m.seq)
	h.volcSay(group, volcAnn, "two")
	b.get(reading).is(http.StatusOK).has("Not all read").marked("/members/mark-read?")
	b.get("/apps/study/groups/" + live + "/members/reading").is(http.StatusOK).has("Live rooms keep no read positions")
	many := "1"
	for i := range insideAtOnce + 1 {
		many += " " + strconv.Itoa(i+2)
	}
	b.get("/apps/study/groups/" + group + "/members/inside?ids=" + url.QueryEscape(many)).is(http.StatusOK).has("at once are too many")
}

// The live room of this vendor: the list of who may speak, its marks, and marks of people that are words.
func TestLiveRoomOfVolcengine(t *testing.T) {
	h := newVolcHarness(t)
	b := h.as(auth.Owner)
	live := h.volcGroup(volcengine.TypeLive)
	page := "/apps/study/groups/" + live + "/live"
	b.get(page).is(http.StatusOK).has("May speak while all are muted", "Nobody is on the list", "The room has no marks", "at most 10 managers").lacks("1000")
	h.do(actions.AllowInRoom{Group: live, Users: []string{volcAnn}, On: true})
	h.do(actions.MarkRoom{Group: live, Marks: []string{"热门"}, On: true})
	h.do(actions.MarkLive{Group: live, Users: []string{volcBob}, Marks: []string{"学霸"}, On: true})
	b.get(page+"?mark="+url.QueryEscape("学霸")).is(http.StatusOK).has("Ann", "热门", "Bob").marked("on=0&amp;users="+volcAnn, "/live/room-marks?")
	b.get(page + "/allow?users=" + volcAnn + "&on=0").is(http.StatusOK).has("Take off the list")
	b.post(page+"/allow", with(nil, "paste", "x y", "preview", "1")).is(http.StatusOK)
	h.im.SetFault(emulator.Fault{Command: "BatchGetWhitelistParticipant", Status: http.StatusBadGateway})
	b.get(page).is(http.StatusOK).has("热门", "does not answer")
	h.im.ClearFaults()
	b.get("/apps/study/broadcasts").is(http.StatusOK).has("Send to several groups", "has no attributes for broadcasts").lacks("does not answer")
	b.get("/apps/study/broadcast").is(http.StatusOK).lacks("Title on devices", "attributes")
	b.get("/apps/demo/broadcasts").is(http.StatusOK).has("Send to several users").marked("cannot send to several groups")
}

// Two apps side by side: each in its colour, and one key away from the same kind of page of the other.
func TestSwitchApps(t *testing.T) {
	h := newVolcHarness(t)
	b := h.as(auth.Owner)
	for path, want := range map[string]string{
		"/apps/study/groups": "/apps/demo/groups", "/apps/study/users/" + volcAnn + "/friends": "/apps/demo/users", "/apps/study/broadcast": "/apps/demo/broadcasts",
		"/apps/study/direct": "/apps/demo/direct", "/apps/study/api": "/apps/demo/api", "/apps/study/callbacks": "/apps/demo/callbacks",
		"/apps/study/new-group": "/apps/demo/groups",
		"/apps/demo/operations": "/apps/study/groups", "/apps/demo/keywords": "/apps/study/groups", "/apps/demo/users": "/apps/study/users",
		"/?app=study": "/?app=demo",
	} {
		a := b.get(path)
		link := find(a.document(), func(n *html.Node) bool { _, is := attribute(n, "data-switch-app"); return is })
		if len(link) != 1 {
			t.Errorf("%s has %d links to the next app", path, len(link))
			continue
		}
		if to, _ := attribute(link[0], "href"); to != want {
			t.Errorf("%s leads to %s, want %s", path, to, want)
		}
	}
	b.get("/apps/study/groups").marked(`data-colour="amber"`, `<meta name="theme-color" content="#7d4b05" media="(prefers-color-scheme: light)">`, "favicon-amber-", "Switch to Demo")
	b.get("/apps/demo/groups").marked(`<html lang="en" data-colour="blue"`, "favicon-blue-")
	b.get("/palette?at="+url.QueryEscape("/apps/study/users/"+volcAnn+"?x=1")).is(http.StatusOK).marked(`data-href="/apps/demo/users"`, "<kbd>b</kbd>")
}

// long are ids that a float would change.
var long = []string{volcAnn, volcOwner}

// mangled are what becomes of them in one.
var mangled = []string{"1691070514797524200", "1691070514797524224", "1.69107", "9223372036854775808", "9.22337", "9223372036854776000"}

// Ids of 64 bits come out of every page, form, link and export as they went in, and are in logs and in the audit log the same.
func TestLongIDsEverywhere(t *testing.T) {
	var log bytes.Buffer
	h := newVolcHarness(t, func(o *Options) {
		o.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	h.actions.Log = slog.New(slog.NewJSONHandler(&log, nil))
	b := h.as(auth.Owner)
	group, live := h.volcGroup(volcengine.TypeGroup, volcOwner), h.volcGroup(volcengine.TypeLive)
	m := h.volcSay(group, volcAnn, "an id in words: "+volcOwner)
	b.post("/apps/study/direct/open", with(nil, "user", volcAnn, "peer", volcOwner, "reason", "a report")).is(http.StatusSeeOther)
	skip := map[string]bool{"/apps/:app/media": true}
	visited := 0
	for _, r := range h.server.routes() {
		if r.method != get || !strings.HasPrefix(r.path, "/apps/:app/") || skip[r.path] {
			continue
		}
		for _, id := range []string{group, live} {
			if !strings.Contains(r.path, ":group") && id == live {
				continue
			}
			for _, user := range long {
				if !strings.Contains(r.path, ":user") && user == volcOwner {
					continue
				}
				path := strings.NewReplacer(":app", volcName, ":group", id, ":user", user, ":entry", "1", ":service", "message", ":command", "SendMessage", ":answer", "none", ":library", "block").Replace(r.path)
				q := url.Values{
					"users": {volcAnn}, "ids": {volcOwner}, "paste": {volcAnn + "\n" + volcOwner}, "check": {volcAnn + " " + volcOwner}, "m": {m.String()}, "user": {volcAnn},
					"peer": {volcOwner}, "seq": {m.seq}, "friend": {volcOwner}, "other": {volcOwner}, "back": {"/apps/study/users/" + volcOwner},
				}
				if strings.HasSuffix(path, "/members") || strings.HasSuffix(path, "/users") || strings.HasSuffix(path, "/groups") {
					q.Del("users")
				}
				a := b.get(path + "?" + q.Encode())
				visited++
				if a.status >= http.StatusInternalServerError {
					t.Errorf("%s: %d", path, a.status)
				}
				for _, bad := range mangled {
					if strings.Contains(a.body, bad) {
						t.Errorf("%s has %s", path, bad)
					}
				}
				if a.status == http.StatusOK && strings.Contains(r.path, ":group") && !strings.Contains(a.body, id) {
					t.Errorf("%s does not have %s", path, id)
				}
				if a.status == http.StatusOK && strings.Contains(r.path, ":user") && !strings.Contains(a.body, user) {
					t.Errorf("%s does not have %s", path, user)
				}
			}
		}
	}
	if visited < 100 {
		t.Errorf("%d pages", visited)
	}
	page := b.get("/apps/study/groups/" + group + "/messages").is(http.StatusOK).has(volcOwner)
	if !strings.Contains(page.body, "/apps/study/users/"+volcAnn) || !strings.Contains(page.body, url.QueryEscape(m.seq)) {
		t.Error("links of messages lack ids")
	}
	// What is done with them is in the log and in its exports under the same ids.
	b.post("/apps/study/groups/"+group+"/members/mute", with(nil, "users", volcAnn, "for", "1h", "why", "ads")).is(http.StatusSeeOther)
	h.im.SetFault(emulator.Fault{Command: "BatchModifyConversationParticipant", Status: http.StatusBadGateway})
	b.post("/apps/study/groups/"+group+"/members/unmute", with(nil, "users", volcAnn))
	h.im.ClearFaults()
	for _, format := range []string{"csv", "jsonl"} {
		path := "the export as " + format
		a := b.post("/audit/export", with(nil, "format", format)).is(http.StatusOK)
		for _, id := range append([]string{group}, long...) {
			if !strings.Contains(a.body, id) {
				t.Errorf("%s lacks %s", path, id)
			}
		}
		for _, bad := range mangled {
			if strings.Contains(a.body, bad) {
				t.Errorf("%s has %s", path, bad)
			}
		}
	}
	if !strings.Contains(log.String(), "request") {
		t.Error("nothing was logged")
	}
	for _, bad := range mangled {
		if strings.Contains(log.String(), bad) {
			t.Errorf("the log has %s", bad)
		}
	}
}

// The apps of the console: where they are set, and what is right with them and what is not.
func TestSettingsApps(t *testing.T) {
	h := newVolcHarness(t)
	b := h.as(auth.Owner)
	b.get("/settings/apps").is(http.StatusOK).has("Demo 演示", "Study 自习", "Volcengine 900001", "The configuration file", "The embedded IM service").lacks("AKTEST", "Key is right", testKey)
	b.get("/settings/apps?check="+volcName).is(http.StatusOK).has("Service answers Yes", "Key is right Yes").lacks("No code")
	h.im.SetFault(emulator.Fault{Status: http.StatusBadGateway})
	b.get("/settings/apps?check="+volcName).is(http.StatusOK).has("Not known", "does not answer")
	h.im.ClearFaults()
	h.as(auth.Lead).get("/settings/apps").is(http.StatusForbidden)
}
