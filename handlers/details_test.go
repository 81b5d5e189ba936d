package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/tencent"
	"imdesk/store"
)

const dPage = "/apps/demo/groups/g1/details"

// newDetails is a harness with a group that says something of itself.
func newDetails(t *testing.T) *harness {
	t.Helper()
	h := newHarness(t)
	h.newUsers("olga:Olga", "ann:Ann")
	h.newGroup("Public", "g1", "Music", "olga", "ann")
	h.change("g1", map[string]any{"Introduction": "Every\nSaturday", "Notification": "Tonight at eight", "FaceUrl": "https://cdn.example/a.png", "ApplyJoinOption": "NeedPermission"})
	return h
}

// change edits a group directly, as the app's own server would.
func (h *harness) change(group string, fields map[string]any) {
	h.t.Helper()
	fields["GroupId"] = group
	h.must("group_open_http_svc/modify_group_base_info", fields)
}

// group is a group as the service has it.
func (h *harness) group(id string) imclient.Group {
	h.t.Helper()
	g, err := h.app.IM.Groups.Get(imclient.Fresh(context.Background()), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return g
}

// acts are all that the audit log has of actions, newest first.
func (h *harness) acts(action actions.Verb) []store.AuditEntry {
	h.t.Helper()
	list, err := h.store.Audit.List(context.Background(), store.AuditFilter{Action: string(action)}, 0, store.MaxAuditPage)
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

func TestDetailsShowWhatTheServiceTells(t *testing.T) {
	t.Parallel()
	h := newDetails(t)
	seq := h.say("g1", "ann", text("hello"))
	page := h.as(auth.Lead).get(dPage).is(http.StatusOK)
	page.has("Group ID", "g1", "Olga", "olga", "Public", "Users apply to join", "2 of", "After approval", "off", "Newest seq", "Custom fields")
	page.marked(`href="/apps/demo/groups/g1/messages?seq=`+seq+`"`, `value="Music"`, ">Tonight at eight</textarea>", `value="https://cdn.example/a.png"`)
	page.has("5 of 30 bytes", "14 of 240 bytes", "16 of 300 bytes", "25 of 100 bytes")
	if part := h.as(auth.Lead).part(dPage).is(http.StatusOK); strings.Contains(part.body, "<html") || !strings.Contains(part.body, `id="details"`) {
		t.Errorf("the part is %s", part.body)
	}
}

func TestDetailsOfEveryType(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.newUsers("olga:Olga")
	for _, tt := range []struct{ kind, id, says string }{
		{"Private", "work", "Nobody can apply to join a Work group."},
		{"ChatRoom", "meet", "Everybody may join without approval."},
		{"Community", "@TGS#_com", "Everybody may join a community, and this cannot be changed."},
		{"AVChatRoom", "live", "Any number of people come and go."},
	} {
		h.newGroup(tt.kind, tt.id, tt.kind+" group", "olga")
		page := h.as(auth.Lead).get(groupURL(h.app, tt.id, tabDetails)).is(http.StatusOK).has(tt.kind+" group", tt.says)
		_, form := page.filled("details-form")
		if noJoin := tt.kind == "Private" || tt.kind == "Community"; form.Has("join") == noJoin {
			t.Errorf("%s: the join option is sent: %v", tt.kind, form.Has("join"))
		}
	}
}

func TestDetailsAreForWhoMay(t *testing.T) {
	t.Parallel()
	h := newDetails(t)
	for _, tt := range []struct {
		role   auth.Role
		fields string
	}{
		{auth.Viewer, ""}, {auth.Support, ""}, {auth.Moderator, "mute_all"}, {auth.Lead, "avatar intro join mute_all name notice"},
	} {
		_, form := h.as(tt.role).get(dPage).is(http.StatusOK).filled("details-form")
		var offered []string
		for _, field := range []string{"avatar", "intro", "join", "mute_all", "name", "notice"} {
			if form.Has(field) {
				offered = append(offered, field)
			}
		}
		if got := strings.Join(offered, " "); got != tt.fields {
			t.Errorf("%s may change %q, want %q", tt.role, got, tt.fields)
		}
	}
	h.as(auth.Viewer).get(dPage).has("Your role does not allow this.").lacks("Save")
	// What a form does not offer is refused all the same.
	h.as(auth.Moderator).post(dPage, url.Values{"name": {"Taken over"}}).is(http.StatusForbidden)
	h.as(auth.Support).post(dPage, url.Values{"mute_all": {"on"}}).is(http.StatusForbidden)
	if g := h.group("g1"); g.Name != "Music" || g.MuteAll == imclient.On {
		t.Errorf("it was changed: %+v", g)
	}
}

func TestEditDetails(t *testing.T) {
	t.Parallel()
	h := newDetails(t)
	b := h.as(auth.Lead)
	action, form := b.get(dPage).filled("details-form")
	changed := with(form, "name", "Music 音乐", "intro", "Every\r\nSunday", "join", "FreeAccess", "reason", "asked by Olga")
	b.post(action, changed).is(http.StatusSeeOther)
	if g := h.group("g1"); g.Name != "Music 音乐" || g.Intro != "Every\nSunday" || g.JoinOption != "FreeAccess" || g.Notice != "Tonight at eight" {
		t.Errorf("the group is %+v", g)
	}
	page := b.get(dPage).is(http.StatusOK).has("Changed the group", "Undo", "Everybody may join")
	list := h.acts(actions.VerbEditGroup)
	if len(list) != 1 || list[0].State != store.AuditOK || list[0].Reason != "asked by Olga" || list[0].Outcome.Done != 3 {
		t.Fatalf("the audit log has %+v", list)
	}
	// Before and after stand in the log, in words.
	h.as(auth.Lead).get(entryURL(h.app, list[0].ID)).has("What changed", "Music", "Music 音乐", "After approval", "Everybody may join")

	// Sent twice, it is carried out once.
	b.post(action, changed).is(http.StatusSeeOther)
	if n := len(h.acts(actions.VerbEditGroup)); n != 1 {
		t.Errorf("%d entries after a double submit", n)
	}
	b.post(undoOf(t, page), url.Values{}).is(http.StatusSeeOther)
	if g := h.group("g1"); g.Name != "Music" || g.Intro != "Every\nSaturday" || g.JoinOption != "NeedPermission" {
		t.Errorf("after the undo the group is %+v", g)
	}
}

func TestEditDetailsAsPart(t *testing.T) {
	t.Parallel()
	h := newDetails(t)
	b := h.as(auth.Lead)
	action, form := b.get(dPage).filled("details-form")
	a := b.postPart(action, dPage, with(form, "notice", "Cancelled")).is(http.StatusOK)
	a.marked(`hx-target="#details"`, `hx-target="#group-head"`, `hx-target="#toasts"`, ">Cancelled</textarea>").has("Changed the group")
	// The form that comes back goes on from there.
	_, again := a.filled("details-form")
	if again.Get("key") == form.Get("key") {
		t.Error("the key is used again")
	}
	b.postPart(action, dPage, with(again, "notice", "Not cancelled")).is(http.StatusOK).has("Changed the group")
	if g := h.group("g1"); g.Notice != "Not cancelled" {
		t.Errorf("the notice is %q", g.Notice)
	}
}

func TestEditDetailsRefused(t *testing.T) {
	t.Parallel()
	h := newDetails(t)
	b := h.as(auth.Lead)
	action, form := b.get(dPage).filled("details-form")
	for _, tt := range []struct {
		name string
		form url.Values
		says string
	}{
		{"no name", with(form, "name", "  ", "intro", "kept"), "This is needed."},
		{"too long", with(form, "name", strings.Repeat("群", 11), "intro", "kept"), "33 bytes are too long; the service takes 30."},
		{"no such option", with(form, "join", "Sometimes", "intro", "kept"), "Choose one of the ways to join."},
		{"too long a reason", with(form, "reason", strings.Repeat("x", 1001), "intro", "kept"), "1,001 bytes are too long"},
	} {
		for _, a := range []*answer{b.post(action, tt.form), b.postPart(action, dPage, tt.form)} {
			a.is(http.StatusUnprocessableEntity).has(tt.says).marked(">kept</textarea>")
		}
	}
	b.post(action, form).is(http.StatusUnprocessableEntity).has("Nothing was changed in the form.")
	if n := len(h.acts(actions.VerbEditGroup)); n != 0 {
		t.Errorf("%d entries", n)
	}
	h.as(auth.Lead).get("/apps/demo/groups/nosuch/details").is(http.StatusNotFound)
	h.as(auth.Lead).post("/apps/demo/groups/nosuch/details", form).is(http.StatusNotFound)
}

func TestEditDetailsMeetsAColleague(t *testing.T) {
	t.Parallel()
	h := newDetails(t)
	b := h.as(auth.Lead)
	action, form := b.get(dPage).filled("details-form")
	h.change("g1", map[string]any{"Notification": "Moved to nine", "Introduction": "Somebody else’s"})

	// What nobody touched here is no conflict and is not put back.
	mine := with(form, "notice", "Cancelled", "name", "Music II")
	a := b.post(action, mine).is(http.StatusUnprocessableEntity).has("Somebody changed this meanwhile. It is now: Moved to nine.")
	a.marked(">Cancelled</textarea>", `value="Music II"`)
	if g := h.group("g1"); g.Name != "Music" || g.Notice != "Moved to nine" {
		t.Errorf("it was changed: %+v", g)
	}
	// Sent again, now that theirs was seen, it goes through; and what they made of the introduction stays.
	_, again := a.filled("details-form")
	b.post(action, again).is(http.StatusSeeOther)
	if g := h.group("g1"); g.Name != "Music II" || g.Notice != "Cancelled" || g.Intro != "Somebody else’s" {
		t.Errorf("the group is %+v", g)
	}
	// A colleague who had the same idea is no conflict.
	_, form = b.get(dPage).filled("details-form")
	h.change("g1", map[string]any{"Name": "Music III"})
	b.post(action, with(form, "name", "Music III")).is(http.StatusSeeOther)
	b.get(dPage).has("it is so already")
}

// Texts that a form cannot hold as they are must not be taken for changes.
func TestEditDetailsKeepsWhatIsUntouched(t *testing.T) {
	t.Parallel()
	h := newDetails(t)
	b := h.as(auth.Lead)
	h.change("g1", map[string]any{"Name": "two\nlines", "Introduction": "\n\nbegins\r\nlater\tand\u0001on", "Notification": "</textarea><b>"})
	before := h.group("g1")
	action, form := b.get(dPage).is(http.StatusOK).filled("details-form")
	b.post(action, with(form, "avatar", "")).is(http.StatusSeeOther)
	after := h.group("g1")
	if after.AvatarURL != "" || after.Name != before.Name || after.Intro != before.Intro || after.Notice != before.Notice {
		t.Errorf("it was %q %q %q, is %q %q %q", before.Name, before.Intro, before.Notice, after.Name, after.Intro, after.Notice)
	}
}

func TestDetailsMuteAllIsAskedAgain(t *testing.T) {
	t.Parallel()
	h := newDetails(t)
	b := h.as(auth.Lead)
	action, form := b.get(dPage).filled("details-form")
	mine := with(form, "mute_all", "on", "name", "Quiet")
	for _, a := range []*answer{b.post(action, mine), b.postPart(action, dPage, mine)} {
		a.is(http.StatusOK).has("What will change", "Save, and mute all", "Music", "Quiet").marked(`value="Quiet"`, `name="confirmed"`)
		if g := h.group("g1"); g.Name != "Music" || g.MuteAll == imclient.On {
			t.Errorf("it was changed without being asked: %+v", g)
		}
		mine = a.mustFill("details-form")
	}
	b.post(action, mine).is(http.StatusSeeOther)
	if g := h.group("g1"); g.Name != "Quiet" || g.MuteAll != imclient.On {
		t.Errorf("the group is %+v", g)
	}
	b.get(dPage).has("Changed the group", "Mute all is changed", "All muted")
	// Who may not change the rest can still lift it.
	m := h.as(auth.Moderator)
	_, form = m.get(dPage).filled("details-form")
	a := m.post(action, with(form, "mute_all", "off")).is(http.StatusOK).has("Save, and let everybody speak")
	m.post(action, a.mustFill("details-form")).is(http.StatusSeeOther)
	if g := h.group("g1"); g.MuteAll != imclient.Off {
		t.Errorf("mute all is %v", g.MuteAll)
	}
	for _, v := range []actions.Verb{actions.VerbMuteAll, actions.VerbEditGroup} {
		for _, e := range h.acts(v) {
			if e.State != store.AuditOK {
				t.Errorf("entry %d of %s is %s", e.ID, v, e.State)
			}
		}
	}
}

func (a *answer) mustFill(id string) url.Values {
	a.t.Helper()
	_, form := a.filled(id)
	return form
}

func TestDetailsUnderFaults(t *testing.T) {
	t.Parallel()
	h := newDetails(t)
	b := h.as(auth.Lead)
	action, form := b.get(dPage).filled("details-form")
	mine := with(form, "name", "Renamed", "reason", "typed with care")
	const info, edit = "group_open_http_svc/get_group_info", "group_open_http_svc/modify_group_base_info"

	// The group cannot be read: nothing typed is lost, and nothing was sent.
	h.im.SetFault(emulator.Fault{Command: info, Status: http.StatusBadGateway})
	b.post(action, mine).is(http.StatusBadGateway).has("The IM service does not answer.", "Nothing was changed").marked(`value="Renamed"`, "typed with care")
	b.postPart(action, dPage, mine).is(http.StatusBadGateway).has("The IM service does not answer.", "Nothing was changed")
	h.im.ClearFaults()
	b.post(action, mine).is(http.StatusSeeOther)
	if g := h.group("g1"); g.Name != "Renamed" {
		t.Errorf("the name is %q", g.Name)
	}

	// The answer is lost after the work: the page says what is so.
	_, form = b.get(dPage).filled("details-form")
	h.im.SetFault(emulator.Fault{Command: edit, DropAfter: true})
	b.post(action, with(form, "name", "Renamed twice")).is(http.StatusSeeOther)
	h.im.ClearFaults()
	b.get(dPage).has("Changed the group").marked(`value="Renamed twice"`).lacks("Nothing was changed")

	// Refused: the page says so, with the field's name.
	_, form = b.get(dPage).filled("details-form")
	h.im.SetFault(emulator.Fault{Command: edit, ErrorCode: 10007})
	b.post(action, with(form, "name", "Not to be")).is(http.StatusSeeOther)
	h.im.ClearFaults()
	b.get(dPage).has("Name: " + refused).marked(`value="Renamed twice"`)
}

// Of two parts the first is done and the second cannot be sent.
func TestDetailsHalfDone(t *testing.T) {
	t.Parallel()
	h := newDetails(t)
	b := h.as(auth.Lead)
	action, form := b.get(dPage).filled("details-form")
	a := b.post(action, with(form, "mute_all", "on", "name", "Half")).is(http.StatusOK)
	mine := a.mustFill("details-form")
	// The second part's key was used for something else.
	_, err := h.actions.Do(context.Background(), actions.Actor{OperatorID: h.operator(auth.Lead), Can: func(actions.Verb) bool { return true }}, h.app.Target(),
		actions.Notice{Common: actions.Common{Key: mine.Get("key") + "-mute"}, Group: "g1", Text: "x"})
	if err != nil {
		t.Fatal(err)
	}
	b.post(action, mine).is(http.StatusSeeOther)
	b.get(dPage).has("Changed the group", "Mute all was not changed; the rest is.").marked(`value="Half"`)
	if g := h.group("g1"); g.MuteAll == imclient.On {
		t.Error("all are muted")
	}
}

// operator is the id of who signs in as a role.
func (h *harness) operator(role auth.Role) string {
	h.t.Helper()
	o, err := h.store.Operators.ByName(context.Background(), "op_"+string(role))
	if err != nil {
		h.t.Fatal(err)
	}
	return o.ID
}

func TestCustomFact(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(o *Options) {
		client, err := tencent.New(tencent.Config{
			SDKAppID: "1400000001", Administrator: testAdmin, Key: testKey, Endpoint: "http://" + o.Apps.All()[0].MediaHosts[0], GroupFields: []string{"level", "blob"}, Now: o.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		o.Apps.All()[0].IM = client
	})
	h.newUsers("olga:Olga")
	h.newGroup("Public", "g1", "Music", "olga")
	h.change("g1", map[string]any{"AppDefinedData": []map[string]any{{"Key": "level", "Value": "<b>gold</b> 金"}, {"Key": "blob", "Value": "\u0000\u0001PNG\u001b"}}})
	h.as(auth.Viewer).get(dPage).has("level", "<b>gold</b> 金", "blob", `\x00\x01PNG\x1b (6 B, not text)`).lacks("None is told.")

	for _, tt := range []struct{ name, value, want string }{
		{"empty", "", ""},
		{"lines", "a\n\tb", "a\n\tb"},
		{"not UTF-8", "a\xff", `a\xff (2 B, not text)`},
		{"replaced already", "a\uFFFD", `a\ufffd (4 B, not text)`},
		{"long", strings.Repeat("金", 200), strings.Repeat("金", 170) + "…"},
	} {
		if got := customFact(in(t, "en"), imclient.Field{Key: "k", Value: tt.value}); got.Value != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got.Value, tt.want)
		}
	}
}
