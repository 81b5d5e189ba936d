package actions

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"imdesk/imclient"
)

// allowWork changes who may speak in a live room while everybody else is muted.
type allowWork struct {
	group   string
	users   []string
	want    map[string]string // TextOn or TextOff by user
	restore bool
}

func (w *allowWork) load(ctx context.Context, p *plan) error {
	if err := p.loadGroup(ctx, w.group); err != nil {
		return err
	}
	if err := p.offered(imclient.VerbAllowList); err != nil {
		return err
	}
	now, err := w.read(ctx, p)
	if err != nil {
		return err
	}
	for _, u := range w.users {
		item := Item{ID: u, Before: now[u], Want: known(w.want[u]), Effect: EffectAllowed}
		if w.want[u] == TextOff {
			item.Effect = EffectDisallowed
		}
		if item.Before == item.Want && !w.restore {
			item.skip(SkipSame)
		}
		p.items = append(p.items, item)
	}
	return nil
}

func (w *allowWork) send(ctx context.Context, p *plan) sent {
	var s sent
	for _, on := range []bool{true, false} {
		call := p.app.IM.Rooms.Allow
		if !on {
			call = p.app.IM.Rooms.Disallow
		}
		users := slices.DeleteFunc(p.acting(), func(u string) bool { return w.want[u] != onOff(on) })
		if len(users) == 0 {
			continue
		}
		refused, err := call(ctx, w.group, users)
		for _, u := range users {
			s.set(u, reply{err, len(users) == 1})
		}
		s.refused(refused)
	}
	return s
}

func (w *allowWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	found := map[string]Value{}
	pages := 0
	for page, err := range imclient.Pages(ctx, "", func(ctx context.Context, cursor string) (imclient.Page[imclient.Allowed], error) {
		return p.app.IM.Rooms.Allowed(ctx, w.group, cursor, 0)
	}) {
		if err != nil {
			return nil, fmt.Errorf("read who may speak: %w", err)
		}
		for _, a := range page.Items {
			found[a.UserID] = known(TextOn)
		}
		if pages++; pages == listPages && page.Next != "" {
			return found, nil
		}
	}
	for _, u := range w.users {
		if _, on := found[u]; !on {
			found[u] = known(TextOff)
		}
	}
	return found, nil
}

func (w *allowWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *allowWork) targets(*plan) (users, messages []string) { return w.users, nil }

func (w *allowWork) options() map[string]any { return nil }

// roomMarkWork changes the marks of a live room itself. Its items are the marks.
type roomMarkWork struct {
	group   string
	marks   []string
	want    map[string]string // TextOn or TextOff by mark
	restore bool
}

func (w *roomMarkWork) load(ctx context.Context, p *plan) error {
	if err := p.loadGroup(ctx, w.group); err != nil {
		return err
	}
	if err := p.offered(imclient.VerbRoomMarks); err != nil {
		return err
	}
	now, err := w.read(ctx, p)
	if err != nil {
		return err
	}
	for _, m := range w.marks {
		item := Item{ID: m, Before: now[m], Want: known(w.want[m]), Effect: EffectRoomMarked}
		if w.want[m] == TextOff {
			item.Effect = EffectRoomUnmarked
		}
		if item.Before == item.Want && !w.restore {
			item.skip(SkipSame)
		}
		p.items = append(p.items, item)
	}
	return nil
}

func (w *roomMarkWork) send(ctx context.Context, p *plan) sent {
	var s sent
	for _, on := range []bool{true, false} {
		marks := slices.DeleteFunc(p.acting(), func(m string) bool { return w.want[m] != onOff(on) })
		if len(marks) == 0 {
			continue
		}
		err := p.app.IM.Rooms.Mark(ctx, w.group, marks, on)
		for _, m := range marks {
			s.set(m, reply{err, true})
		}
	}
	return s
}

func (w *roomMarkWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	list, err := p.app.IM.Rooms.Marks(ctx, w.group)
	if err != nil {
		return nil, fmt.Errorf("read the room's marks: %w", err)
	}
	now := map[string]Value{}
	for _, m := range w.marks {
		now[m] = known(onOff(slices.Contains(list, m)))
	}
	return now, nil
}

func (w *roomMarkWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *roomMarkWork) targets(*plan) (users, messages []string) { return nil, nil }

func (w *roomMarkWork) options() map[string]any { return map[string]any{"marks": w.marks} }

// eraseWork deletes messages.
type eraseWork struct {
	group string
	refs  []MessageRef
	how   string
	user  string
	conv  imclient.Conversation
}

var erasures = map[string]struct {
	how    imclient.Deletion
	effect string
}{
	DeleteForAll: {imclient.DeleteForAll, EffectGoneForAll}, DeleteForOthers: {imclient.DeleteForOthers, EffectGoneForOthers},
	DeleteForUser: {imclient.DeleteForOne, EffectGoneForOne},
}

func (w *eraseWork) load(ctx context.Context, p *plan) error {
	if err := p.loadGroup(ctx, w.group); err != nil {
		return err
	}
	if err := p.offered(imclient.VerbDeleteMessage); err != nil {
		return err
	}
	if p.app.IM.Caps.Info(p.group.Type).Live && w.how != DeleteForAll {
		return &Invalid{Fields: map[string]Text{"for": {Key: "action.invalid.delete_live"}}}
	}
	w.conv = imclient.Conversation{Group: w.group, Type: p.group.Type, User: w.user}
	found, err := look(ctx, p, w.conv, w.refs)
	if err != nil {
		return err
	}
	for _, r := range w.refs {
		item := Item{ID: r.ID, Want: known(TextGone), Effect: erasures[w.how].effect}
		if m, is := found[r.ID]; is {
			item.Before = messageValue(m)
			if m.From != "" {
				p.concerned = append(p.concerned, m.From)
			}
		}
		if item.Before.Text == TextGone {
			item.skip(SkipGone)
		}
		p.items = append(p.items, item)
	}
	if w.user != "" {
		p.concerned = append(p.concerned, w.user)
	}
	p.concerned = distinct(p.concerned)
	return nil
}

func (w *eraseWork) send(ctx context.Context, p *plan) sent {
	ids := p.acting()
	refused, err := p.app.IM.Messages.Delete(ctx, w.conv, ids, erasures[w.how].how)
	s := sent{rest: reply{err, oneCall(ids, p.app.IM.Caps.Limits.RecallBatch)}}
	s.refused(refused)
	return s
}

// read: what some no longer see, the service goes on telling.
func (w *eraseWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	if w.how != DeleteForAll {
		return nil, nil
	}
	found, err := look(ctx, p, w.conv, w.refs)
	if err != nil {
		return nil, err
	}
	now := make(map[string]Value, len(found))
	for id, m := range found {
		now[id] = messageValue(m)
	}
	return now, nil
}

func (w *eraseWork) matches(_, got Value, _ time.Time) bool { return got.Text == TextGone }

func (w *eraseWork) targets(p *plan) (users, messages []string) {
	for _, r := range w.refs {
		messages = append(messages, r.ID)
	}
	return p.concerned, messages
}

func (w *eraseWork) options() map[string]any {
	return withoutEmpty(map[string]any{"for": w.how, "user": w.user})
}

// memberReadWork marks what was said in a group as read for a member. Values are positions.
type memberReadWork struct{ group, user string }

func (w *memberReadWork) load(ctx context.Context, p *plan) error {
	if err := p.loadGroup(ctx, w.group); err != nil {
		return err
	}
	for _, v := range []imclient.Verb{imclient.VerbMarkRead, imclient.VerbReading} {
		if err := p.offered(v); err != nil {
			return err
		}
	}
	members, err := p.membersNow(ctx, []string{w.user})
	if err != nil {
		return err
	}
	now, err := w.read(ctx, p)
	if err != nil {
		return err
	}
	page, err := p.app.IM.Messages.History(ctx, imclient.HistoryOptions{
		Conversation: imclient.Conversation{Group: w.group, Type: p.group.Type}, Limit: 1,
	})
	if err != nil {
		return fmt.Errorf("look for the newest message: %w", err)
	}
	item := Item{ID: w.user, Before: now[w.user], Effect: EffectMemberRead}
	_, in := members[w.user]
	switch {
	case !in:
		item.skip(SkipNotMember)
	case len(page.Messages) == 0:
		item.skip(SkipNothingSaid)
	default:
		if item.Want = known(page.Messages[0].Seq); comparePositions(item.Before.Text, item.Want.Text) >= 0 {
			item.skip(SkipRead)
		}
	}
	p.items = []Item{item}
	return nil
}

func (w *memberReadWork) send(ctx context.Context, p *plan) sent {
	c := imclient.Conversation{Group: w.group, Type: p.group.Type, User: w.user}
	return sent{rest: reply{p.app.IM.Messages.MarkRead(ctx, c, time.Time{}), true}}
}

func (w *memberReadWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	list, err := p.app.IM.Attendance.Reading(ctx, w.group)
	if err != nil {
		return nil, fmt.Errorf("read how far members have read: %w", err)
	}
	for _, r := range list {
		if r.UserID == w.user {
			return map[string]Value{w.user: known(r.Seq)}, nil
		}
	}
	return map[string]Value{w.user: known("0")}, nil
}

// matches: what was said meanwhile is read as well.
func (w *memberReadWork) matches(want, got Value, _ time.Time) bool {
	return comparePositions(got.Text, want.Text) >= 0
}

func (w *memberReadWork) targets(*plan) (users, messages []string) { return []string{w.user}, nil }

func (w *memberReadWork) options() map[string]any { return nil }

// massWork says one thing to several users, or in several groups.
type massWork struct {
	users, groups   []string
	from, text, key string
}

func (w *massWork) load(ctx context.Context, p *plan) error {
	needs, targets := imclient.VerbSendUsers, w.users
	if w.groups != nil {
		needs, targets = imclient.VerbSendGroups, w.groups
	}
	if err := p.offered(needs); err != nil {
		return err
	}
	if w.from == "" && !p.app.IM.Caps.Traits.Administrator {
		return &Invalid{Fields: map[string]Text{"from": {Key: "action.invalid.required"}}}
	}
	gone := map[string]bool{}
	if w.groups != nil {
		_, refused, err := p.app.IM.Groups.GetMany(ctx, w.groups)
		if err != nil {
			return fmt.Errorf("read the groups: %w", err)
		}
		for _, r := range refused {
			gone[r.ID] = true
		}
	}
	for _, id := range targets {
		item := Item{ID: id, Want: known(TextSaid), Effect: EffectSaid}
		switch {
		case gone[id]:
			item.skip(SkipNotThere)
		case w.groups == nil && id == w.from:
			item.skip(SkipSelf)
		}
		p.items = append(p.items, item)
	}
	return nil
}

func (w *massWork) send(ctx context.Context, p *plan) sent {
	call := p.app.IM.Mass.ToUsers
	if w.groups != nil {
		call = p.app.IM.Mass.ToGroups
	}
	ids := p.acting()
	refused, err := call(ctx, ids, imclient.Draft{From: w.from, Body: []imclient.Element{imclient.Text{Text: w.text}}, Key: w.key})
	s := sent{rest: reply{err, len(ids) == 1}}
	s.refused(refused)
	return s
}

// read: the service does not tell which messages they became.
func (w *massWork) read(context.Context, *plan) (map[string]Value, error) { return nil, nil }

func (w *massWork) matches(Value, Value, time.Time) bool { return false }

func (w *massWork) targets(*plan) (users, messages []string) { return w.users, nil }

func (w *massWork) options() map[string]any {
	return withoutEmpty(map[string]any{"text": w.text, "from": w.from, "groups": w.groups})
}

// blockNotes is what the app has noted of one whom a user has blocked.
type blockNotes struct{}

func (blockNotes) needs() imclient.Verb { return imclient.VerbBlockNotes }

func (blockNotes) now(ctx context.Context, p *plan, w *keyedWork) (map[string]string, error) {
	pages := 0
	for page, err := range imclient.Pages(ctx, "", func(ctx context.Context, cursor string) (imclient.Page[imclient.Block], error) {
		return p.app.IM.Blocks.List(ctx, w.user, cursor, 0)
	}) {
		if err != nil {
			return nil, fmt.Errorf("read the block list: %w", err)
		}
		for _, b := range page.Items {
			if b.UserID == w.other {
				return byKey(b.Custom), nil
			}
		}
		if pages++; pages == listPages {
			break
		}
	}
	return nil, &Invalid{Fields: map[string]Text{"other": {Key: "action.invalid.not_blocked", Args: []any{"id", w.other}}}}
}

func (blockNotes) change(ctx context.Context, p *plan, w *keyedWork, items []Item) sent {
	return sent{rest: reply{p.app.IM.Blocks.Note(ctx, w.user, w.other, wanted(items)), true}}
}

// contactMarkWork changes how a user has marked a conversation. Its items are the marks.
type contactMarkWork struct {
	where   Where
	want    map[string]string // TextOn or TextOff by mark
	restore bool
}

func (w *contactMarkWork) load(ctx context.Context, p *plan) error {
	if err := p.offered(imclient.VerbContactMarks); err != nil {
		return err
	}
	var bad fields
	for _, m := range slices.Sorted(maps.Keys(w.want)) {
		if !slices.Contains(p.app.IM.Caps.Marks, m) {
			bad.add("marks", "action.invalid.choice")
		}
	}
	if err := bad.err(); err != nil {
		return err
	}
	now, err := w.read(ctx, p)
	if err != nil {
		return err
	}
	for _, m := range p.app.IM.Caps.Marks {
		want, asked := w.want[m]
		if !asked {
			continue
		}
		item := Item{ID: m, Before: now[m], Want: known(want), Effect: EffectSetting}
		if item.Before == item.Want && !w.restore {
			item.skip(SkipSame)
		}
		p.items = append(p.items, item)
	}
	return nil
}

func (w *contactMarkWork) send(ctx context.Context, p *plan) sent {
	change := imclient.ContactChange{Conversation: w.where.conversation()}
	for _, m := range p.acting() {
		if w.want[m] == TextOn {
			change.Set = append(change.Set, m)
		} else {
			change.Clear = append(change.Clear, m)
		}
	}
	refused, err := p.app.IM.Contacts.Mark(ctx, w.where.User, []imclient.ContactChange{change})
	if err == nil && len(refused) > 0 { // it is about one conversation
		err = refused[0].Err
	}
	return sent{rest: reply{err, true}}
}

func (w *contactMarkWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	list, err := p.app.IM.Contacts.Marks(ctx, w.where.User, []imclient.Conversation{w.where.conversation()})
	if err != nil {
		return nil, fmt.Errorf("read the marks of a conversation: %w", err)
	}
	now := map[string]Value{}
	for m := range w.want {
		now[m] = known(onOff(len(list) == 1 && slices.Contains(list[0].Marks, m)))
	}
	return now, nil
}

func (w *contactMarkWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *contactMarkWork) targets(*plan) (users, messages []string) {
	users = []string{w.where.User}
	if w.where.Peer != "" {
		users = append(users, w.where.Peer)
	}
	return users, nil
}

func (w *contactMarkWork) options() map[string]any {
	return withoutEmpty(map[string]any{"user": w.where.User, "group": w.where.Group, "peer": w.where.Peer})
}

// tokenWork makes a token, which it gives away and forgets.
type tokenWork struct {
	user    string
	life    time.Duration
	deliver func(string)
}

func (w *tokenWork) load(_ context.Context, p *plan) error {
	if err := p.offered(imclient.VerbToken); err != nil {
		return err
	}
	item := Item{ID: w.user, Effect: EffectToken}
	if p.isAdministrator(w.user) {
		item.skip(SkipAdministrator)
	}
	p.items = []Item{item}
	return nil
}

func (w *tokenWork) send(ctx context.Context, p *plan) sent {
	if w.deliver == nil { // nobody is there to take it: it was approved later
		return sent{rest: reply{errNotSent, true}}
	}
	token, err := p.app.IM.Tokens.Make(ctx, w.user, p.now().Add(w.life))
	if err == nil {
		w.deliver(token)
	}
	return sent{rest: reply{err, true}}
}

func (w *tokenWork) read(context.Context, *plan) (map[string]Value, error) { return nil, nil }

func (w *tokenWork) matches(Value, Value, time.Time) bool { return false }

// settled: who has the token needs no look at it.
func (w *tokenWork) settled(i *Item, a answer) {
	if a == accepted {
		i.State, i.Reason = StateApplied, ""
	}
}

func (w *tokenWork) requestID() string { return "" }

func (w *tokenWork) targets(*plan) (users, messages []string) { return []string{w.user}, nil }

func (w *tokenWork) options() map[string]any {
	return map[string]any{"life_seconds": int64(w.life / time.Second)}
}
