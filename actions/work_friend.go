package actions

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"imdesk/imclient"
)

// friendBefore is what an undo gives back besides a friendship: how the two stood to each other, and what the user had noted.
// What the other one had noted is not known.
type friendBefore struct {
	Relation string   `json:"relation,omitempty"` // where the item is not about the friendship itself
	Remark   string   `json:"remark,omitempty"`
	Lists    []string `json:"lists,omitempty"` // of a list: the friends in it
}

// befriended is work after which friendships may have to be given back.
type befriended interface {
	before(id string) friendBefore
}

// relations tells how others stand to a user. strangers are those who have no account.
func relations(ctx context.Context, p *plan, user string, others []string) (now map[string]Value, strangers map[string]bool, err error) {
	list, refused, err := p.app.IM.Friends.Check(ctx, user, others)
	if err != nil {
		return nil, nil, fmt.Errorf("read who is friends with whom: %w", err)
	}
	now = make(map[string]Value, len(list))
	for _, r := range list {
		now[r.UserID] = known(relationText(r))
	}
	strangers = map[string]bool{}
	for _, r := range refused {
		strangers[r.ID] = r.Err != nil && r.Err.Kind == imclient.ErrNotFound
	}
	return now, strangers, nil
}

func relationText(r imclient.Relation) string {
	switch {
	case r.Has && r.Had:
		return TextFriends
	case r.Has:
		return TextHas
	case r.Had:
		return TextHad
	}
	return TextStrangers
}

func has(relation string) bool { return relation == TextFriends || relation == TextHas }
func had(relation string) bool { return relation == TextFriends || relation == TextHad }

func relationOf(has, had bool) string { return relationText(imclient.Relation{Has: has, Had: had}) }

// notes reads what a user has noted of friends. They are what an undo gives back, and no reason to do nothing.
func notes(ctx context.Context, p *plan, user string, friends []string) map[string]friendBefore {
	was := map[string]friendBefore{}
	if len(friends) == 0 {
		return was
	}
	list, err := p.app.IM.Friends.Get(ctx, user, friends)
	if err != nil {
		return was
	}
	for _, f := range list {
		was[f.UserID] = friendBefore{Remark: f.Remark, Lists: f.Lists}
	}
	return was
}

// friendWork makes friends, ends friendships, or gives back how it was.
type friendWork struct {
	user   string
	others []string
	oneWay bool
	force  bool
	remove bool
	note   imclient.NewFriend      // of those who are added: remark, list, wording
	want   map[string]string       // relation, by other; nil: as remove says
	was    map[string]friendBefore // what the user had noted
	asked  map[string]bool         // who has yet to answer
}

func (w *friendWork) before(id string) friendBefore {
	if !w.remove {
		return friendBefore{}
	}
	return w.was[id]
}

func (w *friendWork) load(ctx context.Context, p *plan) error {
	if err := p.offered(imclient.VerbFriends); err != nil {
		return err
	}
	now, strangers, err := relations(ctx, p, w.user, w.others)
	if err != nil {
		return err
	}
	for _, u := range w.others {
		item := Item{ID: u, Before: now[u], Want: known(w.wanted(u, now[u].Text)), Effect: w.effect(u)}
		switch {
		case u == w.user:
			item.skip(SkipSelf)
		case strangers[u]:
			item.skip(SkipNoUser)
		case w.want == nil && w.remove && item.Before.Known && item.Before == item.Want:
			item.skip(SkipNotFriend)
		case w.want == nil && item.Before.Known && item.Before == item.Want:
			item.skip(SkipSame)
		}
		p.items = append(p.items, item)
	}
	if w.remove {
		var theirs []string
		for _, i := range p.items {
			if i.Skip == "" && has(i.Before.Text) {
				theirs = append(theirs, i.ID)
			}
		}
		w.was = notes(ctx, p, w.user, theirs)
	}
	return nil
}

// wanted is how the two are to stand to each other.
func (w *friendWork) wanted(id, before string) string {
	switch {
	case w.want != nil:
		return w.want[id]
	case w.remove:
		return relationOf(false, w.oneWay && had(before))
	}
	return relationOf(true, !w.oneWay || had(before))
}

func (w *friendWork) effect(id string) string {
	switch {
	case w.want != nil:
		return EffectRestored
	case w.remove:
		return EffectUnfriended
	case w.force:
		return EffectFriended
	}
	return EffectFriendAsked
}

// send makes one batch of those who become friends on both lists, one of those on the user's list alone, and likewise of
// those who are taken off. What is about the other's list alone, which only an undo wants, is a call each.
func (w *friendWork) send(ctx context.Context, p *plan) sent {
	var s sent
	batches := map[string][]string{}
	for _, id := range p.acting() {
		i := p.item(id)
		from, to := i.Before.Text, i.Want.Text
		adds, addsBack := has(to) && !has(from), had(to) && !had(from)
		drops, dropsBack := !has(to) && has(from), !had(to) && had(from)
		switch {
		case addsBack && (adds || !w.undoing()):
			batches["both"] = append(batches["both"], id)
		case adds:
			batches["one"] = append(batches["one"], id)
		case addsBack:
			batches["back"] = append(batches["back"], id)
		case drops && dropsBack, !i.Before.Known && w.remove && !w.oneWay:
			batches["end both"] = append(batches["end both"], id)
		case drops, !i.Before.Known && w.remove:
			batches["end one"] = append(batches["end one"], id)
		case dropsBack:
			batches["end back"] = append(batches["end back"], id)
		}
	}
	w.add(ctx, p, &s, batches["both"], false)
	w.add(ctx, p, &s, batches["one"], true)
	w.drop(ctx, p, &s, batches["end both"], true)
	w.drop(ctx, p, &s, batches["end one"], false)
	friends := p.app.IM.Friends
	for _, id := range batches["back"] {
		_, refused, err := friends.Add(ctx, id, []imclient.NewFriend{{UserID: w.user}}, imclient.AddFriends{OneWay: true, Force: true})
		s.set(id, reply{firstOf(refused, err), true})
	}
	for _, id := range batches["end back"] {
		refused, err := friends.Remove(ctx, id, []string{w.user}, false)
		s.set(id, reply{firstOf(refused, err), true})
	}
	return s
}

func (w *friendWork) undoing() bool { return w.want != nil }

// firstOf is what a call about one thing came to.
func firstOf(refused []imclient.Refused, err error) error {
	if err != nil || len(refused) == 0 {
		return err
	}
	var s sent
	s.refused(refused[:1])
	return s.of(refused[0].ID).err
}

func (w *friendWork) add(ctx context.Context, p *plan, s *sent, ids []string, oneWay bool) {
	if len(ids) == 0 {
		return
	}
	list := make([]imclient.NewFriend, len(ids))
	for n, id := range ids {
		list[n] = w.note
		list[n].UserID = id
		if was, is := w.was[id]; is {
			list[n].Remark = was.Remark
		}
	}
	pending, refused, err := p.app.IM.Friends.Add(ctx, w.user, list, imclient.AddFriends{OneWay: oneWay, Force: w.force})
	for _, id := range ids {
		s.set(id, reply{err, len(ids) == 1})
	}
	s.refused(refused)
	if w.asked == nil {
		w.asked = map[string]bool{}
	}
	for _, id := range pending {
		w.asked[id] = true
	}
	for _, id := range ids { // who could not be put back into lists is a friend all the same
		if lists := w.was[id].Lists; len(lists) > 0 && s.of(id).err == nil {
			_ = p.app.IM.Friends.Change(ctx, w.user, id, imclient.FriendChange{Lists: &lists})
		}
	}
}

func (w *friendWork) drop(ctx context.Context, p *plan, s *sent, ids []string, both bool) {
	if len(ids) == 0 {
		return
	}
	refused, err := p.app.IM.Friends.Remove(ctx, w.user, ids, both)
	for _, id := range ids {
		s.set(id, reply{err, len(ids) == 1})
	}
	s.refused(refused)
}

func (w *friendWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	now, _, err := relations(ctx, p, w.user, w.others)
	return now, err
}

func (w *friendWork) matches(want, got Value, _ time.Time) bool { return want == got }

// settled says of those who were asked that they were: they are no friends yet.
func (w *friendWork) settled(i *Item, a answer) {
	if w.asked[i.ID] && a == accepted && i.After != i.Want {
		i.State, i.Reason, i.After, i.Verified = StateApplied, ResultAsked, known(TextAsked), true
	}
}

func (w *friendWork) requestID() string { return "" }

func (w *friendWork) targets(*plan) (users, messages []string) {
	return append([]string{w.user}, w.others...), nil
}

func (w *friendWork) options() map[string]any {
	o := map[string]any{"user": w.user}
	if w.oneWay {
		o["one_way"] = true
	}
	if !w.remove && w.force {
		o["force"] = true
	}
	if w.note.Wording != "" {
		o["text"] = w.note.Wording
	}
	if w.note.List != "" {
		o["list"] = w.note.List
	}
	return o
}

// editFriendWork changes what a user has noted of a friend.
type editFriendWork struct {
	user, friend string
	want         map[string]string
	seen         map[string]string
	restore      bool
}

// listsText writes names of lists, which have no order, one a line.
func listsText(list []string) string {
	list = distinct(slices.Clone(list))
	slices.Sort(list)
	return strings.Join(list, "\n")
}

func textLists(text string) []string {
	if text == "" {
		return []string{}
	}
	return strings.Split(text, "\n")
}

func (w *editFriendWork) load(ctx context.Context, p *plan) error {
	if err := p.offered(imclient.VerbFriends); err != nil {
		return err
	}
	now, err := w.read(ctx, p)
	if err != nil {
		return fmt.Errorf("read the friend: %w", err)
	}
	conflicts := fields{}
	for _, field := range []string{FriendRemark, FriendLists} {
		want, asked := w.want[field]
		if !asked {
			continue
		}
		item := Item{ID: field, Before: now[field], Want: known(want), Effect: EffectChanged}
		switch {
		case now == nil:
			item.skip(SkipNotFriend)
		case item.Before == item.Want && !w.restore:
			item.skip(SkipSame)
		}
		if seen, checked := w.seen[field]; checked && item.Skip == "" && item.Before.Text != seen {
			conflicts.add(field, "action.invalid.changed", "now", item.Before.Text)
		}
		p.items = append(p.items, item)
	}
	return conflicts.err()
}

func (w *editFriendWork) send(ctx context.Context, p *plan) sent {
	var c imclient.FriendChange
	for _, field := range p.acting() {
		text := p.item(field).Want.Text
		if field == FriendRemark {
			c.Remark = &text
		} else {
			lists := textLists(text)
			c.Lists = &lists
		}
	}
	return sent{rest: reply{p.app.IM.Friends.Change(ctx, w.user, w.friend, c), true}}
}

// read tells what is noted; nothing of one who is no friend.
func (w *editFriendWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	list, err := p.app.IM.Friends.Get(ctx, w.user, []string{w.friend})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return map[string]Value{FriendRemark: known(list[0].Remark), FriendLists: known(listsText(list[0].Lists))}, nil
}

func (w *editFriendWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *editFriendWork) targets(*plan) (users, messages []string) {
	return []string{w.user, w.friend}, nil
}

func (w *editFriendWork) options() map[string]any {
	return map[string]any{"user": w.user, "friend": w.friend}
}

// friendListWork makes or removes a list of friends.
type friendListWork struct {
	user, list string
	want       string   // TextThere, TextMissing
	members    []string // who is in it: found by load, or to be put back
}

func (w *friendListWork) before(string) friendBefore { return friendBefore{Lists: w.members} }

func (w *friendListWork) load(ctx context.Context, p *plan) error {
	if err := p.offered(imclient.VerbFriendLists); err != nil {
		return err
	}
	lists, err := p.app.IM.Friends.Lists(ctx, w.user)
	if err != nil {
		return fmt.Errorf("read the lists of friends: %w", err)
	}
	item := Item{ID: w.list, Before: known(TextMissing), Want: known(w.want), Effect: EffectListMade}
	if i := slices.IndexFunc(lists, func(l imclient.FriendList) bool { return l.Name == w.list }); i >= 0 {
		item.Before = known(TextThere)
		if w.want == TextMissing {
			w.members = lists[i].Friends
		}
	}
	if w.want == TextMissing {
		item.Effect = EffectListRemoved
	}
	switch {
	case item.Before != item.Want:
	case w.want == TextMissing:
		item.skip(SkipNoList)
	default:
		item.skip(SkipSame)
	}
	p.items = []Item{item}
	return nil
}

func (w *friendListWork) send(ctx context.Context, p *plan) sent {
	if w.want == TextMissing {
		return sent{rest: reply{p.app.IM.Friends.RemoveList(ctx, w.user, w.list), true}}
	}
	_, err := p.app.IM.Friends.AddList(ctx, w.user, w.list, w.members) // who is no friend any more is not in it
	return sent{rest: reply{err, true}}
}

func (w *friendListWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	lists, err := p.app.IM.Friends.Lists(ctx, w.user)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(lists, func(l imclient.FriendList) bool { return l.Name == w.list }) {
		return map[string]Value{w.list: known(TextThere)}, nil
	}
	return map[string]Value{w.list: known(TextMissing)}, nil
}

func (w *friendListWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *friendListWork) targets(*plan) (users, messages []string) { return []string{w.user}, nil }

func (w *friendListWork) options() map[string]any {
	return map[string]any{"user": w.user, "list": w.list}
}

// listedWork puts friends into a list, or takes them out of it. A list that it made stays when that is undone.
type listedWork struct {
	user, list string
	friends    []string
	want       string // TextListed, TextUnlisted

	lists map[string][]string // of each friend, by id
}

func (w *listedWork) load(ctx context.Context, p *plan) error {
	if err := p.offered(imclient.VerbFriendLists); err != nil {
		return err
	}
	now, err := w.read(ctx, p)
	if err != nil {
		return fmt.Errorf("read the friends: %w", err)
	}
	for _, u := range w.friends {
		item := Item{ID: u, Before: now[u], Want: known(w.want), Effect: EffectListed}
		if w.want == TextUnlisted {
			item.Effect = EffectUnlisted
		}
		switch {
		case !item.Before.Known:
			item.skip(SkipNotFriend)
		case item.Before == item.Want:
			item.skip(SkipSame)
		}
		p.items = append(p.items, item)
	}
	return nil
}

func (w *listedWork) send(ctx context.Context, p *plan) sent {
	if w.want == TextUnlisted {
		return p.forEach(ctx, func(ctx context.Context, i Item) error {
			lists := slices.DeleteFunc(slices.Clone(w.lists[i.ID]), func(l string) bool { return l == w.list })
			return p.app.IM.Friends.Change(ctx, w.user, i.ID, imclient.FriendChange{Lists: &lists})
		})
	}
	friends := p.acting()
	refused, err := p.app.IM.Friends.AddList(ctx, w.user, w.list, friends)
	s := sent{rest: reply{err, len(friends) == 1}}
	s.refused(refused)
	return s
}

// read tells about friends only.
func (w *listedWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	list, err := p.app.IM.Friends.Get(ctx, w.user, w.friends)
	if err != nil {
		return nil, err
	}
	now := make(map[string]Value, len(list))
	w.lists = make(map[string][]string, len(list))
	for _, f := range list {
		w.lists[f.UserID] = f.Lists
		now[f.UserID] = known(TextUnlisted)
		if slices.Contains(f.Lists, w.list) {
			now[f.UserID] = known(TextListed)
		}
	}
	return now, nil
}

func (w *listedWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *listedWork) targets(*plan) (users, messages []string) {
	return append([]string{w.user}, w.friends...), nil
}

func (w *listedWork) options() map[string]any {
	return map[string]any{"user": w.user, "list": w.list, "into": "list"}
}

// blockWork puts others on a user's block list, or takes them off.
type blockWork struct {
	user   string
	others []string
	want   string                  // TextBlocked, TextUnblocked
	was    map[string]friendBefore // friendships that a block ended: found by load, or to be given back
}

func (w *blockWork) before(id string) friendBefore { return w.was[id] }

func (w *blockWork) load(ctx context.Context, p *plan) error {
	if err := p.offered(imclient.VerbBlocks); err != nil {
		return err
	}
	list, refused, err := p.app.IM.Blocks.Check(ctx, w.user, w.others)
	if err != nil {
		return fmt.Errorf("read who has blocked whom: %w", err)
	}
	now := blocked(list)
	if w.want == TextBlocked && w.was == nil {
		if err := w.friendships(ctx, p); err != nil {
			return err
		}
	}
	for _, u := range w.others {
		item := Item{ID: u, Before: now[u], Want: known(w.want), Effect: w.effect(u)}
		gone := slices.ContainsFunc(refused, func(r imclient.Refused) bool { return r.ID == u && r.Err != nil && notThere(r.Err) })
		switch {
		case u == w.user:
			item.skip(SkipSelf)
		case gone:
			item.skip(SkipNoUser)
		case item.Before != item.Want:
		case w.want == TextUnblocked:
			item.skip(SkipNotBlocked)
		default:
			item.skip(SkipSame)
		}
		p.items = append(p.items, item)
	}
	return nil
}

func blocked(list []imclient.Relation) map[string]Value {
	now := make(map[string]Value, len(list))
	for _, r := range list {
		now[r.UserID] = known(TextUnblocked)
		if r.Has {
			now[r.UserID] = known(TextBlocked)
		}
	}
	return now
}

// friendships finds those that a block ends, so that it can be said before, and undone after.
func (w *blockWork) friendships(ctx context.Context, p *plan) error {
	w.was = map[string]friendBefore{}
	if !p.app.IM.Caps.Can(imclient.VerbFriends, "") {
		return nil
	}
	now, _, err := relations(ctx, p, w.user, w.others)
	if err != nil {
		return err
	}
	var theirs []string
	for id, v := range now {
		if v.Text == TextStrangers {
			continue
		}
		w.was[id] = friendBefore{Relation: v.Text}
		if has(v.Text) {
			theirs = append(theirs, id)
		}
	}
	for id, n := range notes(ctx, p, w.user, theirs) {
		n.Relation = w.was[id].Relation
		w.was[id] = n
	}
	return nil
}

func (w *blockWork) effect(id string) string {
	switch {
	case w.want == TextUnblocked:
		return EffectUnblocked
	case w.was[id].Relation != "":
		return EffectFriendBlocked
	}
	return EffectBlocked
}

func (w *blockWork) send(ctx context.Context, p *plan) sent {
	others := p.acting()
	call := p.app.IM.Blocks.Add
	if w.want == TextUnblocked {
		call = p.app.IM.Blocks.Remove
	}
	refused, err := call(ctx, w.user, others)
	s := sent{rest: reply{err, len(others) == 1}}
	s.refused(refused)
	if w.want == TextUnblocked && err == nil {
		w.befriend(ctx, p, &s, others)
	}
	return s
}

// befriend gives back the friendships that a block ended. What cannot be given back leaves them unblocked all the same.
func (w *blockWork) befriend(ctx context.Context, p *plan, s *sent, others []string) {
	again := &friendWork{user: w.user, force: true, want: map[string]string{}, was: w.was}
	for _, id := range others {
		if relation := w.was[id].Relation; relation != "" && s.of(id).err == nil {
			again.others = append(again.others, id)
			again.want[id] = relation
		}
	}
	if len(again.others) == 0 {
		return
	}
	friends := &plan{app: p.app, verb: p.verb, now: p.now}
	if err := again.load(ctx, friends); err == nil {
		again.send(ctx, friends)
	}
}

func (w *blockWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	list, _, err := p.app.IM.Blocks.Check(ctx, w.user, w.others)
	if err != nil {
		return nil, err
	}
	return blocked(list), nil
}

func (w *blockWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *blockWork) targets(*plan) (users, messages []string) {
	return append([]string{w.user}, w.others...), nil
}

func (w *blockWork) options() map[string]any { return map[string]any{"user": w.user} }
