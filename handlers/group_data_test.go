package handlers

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient"
)

const dataPage = "/apps/demo/groups/g1/data"

// newKept is a harness with a group that the app keeps something with, and a community with topics.
func newKept(t *testing.T) *harness {
	t.Helper()
	h := newHarness(t)
	h.newUsers("olga:Olga", "ann:Ann", "bob:Bob")
	h.newGroup("Public", "g1", "Music", "olga", "ann", "*bob")
	h.must("group_open_http_svc/set_group_attr", map[string]any{"GroupId": "g1", "GroupAttr": []any{
		map[string]any{"key": "song", "value": "<b>夜曲</b>"}, map[string]any{"key": "empty", "value": ""},
	}})
	h.must("group_open_http_svc/update_group_counter", map[string]any{"GroupId": "g1", "Mode": "Set", "GroupCounter": []any{map[string]any{"Key": "likes", "Value": 48213}}})
	h.change("g1", map[string]any{"AppDefinedData": []any{map[string]any{"Key": "city", "Value": "sg"}}})
	h.must("group_open_http_svc/create_group", map[string]any{"Type": "Community", "GroupId": "@TGS#_city", "Name": "City", "Owner_Account": "olga", "SupportTopic": 1})
	h.must("group_open_http_svc/add_group_member", map[string]any{"GroupId": "@TGS#_city", "MemberList": []any{map[string]any{"Member_Account": "ann"}}})
	return h
}

const community = "@TGS#_city"

// newTopic makes a topic of the community.
func (h *harness) newTopic(part, name string) string {
	h.t.Helper()
	id := community + "@TOPIC#_" + part
	h.must("million_group_open_http_svc/create_topic", map[string]any{"GroupId": community, "TopicId": id, "TopicName": name})
	return id
}

func (h *harness) attributes(group string) map[string]string {
	h.t.Helper()
	list, err := h.app.IM.Attributes.List(context.Background(), group)
	check(h.t, err)
	m := map[string]string{}
	for _, f := range list {
		m[f.Key] = f.Value
	}
	return m
}

// count is a counter; -1 if it is not there.
func (h *harness) count(group, key string) int64 {
	h.t.Helper()
	list, err := h.app.IM.Counters.List(context.Background(), group, key)
	check(h.t, err)
	if len(list) == 0 {
		return -1
	}
	return list[0].Value
}

func (h *harness) topics() []imclient.Topic {
	h.t.Helper()
	list, err := h.app.IM.Topics.List(context.Background(), community)
	check(h.t, err)
	return list
}

func TestDataPage(t *testing.T) {
	t.Parallel()
	h := newKept(t)
	b := h.as(auth.Lead)
	page := b.get(dataPage).is(http.StatusOK).has("Custom fields", "city sg", "Attributes", "<b>夜曲</b>", "not set", "Counters", "48,213", "Set a counter", "Add attribute")
	if strings.Contains(page.body, "<b>夜曲") {
		t.Error("an attribute is markup")
	}
	h.as(auth.Viewer).get(dataPage).is(http.StatusOK).has("48,213").marked(`data-why="Your role does not allow this."`)
	b.get("/apps/demo/groups/" + url.PathEscape(community) + "/data").is(http.StatusOK).has("Communities have no counters.")
	b.get("/apps/demo/groups/none/data").is(http.StatusNotFound)

	// One part fails, the others stand; that part is asked for again by itself.
	h.im.SetFault(emulator.Fault{Command: "group_open_attr_http_svc/get_group_attr", ErrorCode: 10002})
	b.get(dataPage).is(http.StatusOK).has("city sg", "48,213", "Try again").lacks("夜曲")
	h.im.ClearFaults()
	part := b.do(get, dataPage, nil, map[string]string{"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "section#attributes"}).is(http.StatusOK).has("夜曲")
	part.lacks("48,213")
	if strings.Contains(part.body, "<html") {
		t.Error("a part is a whole page")
	}
}

func TestAttributeForms(t *testing.T) {
	t.Parallel()
	h := newKept(t)
	b := h.as(auth.Lead)
	path := dataPage + "/attribute"
	// A new one, by a form as it is shown.
	action, form := b.get(path).is(http.StatusOK).filled("form-attribute")
	b.post(action, with(form, "k", "host", "value", "ann\r\nand bob")).is(http.StatusSeeOther)
	if got := h.attributes("g1")["host"]; got != "ann\nand bob" {
		t.Errorf("host is %q", got)
	}
	b.get(dataPage).has("Changed host")
	// Adding what is there is refused, and so is what is too long; what was typed stays.
	b.post(action, with(form, "k", "song", "value", "mine")).is(http.StatusUnprocessableEntity).has("This key is there already.").marked(">mine</textarea>")
	b.post(action, with(form, "k", strings.Repeat("k", 33), "value", strings.Repeat("v", 4001))).is(http.StatusUnprocessableEntity).has("33 bytes are too long", "4,001 bytes are too long")
	b.post(action, with(form, "k", "", "value", "x")).is(http.StatusUnprocessableEntity).has("This is needed.")

	// A change, while a colleague changes it, too.
	action, form = b.get(path + "?k=song").is(http.StatusOK).marked("readonly").filled("form-attribute")
	h.must("group_open_http_svc/modify_group_attr", map[string]any{"GroupId": "g1", "GroupAttr": []any{map[string]any{"key": "song", "value": "theirs"}}})
	a := b.post(action, with(form, "value", "mine")).is(http.StatusUnprocessableEntity).has("Somebody changed this meanwhile. It is now: theirs.").marked(">mine</textarea>")
	if h.attributes("g1")["song"] != "theirs" {
		t.Error("the colleague's change is lost")
	}
	action, form = a.filled("form-attribute") // what came back says what is so now
	h.advance(2 * time.Second)
	b.post(action, form).is(http.StatusSeeOther)
	if h.attributes("g1")["song"] != "mine" {
		t.Errorf("the attributes are %v", h.attributes("g1"))
	}

	// Removing one, and undoing it.
	action, form = b.get(dataPage + "/remove-attributes?key_of=song").is(http.StatusOK).has("song is removed; it is “mine” now").filled("form-remove_attributes")
	h.advance(2 * time.Second)
	b.post(action, form).is(http.StatusSeeOther)
	if _, there := h.attributes("g1")["song"]; there {
		t.Error("it is still there")
	}
	h.advance(2 * time.Second)
	b.post(undoURL(h.app, h.acts(actions.VerbAttributes)[0].ID), url.Values{}).is(http.StatusSeeOther)
	if h.attributes("g1")["song"] != "mine" {
		t.Error("not back")
	}
	// Removing all of what was seen: not what came since.
	action, form = b.get(dataPage+"/clear-attributes").is(http.StatusOK).has("host", "song", "empty").filled("form-clear_attributes")
	h.must("group_open_http_svc/modify_group_attr", map[string]any{"GroupId": "g1", "GroupAttr": []any{map[string]any{"key": "new", "value": "x"}}})
	h.advance(2 * time.Second)
	a = b.post(action, form).is(http.StatusUnprocessableEntity).has("Somebody changed this meanwhile.")
	action, form = a.filled("form-clear_attributes")
	b.post(action, form).is(http.StatusSeeOther)
	if len(h.attributes("g1")) != 0 {
		t.Errorf("left: %v", h.attributes("g1"))
	}
	if e := h.acts(actions.VerbAttributes); len(e) != 4 || !slices.Contains([]string{"g1"}, e[0].Group) {
		t.Errorf("recorded: %d", len(e))
	}
}

func TestCounterForms(t *testing.T) {
	t.Parallel()
	h := newKept(t)
	b := h.as(auth.Lead)
	path := dataPage + "/counter"
	action, form := b.get(path+"?k=likes&fixed=1").is(http.StatusOK).has("64 bits", "Now 48,213").filled("form-counter")
	b.part(path + "?now=1&k=likes&how=add&value=7").is(http.StatusOK).has("likes goes from 48213 to 48220")
	b.post(action, with(form, "value", "7")).is(http.StatusSeeOther)
	b.post(action, with(form, "k", "likes", "how", "take", "value", "20")).is(http.StatusUnprocessableEntity).has("This form was sent before, with other values.") // its key is used up
	_, form = b.get(path + "?k=likes&fixed=1").filled("form-counter")
	b.post(action, with(form, "how", "take", "value", "20")).is(http.StatusSeeOther)
	if got := h.count("g1", "likes"); got != 48200 {
		t.Errorf("likes: %d", got)
	}
	for value, says := range map[string]string{
		"": "A whole number is needed.", "1.5": "A whole number is needed.", "0": "A whole number other than 0.", "-3": "A number above 0",
		"9223372036854775807": "would leave its range", "99999999999999999999": "A whole number is needed.",
	} {
		_, form := b.get(path + "?k=likes").filled("form-counter")
		b.post(action, with(form, "how", "add", "value", value)).is(http.StatusUnprocessableEntity).has(says)
	}
	_, form = b.get(path).filled("form-counter")
	b.post(action, with(form, "k", "votes", "how", "set", "value", "-12")).is(http.StatusSeeOther)
	if got := h.count("g1", "votes"); got != -12 {
		t.Errorf("votes: %d", got)
	}
	action, form = b.get(dataPage + "/remove-counters?key_of=votes").is(http.StatusOK).filled("form-remove_counters")
	b.post(action, form).is(http.StatusSeeOther)
	if got := h.count("g1", "votes"); got != -1 {
		t.Errorf("votes: %d", got)
	}
	b.get("/apps/demo/groups/" + url.PathEscape(community) + "/data/counter").is(http.StatusConflict).has("Communities have no counters.")
}

func TestFieldForms(t *testing.T) {
	t.Parallel()
	h := newKept(t)
	b := h.as(auth.Lead)
	action, form := b.get(dataPage + "/fields").is(http.StatusOK).marked(">sg</textarea>").filled("form-group_fields")
	b.post(action, form).is(http.StatusUnprocessableEntity).has("Nothing was changed in the form.")
	b.post(action, with(form, "value_0", "jkt", "new_key", "theme", "new_value", "dark")).is(http.StatusSeeOther)
	if got := h.group("g1").Custom; !slices.Equal(got, []imclient.Field{{Key: "city", Value: "jkt"}, {Key: "theme", Value: "dark"}}) {
		t.Errorf("the fields are %v", got)
	}
	b.post(action, with(form, "value_0", "kl")).is(http.StatusUnprocessableEntity).has("It is now: jkt").marked(">kl</textarea>")
	_, form = b.get(dataPage + "/fields").filled("form-group_fields")
	b.post(action, with(form, "new_key", "", "new_value", "x")).is(http.StatusUnprocessableEntity)
	b.post(action, with(form, "new_key", "city", "new_value", "x")).is(http.StatusUnprocessableEntity).has("This key is there already.")
	// A key that the service does not tell: nobody can look, and the toast says nothing else.
	b.post(action, with(form, "new_key", "secret", "new_value", "x")).is(http.StatusSeeOther)
	if e := h.acts(actions.VerbGroupFields)[0]; e.State != "ok" {
		t.Errorf("recorded as %s", e.State)
	}

	path := "/apps/demo/groups/g1/members/fields?users="
	action, form = b.get(path + "ann").is(http.StatusOK).has("ann").filled("form-member_fields")
	b.post(action, with(form, "new_key", "level", "new_value", "3")).is(http.StatusSeeOther)
	_, form = b.get(path + "ann").marked(">3</textarea>").filled("form-member_fields")
	b.post(action, with(form, "value_0", "")).is(http.StatusSeeOther)
	if got := h.member("g1", "ann").Custom; len(got) != 0 {
		t.Errorf("the member has %v", got)
	}
	b.post(undoURL(h.app, h.acts(actions.VerbMemberFields)[0].ID), url.Values{}).is(http.StatusSeeOther)
	if got := h.member("g1", "ann").Custom; len(got) != 1 || got[0].Value != "3" {
		t.Errorf("after the undo the member has %v", got)
	}
	for _, who := range []string{"", "nobody"} {
		b.get(path + who).is(http.StatusBadRequest).has("Choose one member of the group.")
	}
	b.get("/apps/demo/audit")
	entry := b.get(entryURL(h.app, h.acts(actions.VerbMemberFields)[1].ID)).is(http.StatusOK).has("Changed a member’s fields", "level")
	entry.has("What changed")
}

func TestCreateGroupForm(t *testing.T) {
	t.Parallel()
	h := newKept(t)
	b := h.as(auth.Lead)
	const path = "/apps/demo/new-group"
	b.get("/apps/demo/groups").has("New group", "Import group").marked(`href="` + path + `"`)
	h.as(auth.Moderator).get("/apps/demo/groups").marked(`data-why="Your role does not allow this."`)
	action, form := b.get(path).is(http.StatusOK).has("Members can be muted.").filled("form-create")
	b.part(path+"?now=1&type=AVChatRoom").is(http.StatusOK).has("Nobody can be added to a live room.", "A live room cannot be transferred.")
	full := with(form, "type", "Public", "id", "mine", "name", "Night <b>", "owner", "olga", "members", "ann, bob nobody-here", "intro", "i", "notice", "n",
		"avatar", "https://cdn.example/a.png", "join", "FreeAccess", "most", "300", "custom", "city=sg\r\n\r\ntheme = dark")
	to := b.post(action, full).is(http.StatusSeeOther).location()
	if to != "/apps/demo/groups/mine/members" {
		t.Errorf("leads to %s", to)
	}
	g := h.group("mine")
	if g.Name != "Night <b>" || g.OwnerID != "olga" || g.Intro != "i" || g.Notice != "n" || g.JoinOption != "FreeAccess" || g.MaxMembers != 300 || g.Members != 3 ||
		!slices.Equal(g.Custom, []imclient.Field{{Key: "city", Value: "sg"}, {Key: "theme", Value: "dark"}}) {
		t.Errorf("made %+v", g)
	}
	b.get(to).has("Created mine", "1 of 3", "nobody-here: The service did not add this user.", "Night <b>")

	// Hostile input comes back filled in, with the reason beside the field.
	for name, tt := range map[string]struct {
		pairs []string
		says  string
	}{
		"no name":             {[]string{"name", " "}, "This is needed."},
		"a name too long":     {[]string{"name", strings.Repeat("长", 11)}, "33 bytes are too long"},
		"an id that is taken": {[]string{"id", "g1"}, "A group or topic has this ID already."},
		"no number":           {[]string{"most", "many"}, "A whole number is needed."},
		"a pair that is none": {[]string{"custom", "city"}, "“city” is not key=value."},
		"a key twice":         {[]string{"custom", "city=1\ncity=2"}, "“city” stands here twice."},
		"no such type":        {[]string{"type", "<script>"}, ""},
		"live, and members":   {[]string{"type", "AVChatRoom", "members", "ann", "join", "", "most", ""}, "Nobody can be added to a live room."},
		"live, and a limit":   {[]string{"type", "AVChatRoom", "members", "", "join", ""}, "A live room takes any number of people."},
		"work, and a way in":  {[]string{"type", "Private", "members", ""}, "Nobody can apply to join a Work group."},
		"topics elsewhere":    {[]string{"topics", "1"}, "Only communities have topics."},
	} {
		a := b.post(action, with(with(full, "id", "", "key", ""), tt.pairs...))
		if a.status != http.StatusUnprocessableEntity && name != "no such type" || a.status == http.StatusInternalServerError {
			t.Errorf("%s: status %d\n%s", name, a.status, a.text())
			continue
		}
		if tt.says != "" {
			a.has(tt.says)
		}
	}
	if page, err := h.app.IM.Groups.List(imclient.Fresh(context.Background()), imclient.GroupListOptions{}); err != nil || page.Total != 3 {
		t.Errorf("%d groups, %v", page.Total, err)
	}
	// The service refuses: what was typed stays, too.
	b.post(action, with(full, "id", "", "owner", "no-such-owner", "key", "")).is(http.StatusUnprocessableEntity).has("Nothing was changed").marked(`value="no-such-owner"`)
}

func TestImportGroupForm(t *testing.T) {
	t.Parallel()
	h := newKept(t)
	b := h.as(auth.Lead)
	action, form := b.get("/apps/demo/import-group").is(http.StatusOK).has("nobody is told, no callback runs", "Live rooms cannot be imported.").filled("form-import")
	b.post(action, with(form, "name", "Old", "id", "old", "owner", "olga", "created", "2024-05-01T08:30")).is(http.StatusSeeOther)
	if g := h.group("old"); !g.Created.Equal(time.Date(2024, 5, 1, 0, 30, 0, 0, time.UTC)) {
		t.Errorf("made at %s", g.Created)
	}
	_, form = b.get("/apps/demo/import-group").filled("form-import")
	b.post(action, with(form, "name", "x", "created", "soon")).is(http.StatusUnprocessableEntity)
	b.post(action, with(form, "name", "x", "created", "2099-01-01T00:00")).is(http.StatusUnprocessableEntity).has("This moment has not come yet.")
	b.post(action, with(form, "name", "x", "type", "AVChatRoom")).is(http.StatusConflict).has("Live rooms cannot be imported.")
}

func TestDismissForm(t *testing.T) {
	t.Parallel()
	h := newKept(t)
	h.say("g1", "ann", text("hello"))
	b := h.as(auth.Lead)
	action, form := b.get("/apps/demo/groups/g1/dismiss").is(http.StatusOK).
		has("3 members lose the group", "All that was said in it is gone", "This cannot be undone").filled("form-dismiss")
	b.post(action, with(form, "confirm", "music", "reason", "spam")).is(http.StatusUnprocessableEntity).has("Type “Music”, or the ID, just as it is.")
	b.post(action, with(form, "confirm", "Music")).is(http.StatusUnprocessableEntity).has("This is needed.")
	h.im.SetFault(emulator.Fault{Command: "group_open_http_svc/destroy_group", ErrorCode: 10007})
	b.post(action, with(form, "confirm", "g1", "reason", "spam", "key", "")).is(http.StatusUnprocessableEntity).has("Nothing was changed")
	h.im.ClearFaults()
	if to := b.post(action, with(form, "confirm", "Music", "reason", "spam", "key", "")).is(http.StatusSeeOther).location(); to != "/apps/demo/groups" {
		t.Errorf("leads to %s", to)
	}
	b.get("/apps/demo/groups").has("Dismissed Music")
	b.get("/apps/demo/groups/g1/details").is(http.StatusNotFound)
	if e := h.acts(actions.VerbDismiss); len(e) != 2 || e[0].Reason != "spam" {
		t.Errorf("recorded: %+v", e)
	}
}

func TestTransferForm(t *testing.T) {
	t.Parallel()
	h := newKept(t)
	b := h.as(auth.Lead)
	const path = "/apps/demo/groups/g1/transfer"
	action, form := b.get(path+"?owner=ann").is(http.StatusOK).has("Ann becomes the owner", "Olga owns it now and stays as a plain member").filled("form-transfer")
	b.part(path + "?now=1&owner=stranger").is(http.StatusOK).has("stranger is not a member of the group.")
	b.post(action, with(form, "owner", "stranger", "reason", "x")).is(http.StatusUnprocessableEntity).has("stranger is not a member of the group.")
	b.post(action, with(form, "reason", "Olga asked")).is(http.StatusSeeOther)
	if h.group("g1").OwnerID != "ann" {
		t.Error("not transferred")
	}
	b.get("/apps/demo/groups/g1/details").has("Ann owns the group now")
	b.post(undoURL(h.app, h.acts(actions.VerbTransfer)[0].ID), url.Values{}).is(http.StatusSeeOther)
	if h.group("g1").OwnerID != "olga" {
		t.Error("not given back")
	}
	b.get(path + "?owner=olga").has("Olga is skipped: it is so already")
	h.newGroup("AVChatRoom", "live", "Live", "olga")
	b.get("/apps/demo/groups/live/transfer").is(http.StatusConflict).has("A live room cannot be transferred.")
	b.get("/apps/demo/groups/live/details").marked(`data-why="A live room cannot be transferred.`)
}

func TestAddMembersSheet(t *testing.T) {
	t.Parallel()
	h := newKept(t)
	h.newUsers("carl:Carl", "dora:Dora")
	const path = "/apps/demo/groups/g1/members/add"
	b := h.as(auth.Moderator)
	action, form := b.get(path).is(http.StatusOK).filled("member-add")
	b.post(path, with(form, "paste", "carl ann", "preview", "1")).is(http.StatusOK).has("Carl is added to the group", "Ann is skipped: in the group already")
	to := b.post(action, with(form, "paste", "carl, ann\nnobody-here", "silent", "1")).is(http.StatusSeeOther).location()
	b.get(to).has("nobody-here: The service did not add this user.", "1 of 2 done")
	if !h.isMember("g1", "carl") {
		t.Error("Carl is not in the group")
	}
	var many []string
	for range 11 {
		many = append(many, "u"+strings.Repeat("x", len(many)))
	}
	b.post(action, with(form, "paste", strings.Join(many, " "), "key", "")).is(http.StatusForbidden)
	h.as(auth.Support).get(path).is(http.StatusForbidden)
}

func TestClearMessagesForm(t *testing.T) {
	t.Parallel()
	h := newKept(t)
	const path = "/apps/demo/groups/g1/clear-messages"
	b := h.as(auth.Lead)
	b.get(path).is(http.StatusOK).has("Music is skipped: nothing is said in it")
	h.say("g1", "ann", text("to be gone"))
	action, form := b.get(path).is(http.StatusOK).has("All that was said in Music so far is deleted for everybody").filled("form-clear")
	b.post(action, with(form, "reason", "x")).is(http.StatusUnprocessableEntity)
	b.post(action, with(form, "confirm", "Music", "reason", "x")).is(http.StatusSeeOther)
	b.get("/apps/demo/groups/g1/messages").is(http.StatusOK).lacks("to be gone").has("Deleted all messages")
}

func TestTopicPagesAndForms(t *testing.T) {
	t.Parallel()
	h := newKept(t)
	b := h.as(auth.Lead)
	list := groupURL(h.app, community, tabTopics)
	b.get(list).is(http.StatusOK).has("No topics yet", "New topic")
	action, form := b.get(list + "/new").is(http.StatusOK).filled("form-topic_create")
	b.post(action, with(form, "name", "")).is(http.StatusUnprocessableEntity).has("This is needed.")
	b.post(action, with(form, "name", "x", "id", "not a topic", "key", "")).is(http.StatusUnprocessableEntity)
	b.post(action, with(form, "name", "Tickets <i>", "intro", "Official only")).is(http.StatusSeeOther)
	id := h.topics()[0].ID
	b.get(list).has("Tickets <i>", "Official only", id, "Created Tickets <i>").marked(`href="` + groupURL(h.app, id, tabMessages) + `"`)

	// What it says of itself, and who may speak in it.
	about := "?topic=" + url.QueryEscape(id)
	action, form = b.get(list + "/edit" + about).is(http.StatusOK).marked(">Official only</textarea>").filled("form-topic_edit")
	b.post(action, form).is(http.StatusUnprocessableEntity).has("Nothing was changed in the form.")
	b.post(action, with(form, "name", "Tickets", "mute_all", "on")).is(http.StatusSeeOther)
	if got := h.topics()[0]; got.Name != "Tickets" || got.MuteAll != imclient.On || got.Intro != "Official only" {
		t.Errorf("the topic is %+v", got)
	}
	b.post(action, with(form, "name", "Mine", "key", "")).is(http.StatusUnprocessableEntity).has("It is now: Tickets").marked(`value="Mine"`)
	b.post(undoURL(h.app, h.acts(actions.VerbEditTopic)[0].ID), url.Values{}).is(http.StatusSeeOther)
	if got := h.topics()[0]; got.Name != "Tickets <i>" || got.MuteAll != imclient.Off {
		t.Errorf("after the undo the topic is %+v", got)
	}
	action, form = b.get(list + "/mute-all" + about + "&on=1").is(http.StatusOK).filled("form-topic_mute")
	b.post(action, form).is(http.StatusSeeOther)
	b.get(list).has("All muted")
	b.get(groupURL(h.app, id, tabMessages)).has("All muted")
	action, form = b.get(list + "/mute-all" + about + "&on=0").is(http.StatusOK).filled("form-topic_mute")
	b.post(action, form).is(http.StatusSeeOther)

	// Its messages stand on a page like a group's, and are taken back there.
	seq := h.say(community, "ann", text("in the topic"), map[string]any{"TopicId": id})
	h.say(community, "ann", text("in the community"))
	page := b.get(groupURL(h.app, id, tabMessages)).is(http.StatusOK).has("in the topic", "Ann", "Tickets <i>").lacks("in the community", "Pin")
	page.marked(`href="` + groupURL(h.app, community, tabMembers) + `"`)
	b.part(groupURL(h.app, id, tabMessages, "sender") + "?user=ann&seq=" + seq).is(http.StatusOK).has("Ann").marked(groupURL(h.app, community, tabMembers, "mute"))
	b.post(groupURL(h.app, id, "recall"), url.Values{"m": {seq + "::ann"}}).is(http.StatusSeeOther)
	b.get(groupURL(h.app, id, tabMessages)).has("Recalled")
	for _, path := range []string{groupURL(h.app, id, tabMembers), groupURL(h.app, id, tabData), groupURL(h.app, community+"@TOPIC#_none", tabMessages), list + "/edit?topic=" + url.QueryEscape(community+"@TOPIC#_none"), list + "/edit?topic=g1", list + "/delete"} {
		b.get(path).is(http.StatusNotFound)
	}

	action, form = b.get(list + "/delete" + about).is(http.StatusOK).has("All that was said in it is gone").filled("form-topic_delete")
	b.post(action, with(form, "reason", "x")).is(http.StatusUnprocessableEntity)
	b.post(action, with(form, "confirm", "Tickets <i>", "reason", "x")).is(http.StatusSeeOther)
	if len(h.topics()) != 0 {
		t.Error("it is still there")
	}
	// Where there are none, the page says so.
	b.get("/apps/demo/groups/g1/topics").is(http.StatusOK).has("Only communities have topics.")
	b.get("/apps/demo/groups/g1/topics/new").is(http.StatusConflict)
	h.newGroup("Community", "@TGS#_plain", "Plain", "olga")
	b.get(groupURL(h.app, "@TGS#_plain", tabTopics)).is(http.StatusOK).has("This community was made without topics.")
}
