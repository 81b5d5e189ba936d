package actions

import (
	"context"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/volcengine"
	"imdesk/store"
)

const volcApp = 900001

// newVolcRig is a rig over the other vendor.
func newVolcRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{T: t, ahead: &atomic.Int64{}, still: &atomic.Int64{}}
	now := func() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }
	var err error
	r.im, err = emulator.New(t.Context(), emulator.Config{
		Volc: []emulator.VolcengineApp{{AppID: volcApp, AccessKey: "AK", SecretKey: "SK"}}, Seed: "none", Now: now,
	})
	r.ok(err)
	t.Cleanup(func() { r.ok(r.im.Close()) })
	r.ok(r.im.Start("127.0.0.1:0"))
	client, err := volcengine.New(volcengine.Config{AppID: strconv.Itoa(volcApp), AccessKey: "AK", SecretKey: "SK", Endpoint: r.im.URL(), Now: now})
	r.ok(err)
	t.Cleanup(client.Close)
	r.app = App{ID: "study", IM: client}
	r.store, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "imdesk.db"))
	r.ok(err)
	t.Cleanup(func() { r.ok(r.store.Close()) })
	r.s = &Service{Audit: r.store.Audit, Now: now, Log: slog.New(slog.DiscardHandler)}
	t.Cleanup(r.s.Close)
	r.actor = Actor{OperatorID: "op1", Name: "Mei Lin", Address: "198.51.100.7", RequestRef: "r-1", Can: func(Verb) bool { return true }}
	return r
}

// Ids that a float would change.
const (
	volcOwner = "9223372036854775807"
	volcAnn   = "1691070514797520001"
	volcBob   = "1691070514797520002"
)

// volcGroup makes a group of a type. Of a live room the members are there.
func (r *rig) volcGroup(typ imclient.GroupType) crowd {
	r.Helper()
	g := crowd{owner: volcOwner, members: []string{volcAnn, volcBob}}
	id, refused, err := r.app.IM.Groups.Create(r.Context(), imclient.NewGroup{Type: typ, Name: "自习室", OwnerID: volcOwner})
	r.ok(err)
	g.id = id
	if typ == volcengine.TypeLive {
		n, err := strconv.ParseInt(id, 10, 64)
		r.ok(err)
		r.ok(r.im.VolcEnter(r.Context(), volcApp, n, 1691070514797520001, 1691070514797520002))
		return g
	}
	more, err := r.app.IM.Members.Add(r.Context(), id, g.members, true)
	r.ok(err)
	if len(refused)+len(more) > 0 {
		r.Fatalf("refused: %v %v", refused, more)
	}
	return g
}

func (r *rig) sayIn(g crowd, text string) MessageRef {
	r.Helper()
	said, err := r.app.IM.Messages.Send(r.Context(), imclient.Conversation{Group: g.id}, imclient.Draft{From: g.members[0], Body: []imclient.Element{imclient.Text{Text: text}}})
	r.ok(err)
	return MessageRef{ID: said.ID, Seq: said.Seq}
}

func TestRoomsOfVolcengine(t *testing.T) {
	r := newVolcRig(t)
	g := r.volcGroup(volcengine.TypeLive)
	got := r.do(AllowInRoom{Group: g.id, Users: []string{volcAnn, volcBob}, On: true})
	r.states(got, StateApplied, StateApplied)
	if !got.Items[0].Verified {
		t.Error("nobody looked whether they are on the list")
	}
	r.states(r.do(AllowInRoom{Group: g.id, Users: []string{volcAnn, volcBob, volcOwner}, On: true}), StateSkipped, StateSkipped, StateApplied)
	off := r.do(AllowInRoom{Group: g.id, Users: []string{volcAnn}})
	r.states(r.undo(off.ID), StateApplied)
	r.states(r.undo(got.ID), StateApplied, StateApplied)

	r.do(MarkRoom{Group: g.id, Marks: []string{"hot"}, On: true})
	marked := r.do(MarkRoom{Group: g.id, Marks: []string{"hot", "夜间"}, On: true})
	r.states(marked, StateSkipped, StateApplied)
	r.states(r.undo(marked.ID), StateApplied)
	marks, err := r.app.IM.Rooms.Marks(imclient.Fresh(t.Context()), g.id)
	if err != nil || strings.Join(marks, ",") != "hot" {
		t.Errorf("marks %q, %v", marks, err)
	}
	// Marks of people are texts here.
	r.states(r.do(MarkLive{Group: g.id, Users: g.members[:1], Marks: []string{"学霸"}, On: true}), StateApplied)
	r.fault(emulator.Fault{Command: "MarkConversation", DropAfter: true})
	r.states(r.do(MarkRoom{Group: g.id, Marks: []string{"new"}, On: true}), StateApplied)
}

func TestDeleteMessages(t *testing.T) {
	r := newVolcRig(t)
	g := r.volcGroup(volcengine.TypeGroup)
	one, two, three := r.sayIn(g, "one"), r.sayIn(g, "two"), r.sayIn(g, "three")
	why := because("spam")
	got := r.do(DeleteMessages{Common: why, Group: g.id, Messages: []MessageRef{one}, For: DeleteForAll})
	r.states(got, StateApplied)
	if !got.Items[0].Verified || got.UndoText != UndoImpossible {
		t.Errorf("got %+v, undo %q", got.Items[0], got.UndoText)
	}
	r.states(r.do(DeleteMessages{Common: why, Group: g.id, Messages: []MessageRef{one, two}, For: DeleteForOthers}), StateSkipped, StateApplied)
	r.states(r.do(DeleteMessages{Common: why, Group: g.id, Messages: []MessageRef{three}, For: DeleteForUser, User: volcBob}), StateApplied)
	e, err := r.store.Audit.Get(t.Context(), got.ID)
	if err != nil || len(e.Users) != 1 || e.Users[0] != volcAnn || e.Messages[0] != one.ID {
		t.Errorf("entry %+v, %v", e, err)
	}
	// A recalled message leaves nothing at its place, which is how one sees that it was.
	if recalled := r.do(Recall{Group: g.id, Messages: []MessageRef{three}}); !recalled.Items[0].Verified {
		t.Errorf("recall: %+v", recalled.Items[0])
	}
	live := r.volcGroup(volcengine.TypeLive)
	said := r.sayIn(live, "here")
	_, err = r.s.Do(t.Context(), r.actor, r.app, DeleteMessages{Common: why, Group: live.id, Messages: []MessageRef{said}, For: DeleteForOthers})
	if wantError[*Invalid](t, err).Fields["for"].Key != "action.invalid.delete_live" {
		t.Error(err)
	}
}

func TestMarkMemberRead(t *testing.T) {
	r := newVolcRig(t)
	g := r.volcGroup(volcengine.TypeGroup)
	r.states(r.do(MarkMemberRead{Group: g.id, User: volcBob}), StateSkipped) // nothing was said
	last := r.sayIn(g, "one")
	got := r.do(MarkMemberRead{Group: g.id, User: volcBob})
	r.states(got, StateApplied)
	if got.Items[0].After.Text != last.Seq || !got.Items[0].Verified {
		t.Errorf("got %+v, want the position %s", got.Items[0], last.Seq)
	}
	r.states(r.do(MarkMemberRead{Group: g.id, User: volcBob}), StateSkipped)
	r.states(r.do(MarkMemberRead{Group: g.id, User: "1691070514797529999"}), StateSkipped)
}

func TestSendToMany(t *testing.T) {
	r := newVolcRig(t)
	g, live := r.volcGroup(volcengine.TypeGroup), r.volcGroup(volcengine.TypeLive)
	got := r.do(SendToUsers{Common: because("x"), From: volcOwner, Users: []string{volcAnn, volcBob, volcOwner}, Text: "hello"})
	r.states(got, StateApplied, StateApplied, StateSkipped)
	const nowhere = "8999999999999999999"
	r.states(r.do(SendToGroups{Common: because("x"), From: volcOwner, Groups: []string{g.id, nowhere, live.id}, Text: "hello"}), StateApplied, StateSkipped, StateApplied)
	for _, id := range []string{g.id, live.id} {
		page, err := r.app.IM.Messages.History(imclient.Fresh(t.Context()), imclient.HistoryOptions{Conversation: imclient.Conversation{Group: id}})
		if err != nil || len(page.Messages) != 1 {
			t.Errorf("%s: %+v, %v", id, page, err)
		}
	}
	_, err := r.s.Do(t.Context(), r.actor, r.app, SendToUsers{Common: because("x"), Users: []string{volcAnn}, Text: "by whom?"})
	wantError[*Invalid](t, err)

	r.im.SetFault(emulator.Fault{Command: "BatchSendMessage", DropAfter: true})
	r.states(r.do(SendToUsers{Common: because("x"), From: volcOwner, Users: []string{volcAnn}, Text: "lost"}), StateUnknown)
}

func TestNoteBlock(t *testing.T) {
	r := newVolcRig(t)
	note := func(value string) NoteBlock {
		return NoteBlock{User: volcAnn, Other: volcBob, Fields: []imclient.Field{{Key: "why", Value: value}}}
	}
	_, err := r.s.Do(t.Context(), r.actor, r.app, note("ads"))
	wantError[*Invalid](t, err)
	none(r, func(ctx context.Context, ids []string) ([]imclient.Refused, error) {
		return r.app.IM.Blocks.Add(ctx, volcAnn, ids)
	}, []string{volcBob})
	r.states(r.do(note("ads")), StateApplied)
	again := r.do(note("spam"))
	r.states(r.undo(again.ID), StateApplied)
	list, err := r.app.IM.Blocks.List(t.Context(), volcAnn, "", 0)
	if err != nil || len(list.Items) != 1 || len(list.Items[0].Custom) != 1 || list.Items[0].Custom[0].Value != "ads" {
		t.Errorf("blocks %+v, %v", list, err)
	}
}

func TestMarkContact(t *testing.T) {
	r := newVolcRig(t)
	g := r.volcGroup(volcengine.TypeGroup)
	where := Where{Group: g.id, User: volcAnn}
	got := r.do(MarkContact{Where: where, Marks: map[string]bool{imclient.MarkPinned: true, imclient.MarkQuiet: false}})
	r.states(got, StateApplied, StateSkipped)
	r.states(r.do(MarkContact{Where: where, Marks: map[string]bool{imclient.MarkQuiet: true}}), StateApplied)
	r.states(r.undo(got.ID), StateApplied)
	marks, err := r.app.IM.Contacts.Marks(t.Context(), volcAnn, []imclient.Conversation{{Group: g.id}})
	if err != nil || strings.Join(marks[0].Marks, ",") != imclient.MarkQuiet {
		t.Errorf("marks %+v, %v", marks, err)
	}
	_, err = r.s.Do(t.Context(), r.actor, r.app, MarkContact{Where: where, Marks: map[string]bool{imclient.MarkFolded: true}})
	wantError[*Invalid](t, err)
}

// A token is given to who asked for it, once, and stands nowhere else.
func TestMakeToken(t *testing.T) {
	for name, r := range map[string]*rig{"tencent": newRig(t), "volcengine": newVolcRig(t)} {
		var tokens []string
		a := MakeToken{Common: Common{Reason: "looks into a report", Key: "k"}, User: volcAnn, Life: time.Hour, Deliver: func(s string) { tokens = append(tokens, s) }}
		got := r.do(a)
		r.states(got, StateApplied)
		if again := r.do(a); !again.Repeated || len(tokens) != 1 || tokens[0] == "" {
			t.Fatalf("%s: tokens %q", name, tokens)
		}
		e, err := r.store.Audit.Get(t.Context(), got.ID)
		if err != nil || strings.Contains(string(e.Detail), tokens[0]) || strings.Contains(got.Items[0].After.Text, tokens[0]) {
			t.Errorf("%s: %s, %v", name, e.Detail, err)
		}
	}
	r := newRig(t)
	r.states(r.do(MakeToken{Common: because("x"), User: administrator, Life: time.Hour, Deliver: func(string) { t.Error("the administrator's") }}), StateSkipped)
}
