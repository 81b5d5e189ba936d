package actions

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"imdesk/imclient"
)

// loadWhere reads the group of a conversation, and checks a capability.
func (p *plan) loadWhere(ctx context.Context, w Where, group, direct imclient.Verb) (imclient.Conversation, error) {
	c := w.conversation()
	if w.direct() {
		return c, p.offered(direct)
	}
	if err := p.loadGroup(ctx, w.Group); err != nil {
		return c, err
	}
	c.Type = p.group.Type
	return c, p.offered(group)
}

// viewWork sends nothing: its entry is what it is about.
type viewWork struct{ where Where }

func (w *viewWork) load(_ context.Context, p *plan) error {
	for _, u := range w.where.users() {
		p.items = append(p.items, Item{ID: u, Effect: EffectOpened})
	}
	return p.offered(imclient.VerbDirectHistory)
}

func (w *viewWork) send(context.Context, *plan) sent { return sent{} }

func (w *viewWork) read(context.Context, *plan) (map[string]Value, error) { return nil, nil }

func (w *viewWork) matches(Value, Value, time.Time) bool { return false }

// settled: nothing was asked of the service, so there is nothing that it could have done otherwise.
func (w *viewWork) settled(i *Item, _ answer) { i.State, i.Reason, i.Verified = StateApplied, "", true }

func (w *viewWork) requestID() string { return "" }

func (w *viewWork) targets(*plan) (users, messages []string) { return w.where.users(), nil }

func (w *viewWork) options() map[string]any { return nil }

// sendWork says something.
type sendWork struct {
	a    Send
	conv imclient.Conversation
	said imclient.Sent
}

// id is whom it is said to.
func (w *sendWork) id() string {
	if w.a.Group != "" {
		return w.a.Group
	}
	return w.a.To
}

func (w *sendWork) load(ctx context.Context, p *plan) (err error) {
	w.conv, err = p.loadWhere(ctx, Where{Group: w.a.Group, User: w.a.From, Peer: w.a.To}, imclient.VerbSend, imclient.VerbDirectSend)
	p.items = []Item{{ID: w.id(), Effect: EffectSaid, Want: known(TextSaid)}}
	return err
}

func (w *sendWork) send(ctx context.Context, p *plan) sent {
	d := imclient.Draft{
		From: w.a.From, Body: []imclient.Element{imclient.Text{Text: w.a.Text}}, Key: w.a.Key,
		Quiet: w.a.Quiet, Fleeting: w.a.Fleeting, Extensible: w.a.Extensible, Receipts: w.a.Receipts, Unasked: w.a.Unasked,
	}
	if w.a.Group == "" {
		d.Unsynced = w.a.Unsynced
	} else {
		d.MentionAll = w.a.MentionAll
	}
	var err error
	w.said, err = p.app.IM.Messages.Send(ctx, w.conv, d)
	return sent{rest: reply{err, true}}
}

// read looks for the message, where the service keeps it and has told its place.
func (w *sendWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	c := w.conv
	if w.said.Seq == "" || w.a.Fleeting || w.a.Unsynced || c.Direct() && c.User == "" {
		return nil, nil
	}
	found, err := look(ctx, p, c, []MessageRef{{ID: w.said.ID, Seq: w.said.Seq}})
	if err != nil || found == nil {
		return nil, err
	}
	if m, is := found[w.said.ID]; is && m.State != imclient.MessageHole { // it may take a moment to be there
		return map[string]Value{w.id(): messageValue(m)}, nil
	}
	return nil, nil
}

func (w *sendWork) matches(want, got Value, _ time.Time) bool { return want == got }

// settled: the service may take a message and drop it, which is no error of its own.
func (w *sendWork) settled(i *Item, a answer) {
	if a == accepted && w.said.Dropped != "" {
		i.State, i.Reason, i.VendorCode, i.Verified = StateNotApplied, ResultDropped, w.said.Dropped, false
	}
}

func (w *sendWork) requestID() string { return "" }

func (w *sendWork) targets(*plan) (users, messages []string) {
	for _, u := range []string{w.a.From, w.a.To} {
		if u != "" {
			users = append(users, u)
		}
	}
	return users, nil
}

// options: what is said in somebody's name is recorded as it was said.
func (w *sendWork) options() map[string]any {
	o := map[string]any{"text": w.a.Text}
	if w.a.From != "" {
		o["from"] = w.a.From
	}
	for name, on := range map[string]bool{
		"quiet": w.a.Quiet, "fleeting": w.a.Fleeting, "unsynced": w.a.Unsynced, "extensible": w.a.Extensible,
		"receipts": w.a.Receipts, "mention_all": w.a.MentionAll, "unasked": w.a.Unasked,
	} {
		if on {
			o[name] = true
		}
	}
	return o
}

// editWork overwrites the text of a message. Values are prints of texts: the log keeps what the operator wrote, and not
// what somebody else did.
type editWork struct {
	where Where
	conv  imclient.Conversation
	ref   MessageRef
	text  string
	seen  *string
	from  string

	before imclient.Message // as it was found
}

// textPrint tells texts apart without saying them.
func textPrint(text string) Value {
	sum := sha256.Sum256([]byte(text))
	return known("sha256:" + hex.EncodeToString(sum[:8]))
}

func (w *editWork) load(ctx context.Context, p *plan) (err error) {
	w.conv, err = p.loadWhere(ctx, w.where, imclient.VerbEditMessage, imclient.VerbDirectEdit)
	if err != nil {
		return err
	}
	found, err := look(ctx, p, w.conv, []MessageRef{w.ref})
	if err != nil {
		return err
	}
	item := Item{ID: w.ref.ID, Want: textPrint(w.text), Effect: EffectEdited}
	m, is := found[w.ref.ID]
	now, plain := plainText(m.Body)
	w.from, w.before = m.From, m
	switch {
	case !is || m.State == imclient.MessageHole:
		item.skip(SkipGone)
	case m.State == imclient.MessageRecalled:
		item.skip(SkipRecalled)
	case !plain || m.Tip:
		item.skip(SkipNotText)
	case now == w.text:
		item.skip(SkipSame)
	case w.seen != nil && !sameText(*w.seen, now):
		return &Invalid{Fields: map[string]Text{"text": {Key: "action.invalid.changed"}}}
	default:
		item.Before = textPrint(now)
	}
	p.items = []Item{item}
	return nil
}

func (w *editWork) send(ctx context.Context, p *plan) sent {
	err := p.app.IM.Messages.Edit(ctx, w.conv, w.ref.ID, imclient.Edit{Body: []imclient.Element{imclient.Text{Text: w.text}}})
	return sent{rest: reply{err, true}}
}

func (w *editWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	found, err := look(ctx, p, w.conv, []MessageRef{w.ref})
	if err != nil {
		return nil, err
	}
	now := map[string]Value{}
	if m, is := found[w.ref.ID]; is {
		if text, plain := plainText(m.Body); plain {
			now[w.ref.ID] = textPrint(text)
		}
	}
	return now, nil
}

func (w *editWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *editWork) targets(*plan) (users, messages []string) {
	users = w.where.users()
	if w.from != "" {
		users = distinct(append(users, w.from))
	}
	return users, []string{w.ref.ID}
}

func (w *editWork) options() map[string]any { return map[string]any{"text": w.text} }

// readWork marks a direct chat as read for one of the two.
type readWork struct{ where Where }

func (w *readWork) load(ctx context.Context, p *plan) error {
	if err := p.offered(imclient.VerbDirectRead); err != nil {
		return err
	}
	item := Item{ID: w.where.User, Want: known("0"), Effect: EffectRead}
	now, err := w.read(ctx, p)
	if err != nil {
		return err
	}
	if item.Before = now[item.ID]; item.Before == item.Want {
		item.skip(SkipRead)
	}
	p.items = []Item{item}
	return nil
}

func (w *readWork) send(ctx context.Context, p *plan) sent {
	return sent{rest: reply{p.app.IM.Messages.MarkRead(ctx, w.where.conversation(), time.Time{}), true}}
}

// read tells how many are unread, where the service does.
func (w *readWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	n, err := p.app.IM.Contacts.UnreadFrom(ctx, w.where.conversation())
	if isKind(err, imclient.ErrUnsupported) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("count what is unread: %w", err)
	}
	return map[string]Value{w.where.User: known(strconv.Itoa(n))}, nil
}

func (w *readWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *readWork) targets(*plan) (users, messages []string) { return w.where.users(), nil }

func (w *readWork) options() map[string]any { return nil }

// hideWork takes messages out of one user's view.
type hideWork struct {
	where Where
	refs  []MessageRef
}

func (w *hideWork) load(ctx context.Context, p *plan) error {
	if err := p.offered(imclient.VerbDirectHide); err != nil {
		return err
	}
	now, err := w.read(ctx, p)
	if err != nil {
		return err
	}
	for _, r := range w.refs {
		item := Item{ID: r.ID, Before: now[r.ID], Want: known(TextHidden), Effect: EffectHidden}
		if item.Before == item.Want {
			item.skip(SkipGone)
		}
		p.items = append(p.items, item)
	}
	return nil
}

func (w *hideWork) send(ctx context.Context, p *plan) sent {
	ids := p.acting()
	refused, err := p.app.IM.Messages.Hide(ctx, w.where.conversation(), ids)
	s := sent{rest: reply{err, oneCall(ids, p.app.IM.Caps.Limits.RecallBatch)}}
	s.refused(refused)
	return s
}

// read: a message that does not stand at its place in the user's view is hidden from it, where the service tells that view.
func (w *hideWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	if !p.app.IM.Caps.OwnViews || len(w.refs) > historyCalls {
		return nil, nil // or more than one look can find
	}
	found, err := look(ctx, p, w.where.conversation(), w.refs)
	if err != nil || found == nil {
		return nil, err
	}
	now := map[string]Value{}
	for _, r := range w.refs {
		if m, is := found[r.ID]; is {
			now[r.ID] = messageValue(m)
		} else if r.Seq != "" {
			now[r.ID] = known(TextHidden)
		}
	}
	return now, nil
}

func (w *hideWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *hideWork) targets(*plan) (users, messages []string) {
	for _, r := range w.refs {
		messages = append(messages, r.ID)
	}
	return w.where.users(), messages
}

func (w *hideWork) options() map[string]any { return nil }

// unreadWork sets how many messages a member has not read.
type unreadWork struct {
	group, user string
	n           int
	restore     bool
}

// UnreadOf is how many messages of its group a member has not read, from how far both are; -1 if the service does not say.
func UnreadOf(g imclient.Group, m imclient.Member) int {
	last, err := strconv.Atoi(g.LastSeq)
	if err != nil {
		return -1
	}
	read, err := strconv.Atoi(m.ReadSeq)
	if err != nil && m.ReadSeq != "" {
		return -1
	}
	return max(0, last-read)
}

func (w *unreadWork) load(ctx context.Context, p *plan) error {
	if err := p.loadGroup(ctx, w.group); err != nil {
		return err
	}
	if err := p.offered(imclient.VerbUnread); err != nil {
		return err
	}
	members, err := p.membersNow(ctx, []string{w.user})
	if err != nil {
		return err
	}
	m, is := members[w.user]
	want := w.n
	if last, err := strconv.Atoi(p.group.LastSeq); err == nil {
		want = min(want, last) // the service cuts it
	}
	item := Item{ID: w.user, Want: known(strconv.Itoa(want)), Effect: EffectUnread}
	if n := UnreadOf(p.group, m); n >= 0 {
		item.Before = known(strconv.Itoa(n))
	}
	switch {
	case !is:
		item.skip(SkipNotMember)
	case item.Before == item.Want && !w.restore:
		item.skip(SkipSame)
	}
	p.items = []Item{item}
	return nil
}

func (w *unreadWork) send(ctx context.Context, p *plan) sent {
	return sent{rest: reply{p.app.IM.Members.SetUnread(ctx, w.group, w.user, w.n), true}}
}

func (w *unreadWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	g, err := p.app.IM.Groups.Get(ctx, w.group)
	if err != nil {
		return nil, fmt.Errorf("read the group: %w", err)
	}
	members, err := p.membersNow(ctx, []string{w.user})
	if err != nil {
		return nil, err
	}
	now := map[string]Value{}
	if m, is := members[w.user]; is {
		if n := UnreadOf(g, m); n >= 0 {
			now[w.user] = known(strconv.Itoa(n))
		}
	}
	return now, nil
}

func (w *unreadWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *unreadWork) targets(*plan) (users, messages []string) { return []string{w.user}, nil }

func (w *unreadWork) options() map[string]any { return nil }
