package actions

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/store"
)

const (
	cmdSendDirect = "openim/sendmsg"
	cmdEditDirect = "openim/modify_c2c_msg"
	cmdSetExt     = "openim_msg_ext_http_svc/set_key_values"
	cmdMarkRead   = "openim/admin_set_msg_read"
)

// say sends a message as the app's own server would, and returns it as it stands in the history.
func (r *rig) say(c imclient.Conversation, d imclient.Draft, text string) imclient.Message {
	r.Helper()
	d.Body = []imclient.Element{imclient.Text{Text: text}}
	sent, err := r.app.IM.Messages.Send(r.Context(), c, d)
	r.ok(err)
	r.ahead.Add(int64(time.Second)) // positions of direct chats go by the second
	return r.message(c, MessageRef{sent.ID, sent.Seq})
}

// message is a message as the service has it now; without an ID if it is not there.
func (r *rig) message(c imclient.Conversation, ref MessageRef) imclient.Message {
	r.Helper()
	page, err := r.app.IM.Messages.History(imclient.Fresh(r.Context()), imclient.HistoryOptions{Conversation: c, From: ref.Seq, Limit: 1})
	r.ok(err)
	if len(page.Messages) == 1 && page.Messages[0].ID == ref.ID {
		return page.Messages[0]
	}
	return imclient.Message{}
}

func refOf(m imclient.Message) MessageRef { return MessageRef{ID: m.ID, Seq: m.Seq} }

func (r *rig) pair() imclient.Conversation {
	u := r.users(2)
	return imclient.Conversation{User: u[0], Peer: u[1]}
}

func TestViewDirectAsksNobody(t *testing.T) {
	r := newRig(t)
	calls := r.im.Calls("")
	result := r.do(ViewDirect{Common: because("a report of threats"), User: "a", Peer: "b"})
	r.states(result, StateApplied, StateApplied)
	if n := r.im.Calls("") - calls; n != 0 {
		t.Errorf("%d calls", n)
	}
	e, err := r.store.Audit.Get(t.Context(), result.ID)
	r.ok(err)
	if e.Action != "direct.view" || e.Reason != "a report of threats" || !slices.Equal(e.Users, []string{"a", "b"}) || e.State != store.AuditOK {
		t.Errorf("recorded %+v", e)
	}
	if result.UndoText != UndoImpossible || !result.Items[0].Verified {
		t.Errorf("%+v", result)
	}
}

func TestRecallInADirectChat(t *testing.T) {
	r := newRig(t)
	c := r.pair()
	m := r.say(c, imclient.Draft{}, "x")
	answer := r.say(c, imclient.Draft{From: c.Peer}, "y")
	result := r.do(Recall{User: c.User, Peer: c.Peer, Messages: []MessageRef{refOf(m), refOf(answer)}})
	r.states(result, StateApplied, StateApplied)
	for _, was := range []imclient.Message{m, answer} {
		if now := r.message(c, refOf(was)); now.State != imclient.MessageRecalled {
			t.Errorf("%s is there: %+v", was.ID, now)
		}
	}
	r.states(r.do(Recall{User: c.User, Peer: c.Peer, Messages: []MessageRef{refOf(m)}}), StateSkipped)
}

func TestSend(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 2)
	c := r.pair()
	for _, a := range []Send{
		{Group: g.id, Text: "a word of the administrator", Quiet: true, Receipts: true, Extensible: true, MentionAll: true},
		{Common: because("asked to"), Group: g.id, From: g.members[0], Text: "a word of a member"},
		{Common: because("asked to"), From: c.User, To: c.Peer, Text: "a word"},
	} {
		result := r.do(a)
		r.states(result, StateApplied)
		if !result.Items[0].Verified || result.UndoText != UndoByRecall {
			t.Errorf("%s: %+v", a.Text, result)
		}
		e, err := r.store.Audit.Get(t.Context(), result.ID)
		r.ok(err)
		if !strings.Contains(string(e.Detail), a.Text) {
			t.Errorf("the log does not hold what was said: %s", e.Detail)
		}
	}
	if all := r.history(g); all[len(all)-1].From != g.members[0] {
		t.Errorf("said by %s", all[len(all)-1].From)
	}
	page, err := r.app.IM.Messages.History(t.Context(), imclient.HistoryOptions{Conversation: c})
	if err != nil || len(page.Messages) != 1 || page.Messages[0].From != c.User {
		t.Errorf("%v %v", page, err)
	}

	// As the administrator it is a chat of its own, which nobody looks into.
	calls := r.im.Calls("openim/admin_getroammsg")
	r.states(r.do(Send{To: c.Peer, Text: "from above"}), StateApplied)
	if r.im.Calls("openim/admin_getroammsg") != calls {
		t.Error("a chat was read")
	}

	// Not on the sender's side: it is not in that view.
	r.states(r.do(Send{Common: because("x"), From: c.User, To: c.Peer, Text: "unsynced", Unsynced: true}), StateApplied)
	mine, err := r.app.IM.Messages.History(t.Context(), imclient.HistoryOptions{Conversation: c})
	r.ok(err)
	theirs, err := r.app.IM.Messages.History(t.Context(), imclient.HistoryOptions{Conversation: imclient.Conversation{User: c.Peer, Peer: c.User}})
	r.ok(err)
	if len(mine.Messages) != 1 || len(theirs.Messages) != 2 {
		t.Errorf("%d and %d messages", len(mine.Messages), len(theirs.Messages))
	}
}

func TestSendGoesWrong(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	c := r.pair()
	refused := r.do(Send{Common: because("x"), From: "nobody_here", To: c.Peer, Text: "x"})
	if s := refused.Items[0].State; s != StateRefused {
		t.Errorf("an unknown sender: %s", s)
	}
	for name, f := range map[string]struct {
		fault emulator.Fault
		want  State
	}{
		"refused":   {emulator.Fault{Command: cmdSendDirect, ErrorCode: 20003}, StateRefused},
		"no answer": {emulator.Fault{Command: cmdSendDirect, DropAfter: true}, StateUnknown},
	} {
		mend := r.fault(f.fault)
		result := r.do(Send{Common: because("x"), From: c.User, To: c.Peer, Text: name})
		if s := result.Items[0].State; s != f.want {
			t.Errorf("%s: %s", name, s)
		}
		mend()
	}
	// What the service takes and throws away is not said. It takes 40 messages a second in a group.
	r.still.Store(r.now().UnixNano())
	var crowd errgroup.Group
	crowd.SetLimit(8)
	for range 40 {
		crowd.Go(func() error {
			_, err := r.app.IM.Messages.Send(t.Context(), imclient.Conversation{Group: g.id, Type: "Public"}, imclient.Draft{Body: []imclient.Element{imclient.Text{Text: "x"}}})
			return err
		})
	}
	r.ok(crowd.Wait())
	dropped := r.do(Send{Group: g.id, Text: "x"})
	if i := dropped.Items[0]; i.State != StateNotApplied || i.Reason != ResultDropped || i.VendorCode == "" || dropped.State != store.AuditFailed {
		t.Errorf("dropped: %+v", i)
	}
}

func TestEditMessage(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	chat := r.pair()
	where := map[string]struct {
		w Where
		c imclient.Conversation
	}{
		"group":  {Where{Group: g.id}, imclient.Conversation{Group: g.id, Type: "Public"}},
		"direct": {Where{User: chat.User, Peer: chat.Peer}, chat},
	}
	for name, in := range where {
		m := r.say(in.c, imclient.Draft{From: map[string]string{"group": g.members[0]}[name]}, "as it was said")
		seen := "as it was said"
		a := EditMessage{Common: because("a telephone number"), Where: in.w, Message: refOf(m), Text: "…", Seen: &seen}
		p, err := r.s.Preview(t.Context(), r.actor, r.app, a)
		if err != nil || p.Act != 1 || p.UndoText != UndoImpossible {
			t.Errorf("%s: %+v %v", name, p, err)
		}
		result := r.do(a)
		r.states(result, StateApplied)
		if text, _ := plainText(r.message(in.c, refOf(m)).Body); text != "…" || !result.Items[0].Verified {
			t.Errorf("%s: it says %q, %+v", name, text, result.Items[0])
		}
		e, err := r.store.Audit.Get(t.Context(), result.ID)
		r.ok(err)
		if strings.Contains(string(e.Detail), "as it was") || !strings.Contains(string(e.Detail), "…") || !slices.Contains(e.Users, m.From) {
			t.Errorf("%s: the log holds %s of %v", name, e.Detail, e.Users)
		}
		// Somebody else was faster: the form comes back.
		_, _ = r.s.Do(t.Context(), r.actor, r.app, a)
		r.states(r.do(EditMessage{Common: because("x"), Where: in.w, Message: refOf(m), Text: "…"}), StateSkipped)
		if name == "direct" {
			_, err = r.s.Do(t.Context(), r.actor, r.app, EditMessage{Common: because("x"), Where: in.w, Message: refOf(m), Text: "new", Seen: &seen})
			if wantError[*Invalid](t, err).Fields["text"].Key != "action.invalid.changed" {
				t.Error(err)
			}
		}
		_, err = r.app.IM.Messages.Recall(t.Context(), in.c, []string{m.ID}, "")
		r.ok(err)
		again := r.do(EditMessage{Common: because("x"), Where: in.w, Message: refOf(m), Text: "new"})
		if again.Items[0].Skip != SkipRecalled {
			t.Errorf("%s: recalled: %+v", name, again.Items[0])
		}
	}

	face, err := r.app.IM.Messages.Send(t.Context(), chat, imclient.Draft{Body: []imclient.Element{imclient.Face{Index: 1}}})
	r.ok(err)
	result := r.do(EditMessage{Common: because("x"), Where: where["direct"].w, Message: MessageRef{face.ID, face.Seq}, Text: "new"})
	if result.Items[0].Skip != SkipNotText {
		t.Errorf("a sticker: %+v", result.Items[0])
	}
	m := r.say(chat, imclient.Draft{}, "to be edited")
	r.fault(emulator.Fault{Command: cmdEditDirect, ErrorCode: 20028})
	result = r.do(EditMessage{Common: because("x"), Where: where["direct"].w, Message: refOf(m), Text: "new"})
	if i := result.Items[0]; i.State != StateRefused || i.VendorCode != "20028" {
		t.Errorf("two at once: %+v", i)
	}
}

func TestMarkReadAndHide(t *testing.T) {
	r := newRig(t)
	c := r.pair()
	first := r.say(c, imclient.Draft{From: c.Peer}, "one")
	r.say(c, imclient.Draft{From: c.Peer}, "two")
	result := r.do(MarkRead{User: c.User, Peer: c.Peer})
	r.states(result, StateApplied)
	if i := result.Items[0]; i.Before.Text != "2" || i.After.Text != "0" || !i.Verified {
		t.Errorf("%+v", i)
	}
	r.states(r.do(MarkRead{User: c.User, Peer: c.Peer}), StateSkipped)
	r.say(c, imclient.Draft{From: c.Peer}, "three")
	mend := r.fault(emulator.Fault{Command: cmdMarkRead, DropAfter: true})
	r.states(r.do(MarkRead{User: c.User, Peer: c.Peer}), StateApplied) // nobody answered, and it is so
	mend()

	hide := Hide{Common: because("asked to"), User: c.User, Peer: c.Peer, Messages: []MessageRef{refOf(first), {ID: "1_2_3." + c.User, Seq: "3.1.2"}}}
	result = r.do(hide)
	r.states(result, StateApplied, StateSkipped)
	if !result.Items[0].Verified || r.message(c, refOf(first)).ID != "" {
		t.Errorf("still there: %+v", result.Items[0])
	}
	if r.message(imclient.Conversation{User: c.Peer, Peer: c.User}, refOf(first)).ID == "" {
		t.Error("the other one lost it, too")
	}
}

func TestSetUnread(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 2)
	r.talk(g, 5)
	ann := g.members[0]
	result := r.do(SetUnread{Group: g.id, User: ann, N: 3})
	r.states(result, StateApplied)
	if i := result.Items[0]; !i.Verified || i.After.Text != "3" {
		t.Errorf("%+v", i)
	}
	was := result.Items[0].Before.Text
	r.states(r.do(SetUnread{Group: g.id, User: ann, N: 3}), StateSkipped)
	undone := r.undo(result.ID)
	r.states(undone, StateApplied)
	if now := strconv.Itoa(UnreadOf(r.groupNow(g), r.member(g, ann))); now != was {
		t.Errorf("%s unread, were %s", now, was)
	}
	all := r.do(SetUnread{Group: g.id, User: ann, N: 1000})
	if i := all.Items[0]; i.Want.Text != i.After.Text || !i.Verified {
		t.Errorf("more than there are: %+v", i)
	}
	r.states(r.do(SetUnread{Group: g.id, User: "stranger", N: 1}), StateSkipped)
}

func (r *rig) groupNow(g crowd) imclient.Group {
	r.Helper()
	now, err := r.app.IM.Groups.Get(imclient.Fresh(r.Context()), g.id)
	r.ok(err)
	return now
}

func TestExtensions(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	chat := r.pair()
	for name, in := range map[string]struct {
		w Where
		c imclient.Conversation
	}{
		"group":  {Where{Group: g.id}, imclient.Conversation{Group: g.id, Type: "Public"}},
		"direct": {Where{User: chat.User, Peer: chat.Peer}, chat},
	} {
		t.Run(name, func(t *testing.T) { r.extensions(t, in.w, in.c) })
	}
	plain := r.say(chat, imclient.Draft{}, "takes none")
	_, err := r.s.Do(t.Context(), r.actor, r.app, SetExtensions{
		Where: Where{User: chat.User, Peer: chat.Peer}, Message: plain.ID, Set: []imclient.Extension{{Key: "k", Value: "v"}},
	})
	if !isKind(err, imclient.ErrUnsupported) {
		t.Errorf("a message that takes none: %v", err)
	}
}

func (r *rig) extensions(t *testing.T, where Where, c imclient.Conversation) {
	m := r.say(c, imclient.Draft{Extensible: true}, "a vote")
	pairs := func() map[string]string {
		list, err := r.app.IM.Extensions.List(imclient.Fresh(t.Context()), c, m.ID)
		r.ok(err)
		now := map[string]string{}
		for _, e := range list {
			now[e.Key] = e.Value
		}
		return now
	}
	version := func(key string) string {
		list, err := r.app.IM.Extensions.List(imclient.Fresh(t.Context()), c, m.ID)
		r.ok(err)
		for _, e := range list {
			if e.Key == key {
				return e.Version
			}
		}
		return ""
	}
	set := func(list ...imclient.Extension) Result {
		return r.do(SetExtensions{Where: where, Message: m.ID, Set: list})
	}
	first := set(imclient.Extension{Key: "yes", Value: "1"}, imclient.Extension{Key: "no", Value: "0"})
	r.states(first, StateApplied, StateApplied)
	seen := version("yes")
	r.states(set(imclient.Extension{Key: "yes", Value: "2", Version: seen}), StateApplied)

	// Somebody who saw the first value changes it, adds a key and removes another: what is not as it was seen stays.
	late := r.do(SetExtensions{
		Where: where, Message: m.ID, Set: []imclient.Extension{{Key: "yes", Value: "9", Version: seen}, {Key: "maybe", Value: "1"}},
		Remove: []imclient.Extension{{Key: "no", Version: version("no")}, {Key: "never"}},
	})
	r.states(late, StateSkipped, StateApplied, StateApplied, StateSkipped)
	if late.Items[0].Skip != SkipConflict || late.Items[0].Before.Text != "2" || late.Items[3].Skip != SkipNotThere {
		t.Errorf("%+v", late.Items)
	}
	if now := pairs(); len(now) != 2 || now["yes"] != "2" || now["maybe"] != "1" {
		t.Errorf("now %v", now)
	}
	// With the version of what is there now, it goes through.
	r.states(set(imclient.Extension{Key: "yes", Value: "9", Version: version("yes")}), StateApplied)

	undone := r.undo(late.ID)
	r.states(undone, StateApplied, StateApplied)
	if now := pairs(); len(now) != 2 || now["no"] != "0" || now["yes"] != "9" {
		t.Errorf("after the undo %v", now)
	}
	cleared := r.do(SetExtensions{Where: where, Message: m.ID, Clear: true})
	r.states(cleared, StateApplied, StateApplied)
	if now := pairs(); len(now) != 0 {
		t.Errorf("cleared, and there are %v", now)
	}
	r.states(r.undo(cleared.ID), StateApplied, StateApplied)
	if now := pairs(); len(now) != 2 || now["no"] != "0" {
		t.Errorf("after the undo %v", now)
	}
	if !c.Direct() {
		return
	}
	mend := r.fault(emulator.Fault{Command: cmdSetExt, ErrorCode: 23003})
	defer mend()
	result := set(imclient.Extension{Key: "too", Value: "often"})
	if i := result.Items[0]; i.State != StateRefused || i.VendorCode != "23003" {
		t.Errorf("%+v", i)
	}
}
