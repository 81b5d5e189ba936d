package actions

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/store"
)

const (
	cmdCreate   = "group_open_http_svc/create_group"
	cmdDismiss  = "group_open_http_svc/destroy_group"
	cmdTransfer = "group_open_http_svc/change_group_owner"
	cmdSetAttr  = "group_open_http_svc/modify_group_attr"
	cmdCounter  = "group_open_http_svc/update_group_counter"
	cmdTopic    = "million_group_open_http_svc/create_topic"
)

func (r *rig) groupOf(id string) imclient.Group {
	r.Helper()
	g, err := r.app.IM.Groups.Get(imclient.Fresh(r.Context()), id)
	r.ok(err)
	return g
}

func TestCreateGroup(t *testing.T) {
	r := newRig(t)
	owner := r.users(1)[0]
	custom := []imclient.Field{{Key: "city", Value: "sg"}}
	result := r.do(CreateGroup{
		Common: Common{Key: "k1"}, Type: "Public", Name: "夜场", Owner: owner, Intro: "i", Notice: "n", Avatar: "https://example.com/a.png",
		Join: "FreeAccess", Most: 300, Custom: custom,
	})
	r.states(result, StateApplied)
	if i := result.Items[0]; !i.Verified || i.After.Text != result.Group || result.Group == "" || result.UndoText != UndoImpossible {
		t.Fatalf("got %+v of group %q", i, result.Group)
	}
	g := r.groupOf(result.Group)
	if g.Name != "夜场" || g.OwnerID != owner || g.Intro != "i" || g.Notice != "n" || g.JoinOption != "FreeAccess" || g.MaxMembers != 300 || !slices.Equal(g.Custom, custom) {
		t.Errorf("made %+v", g)
	}
	again, err := r.s.Do(r.Context(), r.actor, r.app, CreateGroup{
		Common: Common{Key: "k1"}, Type: "Public", Name: "夜场", Owner: owner, Intro: "i", Notice: "n", Avatar: "https://example.com/a.png",
		Join: "FreeAccess", Most: 300, Custom: custom,
	})
	r.ok(err)
	if !again.Repeated || again.Group != result.Group || r.im.Calls(cmdCreate) != 1 {
		t.Errorf("sent again: %+v", again)
	}

	own := r.do(CreateGroup{Type: "Community", ID: "@TGS#_own", Name: "x", Owner: owner, Topics: true})
	r.states(own, StateApplied)
	if !r.groupOf("@TGS#_own").Topics || own.Group != "@TGS#_own" {
		t.Error("no community with topics")
	}
	_, err = r.s.Do(r.Context(), r.actor, r.app, CreateGroup{Type: "Community", ID: "@TGS#_own", Name: "y"})
	if bad := wantError[*Invalid](t, err).Fields; bad["id"].Key != "action.invalid.taken" {
		t.Errorf("an id that is taken: %v", bad)
	}
	// The service refuses what nobody can see beforehand.
	result = r.do(CreateGroup{Type: "Public", Name: "x", Owner: "nobody-has-this-id"})
	r.states(result, StateRefused)
}

func TestWhatATypeLacksIsRefusedByField(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		field  string
		action CreateGroup
	}{
		{"join", CreateGroup{Type: "Private", Name: "x", Join: "FreeAccess"}},
		{"join", CreateGroup{Type: "Community", Name: "x", Join: "FreeAccess"}},
		{"topics", CreateGroup{Type: "Public", Name: "x", Topics: true}},
		{"most", CreateGroup{Type: "AVChatRoom", Name: "x", Most: 10}},
	} {
		_, err := r.s.Do(r.Context(), r.actor, r.app, c.action)
		if bad := wantError[*Invalid](t, err).Fields; len(bad) != 1 || bad[c.field].Key == "" {
			t.Errorf("%s of %s: %v", c.field, c.action.Type, bad)
		}
	}
	_, err := r.s.Do(r.Context(), r.actor, r.app, ImportGroup{Type: "AVChatRoom", Name: "x"})
	wantError[*NotOffered](t, err)
	if n := r.im.Calls(cmdCreate); n != 0 {
		t.Errorf("%d groups were asked for", n)
	}
}

// Without an answer imdesk looks: by the id that was given; of an id that the service chooses nobody can know.
func TestCreateGroupWithoutAnAnswer(t *testing.T) {
	r := newRig(t)
	r.fault(emulator.Fault{Command: cmdCreate, DropAfter: true})
	r.states(r.do(CreateGroup{Type: "Public", ID: "mine", Name: "x"}), StateApplied)
	r.states(r.do(CreateGroup{Type: "Public", Name: "x"}), StateUnknown)
	r.im.ClearFaults()
	r.fault(emulator.Fault{Command: cmdCreate, Drop: true})
	r.states(r.do(CreateGroup{Type: "Public", ID: "mine2", Name: "x"}), StateNotApplied)
}

func TestImportGroup(t *testing.T) {
	r := newRig(t)
	owner := r.users(1)[0]
	at := r.now().Add(-400 * 24 * time.Hour).Truncate(time.Second)
	result := r.do(ImportGroup{Type: "Public", ID: "old", Name: "旧群", Owner: owner, Created: at})
	r.states(result, StateApplied)
	if g := r.groupOf("old"); !g.Created.Equal(at) || g.OwnerID != owner {
		t.Errorf("imported %+v", g)
	}
	_, err := r.s.Do(r.Context(), r.actor, r.app, ImportGroup{Type: "Public", Name: "x", Created: r.now().Add(time.Hour)})
	if bad := wantError[*Invalid](t, err).Fields; bad["created"].Key == "" {
		t.Errorf("made in the future: %v", bad)
	}
}

func TestDismissGroup(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	_, err := r.s.Do(r.Context(), r.actor, r.app, DismissGroup{Group: g.id})
	if bad := wantError[*Invalid](t, err).Fields; bad["reason"].Key == "" {
		t.Errorf("without a reason: %v", bad)
	}
	mend := r.fault(emulator.Fault{Command: cmdDismiss, ErrorCode: 10007})
	r.states(r.do(DismissGroup{Common: because("x"), Group: g.id}), StateRefused)
	mend()
	r.fault(emulator.Fault{Command: cmdDismiss, DropAfter: true})
	result := r.do(DismissGroup{Common: because("x"), Group: g.id})
	r.states(result, StateApplied)
	if !result.Items[0].Verified || result.UndoText != UndoImpossible {
		t.Errorf("got %+v", result)
	}
	_, err = r.s.Do(r.Context(), r.actor, r.app, DismissGroup{Common: because("x"), Group: g.id})
	if !isKind(err, imclient.ErrNotFound) {
		t.Errorf("dismissed twice: %v", err)
	}
}

func TestTransferAndBack(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	stranger := r.users(1)[0]
	_, err := r.s.Preview(r.Context(), r.actor, r.app, TransferGroup{Group: g.id, Owner: stranger})
	if bad := wantError[*Invalid](t, err).Fields; bad["owner"].Key != "action.invalid.not_member" {
		t.Errorf("to a stranger: %v", bad)
	}
	r.states(r.do(TransferGroup{Common: because("x"), Group: g.id, Owner: g.owner}), StateSkipped)
	result := r.do(TransferGroup{Common: because("x"), Group: g.id, Owner: g.admin})
	r.states(result, StateApplied)
	if r.groupOf(g.id).OwnerID != g.admin || result.Items[0].Before != known(g.owner) {
		t.Errorf("got %+v", result.Items[0])
	}
	r.states(r.undo(result.ID), StateApplied)
	if r.groupOf(g.id).OwnerID != g.owner || r.member(g, g.admin).Role != imclient.RoleAdmin {
		t.Errorf("after the undo it is %s's, and the admin is %s", r.groupOf(g.id).OwnerID, r.member(g, g.admin).Role)
	}

	// A colleague gives it to a third one: an undo leaves that alone.
	second := r.do(TransferGroup{Common: because("x"), Group: g.id, Owner: g.admin})
	r.do(TransferGroup{Common: because("x"), Group: g.id, Owner: g.members[0]})
	_, err = r.s.Undo(r.Context(), r.actor, r.app, second.ID)
	if got := wantError[*CannotUndo](t, err).Reason; got != UndoChanged {
		t.Errorf("undo of what changed: %s", got)
	}

	// What was nobody's cannot be given back.
	orphan := r.do(CreateGroup{Type: "Public", Name: "x"})
	r.states(r.do(AddMembers{Group: orphan.Group, Users: []string{stranger}}), StateApplied)
	given := r.do(TransferGroup{Common: because("x"), Group: orphan.Group, Owner: stranger})
	if given.Count(StateApplied) == 1 {
		_, err = r.s.Undo(r.Context(), r.actor, r.app, given.ID)
		wantError[*CannotUndo](t, err)
	}
}

func TestAddMembers(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	fresh := r.users(2)
	result := r.do(AddMembers{Group: g.id, Users: []string{fresh[0], g.members[0], "nobody-has-this-id", fresh[1]}, Silent: true})
	r.states(result, StateApplied, StateSkipped, StateRefused, StateApplied)
	if got := result.Items[1].Skip; got != SkipMember {
		t.Errorf("a member is skipped by %q", got)
	}
	if !result.Items[0].Verified || result.State != store.AuditPartial {
		t.Errorf("got %+v", result)
	}
	r.states(r.undo(result.ID), slices.Repeat([]State{StateApplied}, result.Count(StateApplied))...)
	if m := r.member(g, fresh[0]); m.UserID != "" {
		t.Errorf("%s is still a member", fresh[0])
	}
	if m := r.member(g, g.members[0]); m.UserID == "" {
		t.Error("the undo removed somebody who was a member before")
	}
	live := r.group("AVChatRoom", 1)
	_, err := r.s.Do(r.Context(), r.actor, r.app, AddMembers{Group: live.id, Users: fresh})
	wantError[*NotOffered](t, err)
}

func TestFieldsOfMembersAndGroups(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	u := g.members[0]
	first := r.do(MemberFields{Group: g.id, User: u, Fields: []imclient.Field{{Key: "level", Value: "3"}, {Key: "town", Value: "上海"}}})
	r.states(first, StateApplied, StateApplied)
	second := r.do(MemberFields{Group: g.id, User: u, Fields: []imclient.Field{{Key: "level"}, {Key: "town", Value: "上海"}}, Seen: map[string]string{"level": "3"}})
	r.states(second, StateApplied, StateSkipped)
	if got := r.member(g, u).Custom; !slices.Equal(got, []imclient.Field{{Key: "town", Value: "上海"}}) {
		t.Errorf("got %v", got)
	}
	r.states(r.undo(second.ID), StateApplied)
	if got := byKey(r.member(g, u).Custom)["level"]; got != "3" {
		t.Errorf("level %q after the undo", got)
	}
	e, err := r.store.Audit.Get(r.Context(), first.ID)
	r.ok(err)
	if !slices.Equal(e.Users, []string{u}) {
		t.Errorf("the audit entry names %v", e.Users)
	}
	_, err = r.s.Do(r.Context(), r.actor, r.app, MemberFields{Group: g.id, User: "stranger", Fields: []imclient.Field{{Key: "a", Value: "b"}}})
	if bad := wantError[*Invalid](t, err).Fields; bad["user"].Key != "action.invalid.not_member" {
		t.Errorf("of a stranger: %v", bad)
	}
	_, err = r.s.Do(r.Context(), r.actor, r.app, MemberFields{Group: g.id, User: u, Fields: []imclient.Field{{Key: "level", Value: "9"}}, Seen: map[string]string{"level": "2"}})
	if bad := wantError[*Invalid](t, err).Fields; bad["level"].Key != "action.invalid.changed" {
		t.Errorf("changed meanwhile: %v", bad)
	}

	edit := r.do(GroupFields{Group: g.id, Fields: []imclient.Field{{Key: "city", Value: "sg"}}, Seen: map[string]string{"city": ""}})
	r.states(edit, StateApplied)
	r.states(r.undo(edit.ID), StateApplied)
	if got := r.groupOf(g.id).Custom; len(got) != 0 {
		t.Errorf("%v after the undo", got)
	}
	r.states(r.do(GroupFields{Group: g.id, Fields: []imclient.Field{{Key: "not a key", Value: "x"}}}), StateRefused)
	// Of a field that the service does not tell nobody can look what became of it.
	untold := r.do(GroupFields{Group: g.id, Fields: []imclient.Field{{Key: "secret", Value: "x"}}})
	r.states(untold, StateApplied)
	if i := untold.Items[0]; i.Verified || i.Before.Known || untold.UndoText != UndoUnknown {
		t.Errorf("got %+v, undo %q", i, untold.UndoText)
	}
}

func (r *rig) attributes(g crowd) map[string]string {
	r.Helper()
	list, err := r.app.IM.Attributes.List(r.Context(), g.id)
	r.ok(err)
	return byKey(list)
}

func TestAttributes(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	set := func(pairs ...string) SetAttributes {
		a := SetAttributes{Group: g.id, Seen: map[string]string{}}
		for i := 0; i+1 < len(pairs); i += 2 {
			a.Set = append(a.Set, imclient.Field{Key: pairs[i], Value: pairs[i+1]})
		}
		return a
	}
	r.states(r.do(set("song", "夜曲", "host", "")), StateApplied, StateApplied)
	changed := set("song", "Low Tide")
	changed.Seen["song"], changed.Remove = AttributeText("夜曲"), []string{"host"}
	second := r.do(changed)
	r.states(second, StateApplied, StateApplied)
	if got := r.attributes(g); len(got) != 1 || got["song"] != "Low Tide" {
		t.Errorf("got %v", got)
	}
	r.ahead.Add(int64(2 * time.Second)) // five writes a second
	r.states(r.undo(second.ID), StateApplied, StateApplied)
	if got, there := r.attributes(g)["host"]; got != "" || !there || r.attributes(g)["song"] != "夜曲" {
		t.Errorf("after the undo: %v", r.attributes(g))
	}

	// One who did not see the song cannot add it, nor clear what is not as it was seen.
	stale := set("song", "x")
	stale.Seen["song"] = ""
	_, err := r.s.Do(r.Context(), r.actor, r.app, stale)
	if bad := wantError[*Invalid](t, err).Fields; bad["song"].Key != "action.invalid.changed" {
		t.Errorf("added what is there: %v", bad)
	}
	_, err = r.s.Do(r.Context(), r.actor, r.app, SetAttributes{Group: g.id, All: true, Seen: map[string]string{"song": AttributeText("夜曲")}})
	if bad := wantError[*Invalid](t, err).Fields; bad["key"].Key != "action.invalid.changed" {
		t.Errorf("cleared what was not seen: %v", bad)
	}
	clear := SetAttributes{Group: g.id, All: true, Seen: map[string]string{"song": AttributeText("夜曲"), "host": AttributeText("")}}
	r.fault(emulator.Fault{Command: "group_open_http_svc/clear_group_attr", DropAfter: true})
	cleared := r.do(clear)
	r.im.ClearFaults()
	r.states(cleared, StateApplied, StateApplied)
	if len(r.attributes(g)) != 0 {
		t.Error("something is left")
	}
	r.ahead.Add(int64(2 * time.Second))
	r.states(r.undo(cleared.ID), StateApplied, StateApplied)
	if r.attributes(g)["song"] != "夜曲" {
		t.Error("not back")
	}

	// Communities have no command to clear: they go one by one.
	c := r.group("Community", 1)
	r.do(SetAttributes{Group: c.id, Set: []imclient.Field{{Key: "a", Value: "1"}, {Key: "b", Value: "2"}}})
	r.states(r.do(SetAttributes{Group: c.id, All: true}), StateApplied, StateApplied)
	if len(r.attributes(c)) != 0 {
		t.Error("something is left in the community")
	}

	// Partly: the service takes one half and refuses the other.
	r.do(SetAttributes{Group: c.id, Set: []imclient.Field{{Key: "a", Value: "1"}}})
	r.ahead.Add(int64(2 * time.Second))
	r.fault(emulator.Fault{Command: cmdSetAttr, ErrorCode: 10048})
	half := r.do(SetAttributes{Group: c.id, Set: []imclient.Field{{Key: "b", Value: "x"}}, Remove: []string{"a"}})
	r.states(half, StateApplied, StateRefused)
	if half.State != store.AuditPartial {
		t.Errorf("got %s", half.State)
	}
}

func (r *rig) counter(g crowd, key string) (int64, bool) {
	r.Helper()
	list, err := r.app.IM.Counters.List(r.Context(), g.id, key)
	r.ok(err)
	if len(list) == 0 {
		return 0, false
	}
	return list[0].Value, true
}

func TestCounters(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	is := func(want int64, there bool) {
		t.Helper()
		if got, is := r.counter(g, "likes"); got != want || is != there {
			t.Errorf("likes: %d (%v), want %d (%v)", got, is, want, there)
		}
	}
	add := func(n int64) SetCounters {
		return SetCounters{Group: g.id, Add: &imclient.Counter{Key: "likes", Value: n}}
	}
	set := r.do(SetCounters{Group: g.id, Set: []imclient.Counter{{Key: "likes", Value: math.MaxInt64 - 10}}})
	r.states(set, StateApplied)
	_, err := r.s.Do(r.Context(), r.actor, r.app, add(11))
	if bad := wantError[*Invalid](t, err).Fields; bad["value"].Key != "action.invalid.range" {
		t.Errorf("beyond 64 bits: %v", bad)
	}
	more := r.do(add(7))
	r.states(more, StateApplied)
	is(math.MaxInt64-3, true)
	// Others go on counting. What was added is taken away from what it is by now.
	_, err = r.app.IM.Counters.Add(r.Context(), g.id, []imclient.Counter{{Key: "likes", Value: -100}})
	r.ok(err)
	r.states(r.undo(more.ID), StateApplied)
	is(math.MaxInt64-110, true)
	// A number that was set is put back only while it is as it was set.
	_, err = r.s.Undo(r.Context(), r.actor, r.app, set.ID)
	if got := wantError[*CannotUndo](t, err).Reason; got != UndoChanged {
		t.Errorf("undo of what changed: %s", got)
	}
	gone := r.do(SetCounters{Group: g.id, Remove: []string{"likes"}})
	r.states(gone, StateApplied)
	is(0, false)
	r.states(r.undo(gone.ID), StateApplied)
	is(math.MaxInt64-110, true)

	// Without an answer: a look tells, unless somebody counted meanwhile.
	r.do(SetCounters{Group: g.id, Set: []imclient.Counter{{Key: "likes", Value: 5}}})
	r.fault(emulator.Fault{Command: cmdCounter, DropAfter: true})
	r.states(r.do(add(2)), StateApplied)
	is(7, true)
	r.im.ClearFaults()
	mend := r.fault(emulator.Fault{Command: cmdCounter, Drop: true})
	r.states(r.do(add(2)), StateNotApplied)
	mend()
	is(7, true)

	c := r.group("Community", 1)
	_, err = r.s.Do(r.Context(), r.actor, r.app, SetCounters{Group: c.id, Remove: []string{"likes"}})
	wantError[*NotOffered](t, err)
}

func TestClearMessages(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 2)
	r.states(r.do(ClearMessages{Common: because("x"), Group: g.id}), StateSkipped)
	r.talk(g, 25)
	result := r.do(ClearMessages{Common: because("x"), Group: g.id})
	r.states(result, StateApplied)
	for _, m := range r.history(g) {
		if m.State == imclient.MessageSaid && !m.Tip {
			t.Errorf("message %s is still there", m.Seq)
		}
	}
	if !result.Items[0].Verified || result.UndoText != UndoImpossible {
		t.Errorf("got %+v", result)
	}
}

func TestTopics(t *testing.T) {
	r := newRig(t)
	owner := r.users(1)[0]
	group := r.do(CreateGroup{Type: "Community", Name: "c", Owner: owner, Topics: true}).Group
	made := r.do(CreateTopic{Group: group, Name: "新歌", Intro: "i"})
	r.states(made, StateApplied)
	id := made.Items[0].After.Text
	if topic, err := r.app.IM.Topics.Get(r.Context(), id); err != nil || topic.Name != "新歌" || made.Group != group {
		t.Fatalf("made %+v, %v", topic, err)
	}
	name, on := "旧歌", true
	edit := r.do(EditTopic{Group: group, Topic: id, Name: &name, MuteAll: &on, Seen: map[string]string{FieldName: "新歌", FieldMuteAll: TextOff}})
	r.states(edit, StateApplied, StateApplied)
	r.states(r.undo(edit.ID), StateApplied, StateApplied)
	topic, err := r.app.IM.Topics.Get(r.Context(), id)
	r.ok(err)
	if topic.Name != "新歌" || topic.MuteAll != imclient.Off {
		t.Errorf("after the undo: %+v", topic)
	}
	_, err = r.s.Do(r.Context(), r.actor, r.app, EditTopic{Group: group, Topic: id, Name: &name, Seen: map[string]string{FieldName: "other"}})
	if bad := wantError[*Invalid](t, err).Fields; bad[FieldName].Key != "action.invalid.changed" {
		t.Errorf("changed meanwhile: %v", bad)
	}

	// What is said in a topic is taken back there.
	sent, err := r.app.IM.Messages.Send(r.Context(), imclient.Conversation{Group: id, Type: "Community"}, imclient.Draft{From: owner, Body: []imclient.Element{imclient.Text{Text: "hi"}}})
	r.ok(err)
	recalled := r.do(Recall{Group: id, Messages: []MessageRef{{ID: sent.ID, Seq: sent.Seq}}})
	r.states(recalled, StateApplied)
	if recalled.Group != id || !recalled.Items[0].Verified {
		t.Errorf("got %+v", recalled)
	}

	other := r.do(CreateGroup{Type: "Community", Name: "d", Owner: owner, Topics: true}).Group
	for _, wrong := range []string{id, "nonsense", other + "@TOPIC#_none"} {
		_, err = r.s.Do(r.Context(), r.actor, r.app, DeleteTopic{Common: because("x"), Group: other, Topic: wrong})
		if !isKind(err, imclient.ErrNotFound) {
			t.Errorf("topic %s of another group: %v", wrong, err)
		}
	}
	r.states(r.do(DeleteTopic{Common: because("x"), Group: group, Topic: id}), StateApplied)
	_, err = r.s.Do(r.Context(), r.actor, r.app, Recall{Group: id, Messages: []MessageRef{{ID: "1", Seq: "1"}}})
	if !isKind(err, imclient.ErrNotFound) {
		t.Errorf("in a topic that is gone: %v", err)
	}
	public := r.group("Public", 1)
	_, err = r.s.Do(r.Context(), r.actor, r.app, CreateTopic{Group: public.id, Name: "x"})
	wantError[*NotOffered](t, err)
	r.fault(emulator.Fault{Command: cmdTopic, ErrorCode: 10036})
	r.states(r.do(CreateTopic{Group: group, Name: "x"}), StateRefused)
}

func TestInvalidGroupData(t *testing.T) {
	r := newRig(t)
	long := strings.Repeat("长", 5000)
	for name, c := range map[string]struct {
		action Action
		fields []string
	}{
		"nothing":           {CreateGroup{}, []string{"name", "type"}},
		"all too long":      {CreateGroup{Type: "Public", ID: long, Name: long, Owner: long, Intro: long, Notice: long, Avatar: long, Join: "x", Most: -1}, []string{"avatar", "id", "intro", "join", "most", "name", "notice", "owner"}},
		"a key twice":       {CreateGroup{Type: "Public", Name: "x", Custom: []imclient.Field{{Key: "a", Value: "1"}, {Key: "a", Value: "2"}}}, []string{"custom"}},
		"a key of nothing":  {CreateGroup{Type: "Public", Name: "x", Custom: []imclient.Field{{Key: "a"}}}, []string{"custom"}},
		"no new owner":      {TransferGroup{Common: because("x"), Group: "g"}, []string{"owner"}},
		"nobody to add":     {AddMembers{Group: "g"}, []string{"users"}},
		"no fields":         {GroupFields{Group: "g"}, []string{"fields"}},
		"no member":         {MemberFields{Group: "g", Fields: []imclient.Field{{Key: "a"}}}, []string{"user"}},
		"no attribute":      {SetAttributes{Group: "g"}, []string{"key"}},
		"a long attribute":  {SetAttributes{Group: "g", Set: []imclient.Field{{Key: strings.Repeat("k", 33), Value: long}}}, []string{"key", "value"}},
		"set and removed":   {SetAttributes{Group: "g", Set: []imclient.Field{{Key: "a"}}, Remove: []string{"a"}}, []string{"key"}},
		"no counter":        {SetCounters{Group: "g"}, []string{"key"}},
		"nothing to add":    {SetCounters{Group: "g", Add: &imclient.Counter{Key: "a"}}, []string{"value"}},
		"the least integer": {SetCounters{Group: "g", Add: &imclient.Counter{Key: "a", Value: math.MinInt64}}, []string{"value"}},
		"added and set":     {SetCounters{Group: "g", Add: &imclient.Counter{Key: "a", Value: 1}, Set: []imclient.Counter{{Key: "b"}}}, []string{"key"}},
		"a topic unnamed":   {CreateTopic{Group: "g", Name: " "}, []string{"name"}},
		"a topic unchanged": {EditTopic{Group: "g", Topic: "t"}, []string{"name"}},
		"no topic":          {DeleteTopic{Common: because("x"), Group: "g"}, []string{"topic"}},
	} {
		_, err := r.s.Do(r.Context(), r.actor, r.app, c.action)
		var got []string
		for field, text := range wantError[*Invalid](t, err).Fields {
			got = append(got, field)
			if !strings.HasPrefix(text.Key, "action.invalid.") || len(text.Args)%2 != 0 {
				t.Errorf("%s: %v is no text", name, text)
			}
		}
		if slices.Sort(got); !slices.Equal(got, c.fields) {
			t.Errorf("%s: got fields %v, want %v", name, got, c.fields)
		}
	}
	if n, err := r.store.Audit.Count(r.Context()); n != 0 || err != nil {
		t.Errorf("%d audit entries of what was not valid, %v", n, err)
	}
}
